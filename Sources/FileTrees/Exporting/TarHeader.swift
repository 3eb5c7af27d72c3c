import SnapshotModel

/// One member's 512-byte header, and the records of the extended header that goes before it where that is too small.
///
/// POSIX.1-2001 pax; layout of the block, offset and length:
///
///     0 name 100 | 100 mode 8 | 108 uid 8 | 116 gid 8 | 124 size 12 | 136 mtime 12 | 148 checksum 8 | 156 type 1
///     157 linkname 100 | 257 magic "ustar\0" "00" | 265 uname 32 | 297 gname 32 | 329 devmajor 8 | 337 devminor 8
///     345 prefix 155 | 500 unused 12
struct TarHeader {
  enum Kind: UInt8 {
    case file = 0x30
    case hardLink = 0x31
    case symbolicLink = 0x32
    case characterDevice = 0x33
    case blockDevice = 0x34
    case folder = 0x35
    case fifo = 0x36
    case extended = 0x78
  }

  static let blockByteCount = 512

  private var block = [UInt8](repeating: 0, count: blockByteCount)
  /// `length key=value\n` each.
  private(set) var records: [UInt8] = []
  private let kind: Kind

  init(_ kind: Kind) {
    self.kind = kind
    block[156] = kind.rawValue
    put(Array("ustar".utf8), at: 257)
    put(Array("00".utf8), at: 263)
  }

  /// - Parameter path: ends in `/` for a folder.
  mutating func setPath(_ path: [UInt8]) {
    if path.count <= 100 { return put(path, at: 0) }
    // Up to 155 bytes of it may stand in `prefix`, cut at a slash that neither part keeps.
    let slash = UInt8(ascii: "/")
    let cuts = path.indices.filter {
      path[$0] == slash && (1...155).contains($0) && (1...100).contains(path.count - $0 - 1)
    }
    if let cut = cuts.last {
      put(Array(path[..<cut]), at: 345)
      put(Array(path[(cut + 1)...]), at: 0)
    } else {
      put(Array(path.suffix(100)), at: 0)
      addText("path", path)
    }
  }

  /// Only the block's name, for what has its real name elsewhere.
  mutating func setShortName(_ name: [UInt8]) { put(Array(name.prefix(100)), at: 0) }

  mutating func setLinkTarget(_ target: [UInt8]) {
    put(Array(target.prefix(100)), at: 157)
    if target.count > 100 { addText("linkpath", target) }
  }

  mutating func setMetadata(_ metadata: FileMetadata) {
    putOctal(UInt64(metadata.mode), at: 100, digits: 7)
    setNumber(UInt64(metadata.owner.userID), "uid", at: 108, digits: 7)
    setNumber(UInt64(metadata.owner.groupID), "gid", at: 116, digits: 7)
    setName(metadata.owner.userName, "uname", at: 265)
    setName(metadata.owner.groupName, "gname", at: 297)
    setModified(metadata.modified)
    for attribute in metadata.extendedAttributes {
      // The attribute's name may hold what ends a key; GNU tar escapes so.
      var key = Array("SCHILY.xattr.".utf8)
      for byte in attribute.name {
        switch byte {
        case UInt8(ascii: "="): key += Array("%3D".utf8)
        case UInt8(ascii: "%"): key += Array("%25".utf8)
        default: key.append(byte)
        }
      }
      addRecord(key, attribute.value)
    }
  }

  mutating func setSize(_ size: UInt64) { setNumber(size, "size", at: 124, digits: 11) }

  mutating func setDevice(_ number: DeviceNumber) {
    putOctal(UInt64(number.major) & 0o7777777, at: 329, digits: 7)
    putOctal(UInt64(number.minor) & 0o7777777, at: 337, digits: 7)
    if number.major > 0o7777777 { addRecord("SCHILY.devmajor", "\(number.major)") }
    if number.minor > 0o7777777 { addRecord("SCHILY.devminor", "\(number.minor)") }
  }

