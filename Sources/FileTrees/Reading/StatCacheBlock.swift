import CZstd
import SnapshotModel

/// Some rows of a stat cache as bytes: columns of differences, so that neighbours in a folder cost a few bits each.
///
/// Each column starts from 0 and holds, row for row, the difference to the row before as a zig-zag variable-length
/// integer: devices, inodes, nanoseconds of the change since 1970.
enum StatCacheBlock {
  static func encode(_ rows: [StatCache.Row]) -> [UInt8] {
    var columns: [UInt8] = []
    let rows = rows.map { nanoseconds($0.changed) == nil ? StatCache.Row.never : $0 }
    appendDifferences(rows.map(\.device), to: &columns)
    appendDifferences(rows.map(\.inode), to: &columns)
    appendDifferences(rows.map { UInt64(bitPattern: nanoseconds($0.changed) ?? 0) }, to: &columns)
    let payload = compress(columns)
    return littleEndianBytes(UInt64(rows.count), count: 4) + littleEndianBytes(UInt64(payload.count), count: 4)
      + littleEndianBytes(UInt64(columns.count), count: 4) + payload
  }

  /// - Parameter bytes: a block and what follows it.
  /// - Returns: the rows, at least one, and where the block ends; `nil` when anything about it is wrong.
  static func decode(_ bytes: ArraySlice<UInt8>) -> (rows: [StatCache.Row], end: Int)? {
    let payloadStart = bytes.startIndex + StatCache.blockHeaderByteCount
    guard payloadStart <= bytes.endIndex else { return nil }
    func field(_ index: Int) -> Int {
      Int(littleEndian(bytes[(bytes.startIndex + 4 * index)..<(bytes.startIndex + 4 * index + 4)]))
    }
    let (rowCount, payloadCount, columnsCount) = (field(0), field(1), field(2))
    guard 1...StatCache.blockRowCountMax ~= rowCount, payloadCount <= bytes.endIndex - payloadStart,
      columnsCount <= rowCount * StatCache.rowByteCountMax,
      let columns = decompress(bytes[payloadStart..<(payloadStart + payloadCount)], byteCount: columnsCount)
    else { return nil }
    var at = 0
    guard let devices = differences(columns, count: rowCount, at: &at),
      let inodes = differences(columns, count: rowCount, at: &at),
      let times = differences(columns, count: rowCount, at: &at), at == columns.count
    else { return nil }
    let rows = (0..<rowCount).map { index in
      StatCache.Row(
        device: devices[index], inode: inodes[index], changed: timestamp(Int64(bitPattern: times[index])))
    }
    return (rows, payloadStart + payloadCount)
  }

  /// - Returns: `nil` beyond the 292 years around 1970 that 64 bits hold.
  private static func nanoseconds(_ time: Timestamp) -> Int64? {
    let (whole, isTooFar) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isBeyond) = whole.addingReportingOverflow(Int64(time.nanoseconds))
    return isTooFar || isBeyond ? nil : sum
  }

  private static func timestamp(_ nanoseconds: Int64) -> Timestamp {
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return rest < 0
      ? Timestamp(seconds: whole - 1, nanoseconds: UInt32(rest + 1_000_000_000))
      : Timestamp(seconds: whole, nanoseconds: UInt32(rest))
  }

  private static func appendDifferences(_ values: [UInt64], to bytes: inout [UInt8]) {
    var previous: UInt64 = 0
    for value in values {
      let difference = Int64(bitPattern: value &- previous)
      var rest = UInt64(bitPattern: difference << 1 ^ difference >> 63)
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
      previous = value
    }
  }

  private static func differences(_ bytes: [UInt8], count: Int, at: inout Int) -> [UInt64]? {
    var values: [UInt64] = []
    values.reserveCapacity(count)
    var previous: UInt64 = 0
    for _ in 0..<count {
      var word: UInt64 = 0
      var shift: UInt64 = 0
      while true {
        guard at < bytes.count, shift < 64 else { return nil }
        let byte = bytes[at]
        at += 1
        word |= UInt64(byte & 0x7F) << shift
        shift += 7
        if byte & 0x80 == 0 { break }
      }
      previous = previous &+ (word >> 1 ^ (0 &- (word & 1)))
      values.append(previous)
    }
    return values
  }

  private static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var target = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let context = unsafe ZSTD_createCCtx()
    defer { _ = unsafe ZSTD_freeCCtx(context) }
    _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    let count = unsafe target.withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        unsafe ZSTD_compress2(context, target.baseAddress!, target.count, source.baseAddress!, source.count)
      }
    }
    // With room for the worst case and level 3's small tables only lack of memory is left, and Swift has trapped then.
    precondition(ZSTD_isError(count) == 0, "zstd compresses into the bound that it gave")
    return Array(target[..<count])
  }

  private static func decompress(_ bytes: ArraySlice<UInt8>, byteCount: Int) -> [UInt8]? {
    var target = [UInt8](repeating: 0, count: byteCount)
    let count = unsafe target.withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        unsafe ZSTD_decompress(target.baseAddress, target.count, source.baseAddress, source.count)
      }
    }
    return ZSTD_isError(count) == 0 && count == byteCount ? target : nil
  }
}
