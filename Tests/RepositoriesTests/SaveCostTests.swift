import ObjectStores
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import Repositories

/// What a save asks of the disk, counted: it must not grow with what did not change.
struct SaveCostTests {
  @Test func `a save waits for the disk as often for a thousand files as for one`() throws {
    let one = try callsOfSave(files: 1)
    #expect(one.fsyncs > 0)
    #expect(try callsOfSave(files: 1000).fsyncs == one.fsyncs)
  }

  @Test func `what is stored for one changed file does not grow with the files beside it`() throws {
    let few = try callsOfSave(files: 10, thenChangingOne: true)
    let many = try callsOfSave(files: 1000, thenChangingOne: true)
    #expect(few.fsyncs > 0 && few.bytesWritten > 0)
    #expect(many.fsyncs == few.fsyncs)
    // The segment that holds the file, as a delta, and the root above it.
    #expect(many.bytesWritten < few.bytesWritten + 2000)
  }

  private func callsOfSave(files: Int, thenChangingOne: Bool = false) throws -> CountedOperations.Counts {
    let fixture = try RepositoryFixture()
    let operations = CountedOperations()
    let repository = try fixture.open(operations: operations)
    var random = SeededGenerator(seed: 4)
    var tree = RepositoryFixture.Tree(
      uniqueKeysWithValues: (0..<files).map { ("folder/f\($0)", random.bytes(200)) })
    if thenChangingOne {
      try repository.save("v1", tree)
      tree["folder/f5"] = random.bytes(200)
    }
    operations.counts.withLock { $0 = CountedOperations.Counts() }
    try repository.save("v2", tree)
    return operations.counts.withLock { $0 }
  }
}

private final class CountedOperations: ObservedFileOperations {
  struct Counts {
    var fsyncs = 0
    var bytesWritten = 0
  }

  let openPaths = OpenPaths()
  let counts = Mutex(Counts())

  func willMake(_ call: FileCall) {
    if call.name == "fsync" { counts.withLock { $0.fsyncs += 1 } }
  }

  func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int {
    counts.withLock { $0.bytesWritten += bytes.count }
    return try system.write(bytes, to: file)
  }
}