  private mutating func setModified(_ time: Timestamp) {
    let isPlain = (0...0o77777777777).contains(time.seconds)
    putOctal(isPlain ? UInt64(time.seconds) : 0, at: 136, digits: 11)
    if isPlain, time.nanoseconds == 0 { return }
    var seconds = time.seconds
    var nanoseconds = Int64(time.nanoseconds)
    // The text is a decimal with its sign in front; ours counts forward from a lower second.
    let isNegative = seconds < 0
    if isNegative, nanoseconds > 0 {
      seconds += 1
      nanoseconds = 1_000_000_000 - nanoseconds
    }
    var fraction = String(nanoseconds)
    fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
    addRecord("mtime", "\(isNegative ? "-" : "")\(seconds.magnitude)\(nanoseconds == 0 ? "" : "." + fraction)")
  }

  private mutating func setName(_ name: [UInt8], _ key: String, at offset: Int) {
    put(Array(name.prefix(31)), at: offset)
    if name.count > 31 { addText(key, name) }
  }

  private mutating func setNumber(_ value: UInt64, _ key: String, at offset: Int, digits: Int) {
    let fits = value < UInt64(1) << UInt64(3 * digits)
    putOctal(fits ? value : 0, at: offset, digits: digits)
    if !fits { addRecord(key, "\(value)") }
  }

  /// Adds a record whose value is a name: POSIX says UTF-8, and how to say that it is not.
  mutating func addText(_ key: String, _ value: [UInt8]) {
    if String(validating: value, as: UTF8.self) == nil, !isBinary {
      isBinary = true
      addRecord("hdrcharset", "BINARY")
    }
    addRecord(Array(key.utf8), value)
  }
  private var isBinary = false

  mutating func addRecord(_ key: String, _ value: String) { addRecord(Array(key.utf8), Array(value.utf8)) }

  private mutating func addRecord(_ key: [UInt8], _ value: [UInt8]) {
    // The length counts its own digits.
    let rest = key.count + value.count + 3
    var length = rest + 1
    while length != rest + String(length).utf8.count { length = rest + String(length).utf8.count }
    records +=
      Array(String(length).utf8) + [UInt8(ascii: " ")] + key + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
  }

  /// The extended header if one is needed, and the header.
  func encoded() -> [UInt8] {
    guard !records.isEmpty else { return sealed() }
    var extended = TarHeader(.extended)
    // Named after what it belongs to, for readers that know no pax;
    // no process id, so that equal input gives equal bytes.
    let name = block[..<100].prefix { $0 != 0 }
    let trimmed = name.last == UInt8(ascii: "/") ? name.dropLast() : name
    let last = trimmed.lastIndex(of: UInt8(ascii: "/")).map { trimmed[($0 + 1)...] } ?? trimmed
    extended.setShortName(Array("PaxHeaders/".utf8) + last)
    extended.putOctal(0o644, at: 100, digits: 7)
    extended.putOctal(0, at: 108, digits: 7)
    extended.putOctal(0, at: 116, digits: 7)
    extended.putOctal(UInt64(records.count), at: 124, digits: 11)
    extended.putOctal(0, at: 136, digits: 11)
    return extended.sealed() + padded(records) + sealed()
  }

  private func sealed() -> [UInt8] {
    var block = block
    for at in 148..<156 { block[at] = UInt8(ascii: " ") }
    var sum = block.reduce(0) { $0 + UInt64($1) }
    for at in stride(from: 153, through: 148, by: -1) {
      block[at] = UInt8(ascii: "0") + UInt8(sum & 7)
      sum >>= 3
    }
    block[154] = 0
    return block
  }

  private mutating func put(_ bytes: [UInt8], at offset: Int) {
    block.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
  }

  private mutating func putOctal(_ value: UInt64, at offset: Int, digits: Int) {
    var rest = value
    for at in stride(from: offset + digits - 1, through: offset, by: -1) {
      block[at] = UInt8(ascii: "0") + UInt8(rest & 7)
      rest >>= 3
    }
  }
}

/// `bytes` and zeros up to the next whole block.
func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + tarPadding(after: UInt64(bytes.count)) }

/// The zeros that fill the last block of `byteCount` bytes.
func tarPadding(after byteCount: UInt64) -> [UInt8] {
  let rest = Int(byteCount % UInt64(TarHeader.blockByteCount))
  return rest == 0 ? [] : [UInt8](repeating: 0, count: TarHeader.blockByteCount - rest)
}
