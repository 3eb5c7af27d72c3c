import CArchive
import Glibc
import SnapshotModel

/// Reads tar files as other people write them, by libarchive, which is loaded when the first one is opened.
///
/// The bytes come from an `ArchiveInput`: libarchive does not check the checksum of gzip. Why a library here and not for
/// writing: `docs/decisions/libarchive-on-demand.md`.
@safe final class TarReader: MemberReading {
  private let functions: UnsafePointer<snap_archive_functions>
  private let archive: OpaquePointer
  private let source: Source
  private var entry: OpaquePointer?

  /// What libarchive asks for bytes. It keeps a pointer to the last block until it asks again.
  @safe private final class Source {
    let input: ArchiveInput
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: ArchiveInput.blockByteCount, alignment: 16)
    var isAtEnd = false
    /// Bytes that were handed on before the last block, and that block's length.
    private var position: Int64 = 0
    private var count = 0
    var fault: ArchiveFault?

    init(_ input: ArchiveInput) { self.input = input }
    deinit { unsafe block.deallocate() }

    /// - Returns: how many bytes are in `block`; 0 at the end, -1 for a failure.
    func fill() -> Int {
      do {
        let bytes = try input.nextBlock()
        if bytes.isEmpty { isAtEnd = true }
        position += Int64(count)
        count = bytes.count
        unsafe block.copyBytes(from: bytes)
        return bytes.count
      } catch {
        fault = error
        return -1
      }
    }

