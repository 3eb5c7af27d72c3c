import Glibc
import SnapshotModel

extension LocalObjectStore {
  package func read(_ name: ObjectName) throws -> [UInt8] {
    try read(name) { $0 <= Self.wholeReadMax ? 0..<$0 : nil }
  }

  package func read(_ name: ObjectName, range: Range<UInt64>) throws -> [UInt8] {
    guard UInt64(range.count) <= Self.wholeReadMax else { throw ObjectStoreError.notAnObject(name) }
    return try read(name) { _ in range }
  }

  package func byteCount(_ name: ObjectName) throws -> UInt64 {
    let status = try perform(.read, path: name.path, object: name) { (root) throws(SystemCallFailure) in
      try operations.status(name.path, in: root)
    }
    guard status.isFile else { throw ObjectStoreError.notAnObject(name) }
    return status.byteCount
  }

  package func exists(_ name: ObjectName) throws -> Bool {
    do {
      return try byteCount(name) >= 0
    } catch ObjectStoreError.missing {
      return false
    }
  }

  /// - Parameter range: given the file's size, the bytes to read; `nil` refuses.
  private func read(_ name: ObjectName, range: (UInt64) -> Range<UInt64>?) throws(ObjectStoreError) -> [UInt8] {
    var expected: Range<UInt64>?
    var size: UInt64 = 0
    let bytes = try perform(.read, path: name.path, object: name) { (root) throws(SystemCallFailure) in
      let file = try operations.openObject(name.path, in: root)
      let status = try operations.status(of: file)
      size = status.byteCount
      expected = status.isFile ? range(size) : nil
      guard let expected, expected.upperBound <= size else { return [UInt8]() }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(expected.count)
      while bytes.count < expected.count {
        let got = try uninterrupted { () throws(SystemCallFailure) in
          try operations.read(
            expected.count - bytes.count, at: expected.lowerBound + UInt64(bytes.count), of: file,
            appendingTo: &bytes)
        }
        if got == 0 { break }
      }
      return bytes
    }
    guard let expected else { throw .notAnObject(name) }
    guard bytes.count == expected.count else {
      throw .truncated(
        name, expected: expected.upperBound,
        found: expected.upperBound > size ? size : expected.lowerBound + UInt64(bytes.count))
    }
    return bytes
  }
}
