/// Where the values of a JSON text lie, without making anything of them: 24 bytes a value beside the text.
package struct JSONIndex {
  /// A value or the name of a member, in the order of the text; a container stands before what is in it.
  struct Node {
    var start: UInt32
    var end: UInt32
    /// The first node behind all that is in it.
    var next: UInt32
    /// Equal for equal values, whatever the blanks, the escapes and the order of members; another one in each process.
    var hash: UInt64
  }

  enum Kind {
    case object, array, string, other
  }

  /// The offsets have 32 bits, and both sides of a comparison must fit into memory.
  static let byteCountMax = 256 << 20
  static let depthMax = 128

  let bytes: [UInt8]
  private(set) var nodes: [Node] = []

  /// - Throws: `KeyedFault` for what is no JSON, or too large.
  package init(_ bytes: [UInt8]) throws(KeyedFault) {
    guard bytes.count <= Self.byteCountMax else { throw KeyedFault("it is too large") }
    var check = JSONCheck()
    check.add(bytes[...])
    guard check.isWhole else {
      let offset = Int(check.failureOffset ?? UInt64(bytes.count))
      throw KeyedFault("line \(Self.line(of: offset, in: bytes)) is not JSON")
    }
    self.bytes = bytes
    try build()
  }

  // MARK: Looking

  func kind(_ node: Int) -> Kind {
    switch bytes[Int(nodes[node].start)] {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    default: .other
    }
  }

  /// Of an array its elements; of an object the values of its members, whose names stand one before them.
  package func children(of node: Int) -> [Int] {
    var found: [Int] = []
    let step = kind(node) == .object ? 1 : 0
    var at = node + 1
    let end = Int(nodes[node].next)
    while at < end {
      found.append(at + step)
      at = Int(nodes[at + step].next)
    }
    return found
  }

  /// The value of the first member called so.
  package func member(_ name: [UInt8], of node: Int) -> Int? {
    guard kind(node) == .object else { return nil }
    var at = node + 1
    let end = Int(nodes[node].next)
    while at < end {
      if string(at) == name { return at + 1 }
      at = Int(nodes[at + 1].next)
    }
    return nil
  }

  /// As it stands in the text.
  func source(_ node: Int) -> ArraySlice<UInt8> { bytes[Int(nodes[node].start)..<Int(nodes[node].end)] }

  /// What a string means, else the text of the value.
  package func string(_ node: Int) -> [UInt8] { Self.string(source(node)) }

  private static func string(_ source: ArraySlice<UInt8>) -> [UInt8] {
    guard source.first == UInt8(ascii: "\"") else { return Array(source) }
    let inner = source.dropFirst().dropLast()
    guard inner.contains(UInt8(ascii: "\\")) else { return Array(inner) }
    var scan = JSONScan(Array(source))
    // Half of a surrogate pair means nothing: it stays as it is written.
    return scan.string().map { Array($0.utf8) } ?? Array(inner)
  }

  /// As it stands in the text, without blanks.
  package func compact(_ node: Int) -> [UInt8] {
    var isInString = false
    var isEscaped = false
    return source(node).filter { byte in
      if isInString {
        isInString = isEscaped || byte != UInt8(ascii: "\"")
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        return true
      }
      isInString = byte == UInt8(ascii: "\"")
      return ![0x20, 0x09, 0x0A, 0x0D].contains(byte)
    }
  }

  // MARK: Building

  /// The text is known to be JSON: only its ends of values are looked for.
  private mutating func build() throws(KeyedFault) {
    var open: [Int] = []
    var at = 0
    while at < bytes.count {
      let start = at
      switch bytes[at] {
      case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: ":"):
        at += 1
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard open.count < Self.depthMax else { throw KeyedFault("it is nested deeper than \(Self.depthMax) levels") }
        open.append(nodes.count)
        nodes.append(Node(start: UInt32(start), end: 0, next: 0, hash: 0))
        at += 1
        continue
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        at += 1
        guard let node = open.popLast() else { continue }
        nodes[node].end = UInt32(at)
        nodes[node].next = UInt32(nodes.count)
        nodes[node].hash = hash(ofContainer: node)
        continue
      case UInt8(ascii: "\""):
        at += 1
        while bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at += 1
      default:
        while at < bytes.count, !Self.endsWord(bytes[at]) { at += 1 }
      }
      nodes.append(
        Node(
          start: UInt32(start), end: UInt32(at), next: UInt32(nodes.count + 1), hash: Self.hash(of: bytes[start..<at])))
    }
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): true
    default: false
    }
  }

  private static func hash(of source: ArraySlice<UInt8>) -> UInt64 {
    var hasher = Hasher()
    let isEscaped = source.first == UInt8(ascii: "\"") && source.contains(UInt8(ascii: "\\"))
    if isEscaped {
      let text = [UInt8(ascii: "\"")] + string(source) + [UInt8(ascii: "\"")]
      unsafe text.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    } else {
      unsafe source.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  private func hash(ofContainer node: Int) -> UInt64 {
    let isObject = kind(node) == .object
    var sum: UInt64 = 0
    var hasher = Hasher()
    hasher.combine(isObject)
    for child in children(of: node) {
      if isObject {
        var member = Hasher()
        member.combine(nodes[child - 1].hash)
        member.combine(nodes[child].hash)
        sum &+= UInt64(bitPattern: Int64(member.finalize()))
      } else {
        hasher.combine(nodes[child].hash)
      }
    }
    hasher.combine(sum)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
    bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1
  }
}

/// Why a text cannot be compared by key: `line 3 is not JSON`.
package struct KeyedFault: Error, Hashable {
  package var reason: String

  init(_ reason: String) { self.reason = reason }
}
