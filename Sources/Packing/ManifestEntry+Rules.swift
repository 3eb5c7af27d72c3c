import SnapshotModel

extension ManifestEntry {
  /// Which rule of the manifest this entry breaks; `nil` for none. Writers refuse it, readers call it damage.
  var brokenRule: String? {
    guard path.bytes.count <= ManifestSegment.pathBytesMax else { return "path is too long" }
    guard metadata.mode <= 0o7777 else { return "mode has more than twelve bits" }
    guard metadata.modified.nanoseconds < 1_000_000_000 else { return "nanoseconds make a second" }
    if path.isRoot, kind != .directory { return "root is not a folder" }
    if let rule = brokenAttributeRule { return rule }
    if let target = hardLinkTarget {
      guard kind != .directory else { return "folder is a hard link" }
      guard !target.isRoot, target < path else { return "hard link does not point to an earlier path" }
    }
    if kind != .characterDevice && kind != .blockDevice {
      guard deviceNumber.major == 0, deviceNumber.minor == 0 else { return "only devices have a device number" }
    }
    if kind == .symbolicLink {
      guard size == UInt64(linkTarget.count) else { return "size is not the link target's length" }
      guard linkTarget.count <= ManifestSegment.pathBytesMax else { return "link target is too long" }
      guard !linkTarget.contains(0) else { return "link target contains NUL" }
    } else {
      guard linkTarget.isEmpty else { return "only symbolic links have a target" }
    }
    return kind == .file ? brokenContentRule : brokenEmptinessRule
  }

  private var brokenEmptinessRule: String? {
    guard kind == .symbolicLink || size == 0 else { return "only files and symbolic links have a size" }
    guard dataExtents == nil else { return "only files are sparse" }
    if case .inline(let chunks) = content, chunks.isEmpty { return nil }
    return "only files have content"
  }

  private var brokenContentRule: String? {
    var dataBytes = size
    if let dataExtents {
      guard let sum = Self.dataBytes(of: dataExtents, fileSize: size) else { return "data extents are not in order" }
      dataBytes = sum
    }
    switch content {
    case .inline(let chunks):
      guard chunks.count <= FileContent.inlineCountMax else { return "too many chunks stand inline" }
      var sum: UInt64 = 0
      for chunk in chunks {
        guard chunk.length > 0, chunk.length <= ChunkReference.lengthMax else { return "chunk length is out of range" }
        sum += UInt64(chunk.length)
      }
      guard sum == dataBytes else { return "size does not fit the chunks" }
    case .indirect(let lists):
      guard !lists.isEmpty else { return "list of chunks is empty" }
      for list in lists {
        guard list.length > 0, list.length <= ChunkReference.lengthMax else { return "chunk length is out of range" }
      }
    }
    return nil
  }

  private var brokenAttributeRule: String? {
    var previous: [UInt8]?
    for attribute in metadata.extendedAttributes {
      guard !attribute.name.isEmpty, !attribute.name.contains(0) else { return "extended attribute has no valid name" }
      if let previous {
        guard previous.lexicographicallyPrecedes(attribute.name) else { return "extended attributes are not in order" }
      }
      previous = attribute.name
    }
    return nil
  }

  /// - Returns: `nil` when extents are empty, touch, descend or reach beyond the file's end.
  private static func dataBytes(of extents: [DataExtent], fileSize: UInt64) -> UInt64? {
    var sum: UInt64 = 0
    var end: UInt64 = 0
    for (at, extent) in extents.enumerated() {
      guard extent.length > 0, at == 0 || extent.offset > end else { return nil }
      let (next, overflows) = extent.offset.addingReportingOverflow(extent.length)
      guard !overflows, next <= fileSize else { return nil }
      end = next
      sum += extent.length
    }
    return sum
  }

  /// An upper bound of the bytes that this entry adds to a segment, or asks a reader to hold.
  var byteCountBound: Int {
    var count = path.bytes.count + linkTarget.count + (hardLinkTarget?.bytes.count ?? 0) + 96
    count += metadata.owner.userName.count + metadata.owner.groupName.count
    for attribute in metadata.extendedAttributes { count += attribute.name.count + attribute.value.count + 10 }
    count += 20 * (dataExtents?.count ?? 0)
    switch content {
    case .inline(let chunks), .indirect(lists: let chunks): count += chunks.count * 37
    }
    return count
  }
}
