import CLinux
import Glibc
import SnapshotModel

/// Gives what was restored its owner, attributes, mode and time, in the order in which none undoes another.
///
/// Owner first (it clears set-user-id and capabilities), then attributes (an ACL changes the mode), then mode, then
/// time. What the process may not set is counted, never fatal.
struct MetadataWriter {
  let context: RestoreContext

  /// - Parameter descriptor: an open file or folder.
  /// - Parameter isNew: made by this run, so without attributes of its own.
  func apply(
    _ metadata: FileMetadata, to descriptor: Int32, status: TargetStatus, isNew: Bool, summary: inout RestoreSummary
  ) throws(TargetError) {
    let isFolder = status.kind == .directory
    var status = status
    var isOwned = true
    if let owner = ownerToSet(metadata.owner, status: status, isComplete: &isOwned) {
      if fchown(descriptor, owner.user, owner.group) == 0 {
        // The kernel has dropped these bits of a file.
        if !isFolder { status.mode &= 0o1777 }
      } else {
        isOwned = false
      }
    }
    if !isOwned { summary.ownersNotRestored += 1 }
    let hasAttributes = setAttributes(
      metadata.extendedAttributes, of: descriptor, isNew: isNew, summary: &summary)
    let mode = allowedMode(metadata.mode, isFolder: isFolder, isOwned: isOwned, summary: &summary)
    if mode != status.mode || hasAttributes {
      guard fchmod(descriptor, mode_t(mode)) == 0 else { throw TargetError(number: errno) }
    }
    try checked(restoring_set_time(descriptor, metadata.modified.seconds, metadata.modified.nanoseconds))
  }

  /// For a link, fifo, socket or device, which are not opened.
  func apply(
    _ metadata: FileMetadata, kind: EntryKind, in folder: TargetFolder, name: ArraySlice<UInt8>,
    summary: inout RestoreSummary
  ) throws(TargetError) {
    guard let status = try folder.status(name), status.kind == kind else { throw TargetError(number: ESTALE) }
    var isOwned = true
    if let owner = ownerToSet(metadata.owner, status: status, isComplete: &isOwned) {
      do { try folder.setOwner(name, user: owner.user, group: owner.group) } catch { isOwned = false }
    }
    if !isOwned { summary.ownersNotRestored += 1 }
    var isComplete = true
    for attribute in metadata.extendedAttributes where isAllowed(attribute.name, summary: &summary) {
      do {
        try folder.setAttribute(name, attribute: attribute.name, value: attribute.value)
      } catch {
        isComplete = false
      }
    }
    if !isComplete { summary.attributesNotRestored += 1 }
    if kind != .symbolicLink {
      try folder.setMode(name, allowedMode(metadata.mode, isFolder: false, isOwned: isOwned, summary: &summary))
    }
    try folder.setModified(
      name, seconds: metadata.modified.seconds, nanoseconds: metadata.modified.nanoseconds)
  }

  /// Whether an existing file has all that `apply` would set, its attributes apart.
  func isEqual(_ metadata: FileMetadata, _ status: TargetStatus) -> Bool {
    var ignored = RestoreSummary()
    var isComplete = true
    return ownerToSet(metadata.owner, status: status, isComplete: &isComplete) == nil
      && allowedMode(metadata.mode, isFolder: false, isOwned: isComplete, summary: &ignored) == status.mode
      && metadata.modified == status.modified
  }

  /// What to give to chown; `nil` when nothing needs to change or may be changed.
  private func ownerToSet(
    _ owner: FileOwner, status: TargetStatus, isComplete: inout Bool
  ) -> (user: UInt32, group: UInt32)? {
    let unchanged = UInt32.max
    var user = owner.userID == status.userID ? unchanged : owner.userID
    var group = owner.groupID == status.groupID ? unchanged : owner.groupID
    if !context.isRoot {
      if user != unchanged { isComplete = false }
      if group != unchanged, !context.groupIDs.contains(group) {
        isComplete = false
        group = unchanged
      }
      user = unchanged
    }
    return user == unchanged && group == unchanged ? nil : (user, group)
  }

  private func allowedMode(_ mode: UInt16, isFolder: Bool, isOwned: Bool, summary: inout RestoreSummary) -> UInt16 {
    // A set-group-id folder only passes its group on; the bit of a file, and any set-user-id bit, is a privilege.
    let privileged: UInt16 = isFolder ? 0o4000 : 0o6000
    guard mode & privileged != 0 else { return mode & 0o7777 }
    if context.mayPreservePrivileged, isOwned { return mode & 0o7777 }
    summary.privilegesWithheld += 1
    return mode & 0o7777 & ~privileged
  }

  /// - Returns: whether any was set, so that the mode may have changed.
  private func setAttributes(
    _ attributes: [ExtendedAttribute], of descriptor: Int32, isNew: Bool, summary: inout RestoreSummary
  ) -> Bool {
    var isChanged = false
    if !isNew { isChanged = removeAttributes(of: descriptor, except: attributes) }
    guard !attributes.isEmpty else { return isChanged }
    var isComplete = true
    for attribute in attributes where isAllowed(attribute.name, summary: &summary) {
      // Both buffers live until the call returns.
      let result = unsafe attribute.name.withUnsafeBufferPointer { name in
        unsafe attribute.value.withUnsafeBufferPointer { value in
          unsafe restoring_set_attribute(descriptor, name.baseAddress, name.count, value.baseAddress, value.count)
        }
      }
      if result < 0 { isComplete = false } else { isChanged = true }
    }
    if !isComplete { summary.attributesNotRestored += 1 }
    return isChanged
  }

  /// Removes attributes of `user.*` and ACLs that the snapshot does not have.
  private func removeAttributes(of descriptor: Int32, except attributes: [ExtendedAttribute]) -> Bool {
    // The kernel fills at most the size it is told: 64 KiB is its own limit for a list of names (XATTR_LIST_MAX).
    let size = flistxattr(descriptor, nil, 0)
    guard size > 0 else { return false }
    var isChanged = false
    let names = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = unsafe max(
        0, buffer.withMemoryRebound(to: CChar.self) { unsafe flistxattr(descriptor, $0.baseAddress, size) })
    }
    for name in names.split(separator: 0)
    where Self.isPlain(name) && !attributes.contains(where: { $0.name[...] == name }) {
      let result = unsafe name.withUnsafeBufferPointer {
        unsafe restoring_remove_attribute(descriptor, $0.baseAddress, $0.count)
      }
      if result == 0 { isChanged = true }
    }
    return isChanged
  }

  private func isAllowed(_ name: [UInt8], summary: inout RestoreSummary) -> Bool {
    if Self.isPlain(name[...]) || context.mayPreservePrivileged { return true }
    // A label that the target's own policy gives anew is no loss.
    if name != Array("security.selinux".utf8) { summary.privilegesWithheld += 1 }
    return false
  }

  private static let plainPrefixes = ["user.", "system.posix_acl_"].map { Array($0.utf8) }
  private static func isPlain(_ name: ArraySlice<UInt8>) -> Bool { plainPrefixes.contains { name.starts(with: $0) } }
}