    /// How many bytes of the last block lie behind `end` and are no zeros, with all that follow it.
    func unreadBytes(behind end: Int64) throws(ArchiveFault) -> Int {
      let first = Int(clamping: end - position)
      var unread = unsafe block[..<count].dropFirst(max(0, first)).count { $0 != 0 }
      while true {
        let bytes = try input.nextBlock()
        if bytes.isEmpty { return unread }
        unread += bytes.count { $0 != 0 }
      }
    }
  }

  /// - Throws: `ArchiveFault`.
  init(_ input: ArchiveInput) throws(ArchiveFault) {
    guard let functions = unsafe snap_archive_load(), let archive = unsafe functions.pointee.read_new() else {
      throw .unsupported(
        "libarchive, which reads tar files, is not installed", hint: "apt install libarchive13, then import again")
    }
    unsafe self.functions = unsafe functions
    unsafe self.archive = unsafe archive
    source = Source(input)
    _ = unsafe functions.pointee.read_support_format_tar(archive)
    let client = unsafe Unmanaged.passUnretained(source).toOpaque()
    let status = unsafe functions.pointee.read_open(
      archive, client, nil,
      { _, client, buffer in
        // The reader holds the source for as long as libarchive may ask.
        let source = unsafe Unmanaged<Source>.fromOpaque(client).takeUnretainedValue()
        let count = source.fill()
        unsafe buffer.pointee = UnsafeRawPointer(source.block.baseAddress)
        return count
      }, nil)
    guard status == snap_archive_ok else { throw failure() }
  }

  deinit { _ = unsafe functions.pointee.read_free(archive) }

  func next() throws -> ArchiveMember? {
    let status = unsafe functions.pointee.read_next_header(archive, &entry)
    if status == snap_archive_eof {
      try finish()
      return nil
    }
    guard status == snap_archive_ok || status == snap_archive_warn, let entry = unsafe entry else { throw failure() }
    return unsafe try member(entry)
  }

  func readContent(_ body: (UInt64, ArraySlice<UInt8>) throws -> Void) throws {
    while true {
      var start: UnsafeRawPointer?
      var count = 0
      var offset: Int64 = 0
      let status = unsafe functions.pointee.read_data_block(archive, &start, &count, &offset)
      if status == snap_archive_eof { return }
      guard status == snap_archive_ok || status == snap_archive_warn, offset >= 0 else { throw failure() }
      guard count > 0, let start = unsafe start else { continue }
      // libarchive's own buffer or the source's, which both stand until the next call.
      let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
      try body(UInt64(offset), bytes[...])
    }
  }

  /// The end must be marked, and what follows the mark must be whole, too: the checksum of a compressed stream stands last.
  private func finish() throws(ArchiveFault) {
    // The mark is two blocks of zeros. Whoever has to look beyond the last byte has not found it.
    if source.isAtEnd { throw .damaged("it is cut short: the mark of its end is missing") }
    // Two archives one behind the other, for instance; zeros fill the last record.
    guard unsafe try source.unreadBytes(behind: functions.pointee.filter_bytes(archive, 0)) == 0 else {
      throw .damaged("something follows the mark of its end (tar --ignore-zeros reads it)")
    }
  }

  private func failure() -> ArchiveFault {
    if let fault = source.fault { return fault }
    let text = unsafe functions.pointee.error_string(archive).map { unsafe String(cString: $0) } ?? "it is no tar file"
    return .damaged(text == "Unrecognized archive format" ? "it is no tar file" : text)
  }

  private func member(_ entry: OpaquePointer) throws(ArchiveFault) -> ArchiveMember {
    guard let path = unsafe bytes(functions.pointee.entry_pathname(entry)) else {
      throw .damaged("a member has no name")
    }
    let modified = unsafe Timestamp(
      seconds: Int64(functions.pointee.entry_mtime(entry)),
      nanoseconds: UInt32(clamping: min(999_999_999, max(0, functions.pointee.entry_mtime_nsec(entry)))))
    let owner = unsafe FileOwner(
      userID: UInt32(clamping: functions.pointee.entry_uid(entry)),
      groupID: UInt32(clamping: functions.pointee.entry_gid(entry)),
      userName: bytes(functions.pointee.entry_uname(entry)) ?? [],
      groupName: bytes(functions.pointee.entry_gname(entry)) ?? [])
    let metadata = unsafe FileMetadata(
      mode: UInt16(functions.pointee.entry_perm(entry) & 0o7777), owner: owner, modified: modified,
      extendedAttributes: attributes(of: entry))
    if let target = unsafe bytes(functions.pointee.entry_hardlink(entry)) {
      return ArchiveMember(path: path, kind: .hardLink(target: target), metadata: metadata)
    }
    var member = ArchiveMember(path: path, kind: .node(.file), metadata: metadata)
    switch unsafe functions.pointee.entry_filetype(entry) {
    case S_IFREG: member.size = UInt64(clamping: unsafe functions.pointee.entry_size(entry))
    case S_IFDIR: member.kind = .node(.directory)
    case S_IFLNK:
      member.kind = .node(.symbolicLink)
      member.linkTarget = unsafe bytes(functions.pointee.entry_symlink(entry)) ?? []
    case S_IFIFO: member.kind = .node(.fifo)
    case S_IFCHR: member.kind = .node(.characterDevice)
    case S_IFBLK: member.kind = .node(.blockDevice)
    default: throw .damaged("'\(displayText(path))' is of a kind that nobody knows")
    }
    if [.node(.characterDevice), .node(.blockDevice)].contains(member.kind) {
      member.deviceNumber = unsafe DeviceNumber(
        major: UInt32(clamping: functions.pointee.entry_rdevmajor(entry)),
        minor: UInt32(clamping: functions.pointee.entry_rdevminor(entry)))
    }
    return member
  }

  private func attributes(of entry: OpaquePointer) -> [ExtendedAttribute] {
    var found: [[UInt8]: [UInt8]] = [:]
    _ = unsafe functions.pointee.entry_xattr_reset(entry)
    while true {
      var name: UnsafePointer<CChar>?
      var value: UnsafeRawPointer?
      var count = 0
      guard unsafe functions.pointee.entry_xattr_next(entry, &name, &value, &count) == snap_archive_ok,
        let name = unsafe bytes(name)
      else { break }
      if !name.isEmpty { found[name] = unsafe [UInt8](UnsafeRawBufferPointer(start: value, count: count)) }
    }
    return found.map { ExtendedAttribute(name: $0.key, value: $0.value) }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  private func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
    guard let text = unsafe text else { return nil }
    return unsafe (0..<strlen(text)).map { unsafe UInt8(bitPattern: text[$0]) }
  }
}
