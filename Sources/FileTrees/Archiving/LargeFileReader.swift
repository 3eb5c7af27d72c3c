import Chunking
import ObjectStores
import SnapshotModel

/// Reads a large file, or a stream, in slabs that end where a chunk ends.
struct LargeFileReader: ~Copyable {
  private let descriptor: OwnedDescriptor
  /// What remains to be read, by position; `nil` to read on until the end.
  private var extents: ArraySlice<DataExtent>?
  private var extentOffset: UInt64 = 0
  private var cutter: StreamCutter
  private var isAtEnd = false

  private(set) var bytesRead: UInt64 = 0

  init(_ descriptor: consuming OwnedDescriptor, extents: [DataExtent]?, chunker: Chunker) {
    self.descriptor = descriptor
    self.extents = extents.map { $0[...] }
    cutter = StreamCutter(chunker)
  }

  var number: Int32 { descriptor.number }

  /// The next bytes and the lengths of the chunks in them; `nil` after the last.
  mutating func nextSlab() throws(SystemError) -> (bytes: ArraySlice<UInt8>, lengths: [Int])? {
    while !isAtEnd {
      let more = try read(countMax: FileIngest.slabBytes)
      if more.count < FileIngest.slabBytes, extents?.isEmpty ?? true { isAtEnd = true }
      bytesRead += UInt64(more.count)
      cutter.add(more)
      let slab = cutter.cut(isFinal: isAtEnd)
      if !slab.bytes.isEmpty { return slab }
    }
    return nil
  }

  private mutating func read(countMax: Int) throws(SystemError) -> [UInt8] {
    guard extents != nil else { return try EntryCapture.read(descriptor.number, countMax: countMax) }
    var bytes: [UInt8] = []
    while bytes.count < countMax, let extent = extents?.first {
      let count = min(UInt64(countMax - bytes.count), extent.length - extentOffset)
      let more = try EntryCapture.read(descriptor.number, countMax: Int(count), at: extent.offset + extentOffset)
      // A file cut short meanwhile: its size tells later.
      guard !more.isEmpty else {
        extents = []
        break
      }
      bytes = bytes.isEmpty ? more : bytes + more
      extentOffset += UInt64(more.count)
      if extentOffset == extent.length {
        extents?.removeFirst()
        extentOffset = 0
      }
    }
    return bytes
  }
}
