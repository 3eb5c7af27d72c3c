import CLinux
import Glibc
import SnapshotModel

/// Gives what was restored its owner, attributes, mode and time, in the order in which none undoes another.
///
/// Owner first (it clears set-user-id and capabilities), then attributes (an ACL changes the mode), then mode, then
/// time. What the process may not set is counted, never fatal.
struct MetadataWriter {
  let context: RestoreContext

  /// - Parameters:
  ///   - descriptor: an open file or folder.
  ///   - existing: the attributes of what was there before; `nil` of what this run has made.
  func apply(
    _ metadata: FileMetadata, to descriptor: Int32, status: TargetStatus, existing: [ExtendedAttribute]?,
    summary: inout RestoreSummary
  ) throws(TargetError) {
    let isFolder = status.kind == .directory
    var status = status
    var isOwned = true
    var isGiven = existing == nil
    if let owner = ownerToSet(metadata.owner, status: status, isComplete: &isOwned) {
      isGiven = true
      if fchown(descriptor, owner.user, owner.group) == 0 {
        // The kernel has dropped these bits of a file.
        if !isFolder { status.mode &= 0o1777 }
      } else {
        isOwned = false
      }
    }
    if !isOwned { summary.ownersNotRestored += 1 }
    let hasAttributes = setAttributes(
      metadata.extendedAttributes, of: descriptor, existing: existing ?? [], summary: &summary)
    let mode = mode(metadata, status, isGiven: isGiven, isOwned: isOwned, summary: &summary)
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
      try folder.setMode(name, mode(metadata, status, isGiven: true, isOwned: isOwned, summary: &summary))
    }
    try folder.setModified(
      name, seconds: metadata.modified.seconds, nanoseconds: metadata.modified.nanoseconds)
  }

  /// Whether `apply` would change anything of what stands there.
  func differs(_ metadata: FileMetadata, _ status: TargetStatus, _ existing: [ExtendedAttribute]) -> Bool {
    var ignored = RestoreSummary()
    var isOwned = true
    if metadata.modified != status.modified { return true }
    if ownerToSet(metadata.owner, status: status, isComplete: &isOwned) != nil { return true }
    let mode = mode(metadata, status, isGiven: false, isOwned: isOwned, summary: &ignored)
    if status.kind != .symbolicLink, mode != status.mode { return true }
    let wanted = metadata.extendedAttributes
    return wanted.contains { (Self.isPlain($0.name[...]) || context.mayPreservePrivileged) && !existing.contains($0) }
      || existing.contains { old in Self.isPlain(old.name[...]) && !wanted.contains { $0.name == old.name } }
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

  /// - Parameter isGiven: made, or given another owner, by this run. What had the very bits before keeps them: leaving
  ///   it alone plants nothing.
  private func mode(
    _ metadata: FileMetadata, _ status: TargetStatus, isGiven: Bool, isOwned: Bool, summary: inout RestoreSummary
  ) -> UInt16 {
    let mode = metadata.mode & 0o7777
    if !isGiven, status.mode == mode { return mode }
    // A set-group-id folder only passes its group on; the bit of a file, and any set-user-id bit, is a privilege.
    let privileged: UInt16 = status.kind == .directory ? 0o4000 : 0o6000
    guard mode & privileged != 0 else { return mode }
    // The owner of a file may set them: whoever may not own it, may not.
    if context.options.preservesPrivileged, isOwned { return mode }
    summary.privilegesWithheld += 1
    return mode & ~privileged
  }

  /// Removes the attributes of `user.*` and the ACLs that the snapshot does not have, and sets those that it has.
  ///
  /// - Returns: whether any was set or removed, so that the mode may have changed.
  private func setAttributes(
    _ attributes: [ExtendedAttribute], of descriptor: Int32, existing: [ExtendedAttribute],
    summary: inout RestoreSummary
  ) -> Bool {
    var isChanged = false
    var isComplete = true
    for old in existing where Self.isPlain(old.name[...]) && !attributes.contains(where: { $0.name == old.name }) {
      let result = unsafe old.name.withUnsafeBufferPointer {
        unsafe restoring_remove_attribute(descriptor, $0.baseAddress, $0.count)
      }
      if result == 0 { isChanged = true } else { isComplete = false }
    }
    for attribute in attributes where !existing.contains(attribute) && isAllowed(attribute.name, summary: &summary) {
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

  private func isAllowed(_ name: [UInt8], summary: inout RestoreSummary) -> Bool {
    if Self.isPlain(name[...]) || context.mayPreservePrivileged { return true }
    // A label that the target's own policy gives anew is no loss.
    if name != Array("security.selinux".utf8) { summary.privilegesWithheld += 1 }
    return false
  }

  private static let plainPrefixes = ["user.", "system.posix_acl_"].map { Array($0.utf8) }
  private static func isPlain(_ name: ArraySlice<UInt8>) -> Bool { plainPrefixes.contains { name.starts(with: $0) } }
}
