import CLinux
import Glibc

/// The names in one folder, in ascending order of their bytes.
///
/// One array holds all names, each followed by NUL, and 16 bytes an entry point into it: a folder of a million files
/// costs some 40 MB and a handful of allocations.
struct FolderListing {
  struct Entry {
    /// The first eight bytes, big-endian, padded with zero: decides nearly every comparison.
    let prefix: UInt64
    let offset: UInt32
    let length: UInt16
    let type: EntryType
  }

  /// What the directory record says of a name; only some file systems say anything.
  enum EntryType: UInt8 {
    case unknown, directory, other
  }

  private(set) var names: [UInt8] = []
  private(set) var entries: [Entry] = []

  init() {}

  /// Reads the folder that `descriptor` has open and that nobody has read yet.
  ///
  /// - Parameter buffer: scratch space, 64 KiB or so.
  /// - Throws: after what could be read, which stays in the listing.
  mutating func read(_ descriptor: Int32, buffer: inout [UInt8]) throws(SystemError) {
    defer { sort() }
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe linux_getdents64(descriptor, bytes.baseAddress!, bytes.count)
      }
      if count == 0 { return }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw SystemError("read folder")
      }
      unsafe buffer.withUnsafeBytes { bytes in
        unsafe append(records: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      }
    }
  }

  /// Sets the names that lead to the sources below, of folders that are not saved whole.
  mutating func append(name: [UInt8]) {
    unsafe name.withUnsafeBytes { unsafe append(name: $0, type: .unknown) }
  }

  // struct linux_dirent64: u64 inode, s64 offset, u16 record length, u8 type, name with NUL.
  private static let lengthOffset = 16
  private static let typeOffset = 18
  private static let nameOffset = 19

  /// - Parameter records: whole records, as the kernel wrote them.
  private mutating func append(records: UnsafeRawBufferPointer) {
    var at = 0
    while at + Self.nameOffset < records.count {
      let length = Int(unsafe records.loadUnaligned(fromByteOffset: at + Self.lengthOffset, as: UInt16.self))
      guard length > Self.nameOffset, at + length <= records.count else { return }
      let name = unsafe UnsafeRawBufferPointer(rebasing: records[(at + Self.nameOffset)..<(at + length)])
      let nameLength = unsafe strnlen(name.baseAddress!.assumingMemoryBound(to: CChar.self), name.count)
      let type: EntryType =
        switch Int(unsafe records[at + Self.typeOffset]) {
        case DT_DIR: .directory
        case DT_UNKNOWN: .unknown
        default: .other
        }
      at += length
      let first = unsafe name[0]
      if first == UInt8(ascii: "."), unsafe nameLength == 1 || (nameLength == 2 && name[1] == first) {
        continue
      }
      unsafe append(name: UnsafeRawBufferPointer(rebasing: name[..<nameLength]), type: type)
    }
  }

  private mutating func append(name: UnsafeRawBufferPointer, type: EntryType) {
    var prefix: UInt64 = 0
    for index in 0..<8 { prefix = prefix << 8 | (index < name.count ? UInt64(unsafe name[index]) : 0) }
    let entry = Entry(
      prefix: prefix, offset: UInt32(names.count), length: UInt16(clamping: name.count), type: type)
    unsafe names.append(contentsOf: name)
    names.append(0)
    entries.append(entry)
  }

  mutating func sort() {
    unsafe names.withUnsafeBufferPointer { names in
      entries.sort { a, b in
        if a.prefix != b.prefix { return a.prefix < b.prefix }
        // Equal beyond the prefix up to the NUL that ends the shorter: `strcmp` compares bytes as unsigned.
        return unsafe strcmp(
          UnsafeRawPointer(names.baseAddress! + Int(a.offset)).assumingMemoryBound(to: CChar.self),
          UnsafeRawPointer(names.baseAddress! + Int(b.offset)).assumingMemoryBound(to: CChar.self)) < 0
      }
    }
  }

  /// Drops all entries but one.
  mutating func keep(only name: [UInt8]) {
    entries = entries.filter { self.name($0).elementsEqual(name) }
  }

  /// Without the NUL.
  func name(_ entry: Entry) -> ArraySlice<UInt8> {
    names[Int(entry.offset)..<(Int(entry.offset) + Int(entry.length))]
  }

  func contains(_ name: [UInt8]) -> Bool {
    var range = 0..<entries.count
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      let candidate = self.name(entries[middle])
      if candidate.elementsEqual(name) { return true }
      if candidate.lexicographicallyPrecedes(name) {
        range = (middle + 1)..<range.upperBound
      } else {
        range = range.lowerBound..<middle
      }
    }
    return false
  }

  /// Examines an entry without following a symbolic link.
  func status(_ entry: Entry, folder: Int32) throws(SystemError) -> FileStatus {
    let result = unsafe names.withUnsafeBytes { names -> Result<FileStatus, SystemError> in
      // NUL follows every name, so the address is that of a C string.
      let name = unsafe (names.baseAddress! + Int(entry.offset)).assumingMemoryBound(to: CChar.self)
      return Result { () throws(SystemError) in unsafe try FileStatus(folder: folder, name: name) }
    }
    return try result.get()
  }
}
