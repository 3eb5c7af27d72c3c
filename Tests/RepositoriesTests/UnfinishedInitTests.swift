import Glibc
import ObjectStores
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// An init that is cut short, by a crash or a loss of power: a new one works, or says what to do first.
struct UnfinishedInitTests {
  private let holder = StoreTestFolder()
  private var path: String { holder.path("repository") }

  private func create(
    isEncrypted: Bool, operations: any FileOperations = SystemFileOperations()
  ) throws -> Repository {
    let slot = NewKeySlot(secret: .recoveryCode(RecoveryCode().secret), label: "test")
    return try Repository.create(
      at: path, encryptedFor: isEncrypted ? { _ in [slot] } : nil, cacheFolder: holder.path("cache"),
      operations: operations)
  }

  @Test(arguments: [false, true]) func `after a crash at any step, or a failing call, init can be run again`(
    isEncrypted: Bool
  ) throws {
    let dry = InterruptedOperations(.never)
    try create(isEncrypted: isEncrypted, operations: dry).close()
    var runs = 0
    for fault in [nil] + CrashTests.Fault.all.map(Optional.some) {
      for call in 0...dry.callCount {
        StoreTestFolder.remove(path)
        let operations = InterruptedOperations(
          fault.map { .fail($0.failure, call: call, stays: false) } ?? .crash(atChange: call))
        do {
          try create(isEncrypted: isEncrypted, operations: operations).close()
        } catch let error as SnapFault {
          let codes = fault?.codes ?? [.inputOutput]
          #expect(codes.contains(error.code), "\(fault?.name ?? "crash") at call \(call): \(error)")
        }
        runs += 1
        expectRepositoryOrRemedy("\(fault?.name ?? "crash") at call \(call), \(operations.failedCall ?? "none")")
      }
    }
    print("init cut short\(isEncrypted ? ", encrypted" : ""): \(runs) runs")
  }

  @Test(arguments: [false, true]) func `after a loss of power at any call, init can be run again`(
    isEncrypted: Bool
  ) throws {
    let operations = TracedFileOperations(folder: path)
    try create(isEncrypted: isEncrypted, operations: operations).close()
    var disk = UnsyncedDisk(durable: nil)
    let seed: UInt64 = 6
    var random = SeededGenerator(seed: seed)
    var seen = Set<UnsyncedDisk.Files?>()
    let calls = operations.calls
    for cut in 0...calls.count {
      if cut > 0 { disk.apply(calls[cut - 1]) }
      let dice = (0..<(Sweep.isFull ? 60 : 5)).map { _ in disk.files(after: &random) }
      for files in UnsyncedDisk.Survival.allCases.map(disk.files(after:)) + dice where seen.insert(files).inserted {
        StoreTestFolder.replace(path, with: files)
        let isThere = expectRepositoryOrRemedy("after call \(cut) of \(calls), seed \(seed)")
        #expect(isThere || cut < calls.count, "reported, and not there")
      }
    }
    print(
      "power loss in init\(isEncrypted ? ", encrypted" : ""): \(calls.count) calls, \(seen.count) states, seed \(seed)")
  }

  /// Is it a repository, or does it become one as the message says?
  ///
  /// - Returns: whether it is one.
  @discardableResult
  private func expectRepositoryOrRemedy(_ comment: String) -> Bool {
    do {
      do {
        let slots = try Repository.keySlots(at: path)
        #expect(try slots.list().allSatisfy { $0.slot != nil }, "\(comment)")
        return true
      } catch let fault as SnapFault {
        // A plain one.
        if fault.code == .refused {
          let opened = try Repository.open(at: path, events: SilentEvents())
          #expect(try opened.snapshots().isEmpty, "\(comment)")
          opened.close()
          return true
        }
        #expect(fault.code == .noRepository, "\(comment): \(fault)")
        if let hint = fault.hint, hint != "snap init" {
          #expect(hint == "rm -r '\(path)', then snap init", "\(comment)")
          StoreTestFolder.remove(path)
        }
      }
      let repository = try create(isEncrypted: false)
      #expect(try repository.snapshots().isEmpty, "\(comment)")
      repository.close()
    } catch {
      Issue.record("\(comment): \(error)")
    }
    return false
  }

  @Test func `a folder of strangers' files is no unfinished repository`() throws {
    StoreTestFolder.replace(path, with: ["tmp/": [], "letters": [1]])
    let fault = #expect(throws: SnapFault.self) { try create(isEncrypted: false) }
    #expect(fault?.code == .refused)
    StoreTestFolder.replace(path, with: ["packs/": [], "snapshots/": [], "snapshots/x": [1]])
    #expect(throws: SnapFault.self) { try Repository.open(at: path, events: SilentEvents()) }
    let lost = #expect(throws: SnapFault.self) { try create(isEncrypted: false) }
    #expect(lost?.hint == nil, "what was saved is not to be removed: \(String(describing: lost))")
  }
}
