import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization

/// Reads chunks out of packs: finds, decodes along the chain of bases, verifies.
///
/// Safe to use from several threads. Every chunk that is handed out has been hashed; what does not fit its id throws. What it stands on
/// is hashed only when it does not come out right: what is decoded from wrong bytes does not have the right hash.
/// Memory: the cache, 4 MiB of packs as they are stored and, a thread, the frames of one chain.
package final class ChunkReader: Sendable {
  /// Plaintext bytes of decoded frames that are kept.
  package static let cacheBytesDefault = 40 << 20
  /// No writer makes longer chains; a longer one is damage or malice.
  static let chainLengthMax = 512

  private let index: RepositoryIndex
  private let store: any ObjectStore
  /// How the repository names chunks.
  package let naming: ChunkNaming
  private let refresh: @Sendable () throws -> Set<PackID>
  private let mend: @Sendable () throws -> Bool
  private let leftOut: @Sendable (ChunkID) throws -> [ChunkLocation]
  private let cache: Mutex<DecodedFrameCache>
  private let windows = Mutex(PackWindows())
  private let idleTools = Mutex<[WorkerToolsBox]>([])
  private let decodedFrames = Atomic<Int>(0)
  private let hashedChunks = Atomic<Int>(0)

  /// - Parameters:
  ///   - refresh: brings the index up to date with the store, and tells which packs that had before; called when one that the index names is gone, again
  ///     for as long as others are there each time.
  ///   - mend: compares the index with the packs, and tells whether it was wrong and is not any more; called when a chunk
  ///     cannot be read where the index says.
  ///   - leftOut: where else a chunk may stand: in frames that the index leaves out, since a part of them is damaged.
  init(
    index: RepositoryIndex, store: any ObjectStore, naming: ChunkNaming,
    cacheBytes: Int = ChunkReader.cacheBytesDefault,
    refresh: @escaping @Sendable () throws -> Set<PackID>, mend: @escaping @Sendable () throws -> Bool = { false },
    leftOut: @escaping @Sendable (ChunkID) throws -> [ChunkLocation] = { _ in [] }
  ) {
    self.index = index
    self.store = store
    self.naming = naming
    self.refresh = refresh
    self.mend = mend
    self.leftOut = leftOut
    cache = Mutex(DecodedFrameCache(capacityBytes: cacheBytes))
  }

  /// Frames decoded so far: what tests count instead of seconds.
  package var decodedFrameCount: Int { decodedFrames.load(ordering: .relaxed) }

  /// Chunks hashed so far: what tests count, too.
  var hashedChunkCount: Int { hashedChunks.load(ordering: .relaxed) }

  /// The plaintext of a chunk.
  ///
  /// - Throws: `ChunkFault`, or the store's error when its pack cannot be read.
  package func bytes(of id: ChunkID) throws -> ArraySlice<UInt8> {
    try withTools { try chunk(id, $0).bytes }
  }

  /// The copy of a chunk that stands in one pack: what a check reads.
  func bytes(of id: ChunkID, in pack: PackID) throws -> ArraySlice<UInt8> {
    try withTools { tools in
      for location in try index.locate(id) where location.pack == pack {
        return try chunk(id, at: location, tools).bytes
      }
      throw ChunkFault.missing(id)
    }
  }

  /// The copy of a chunk that stands in one place, be that known to the index or not; what it stands on is looked up.
  func bytes(of id: ChunkID, at location: ChunkLocation) throws -> ArraySlice<UInt8> {
    try withTools { try chunk(id, at: location, $0).bytes }
  }

  package func bytes(of chunk: ChunkReference) throws -> ArraySlice<UInt8> {
    let bytes = try bytes(of: chunk.id)
    guard bytes.count == chunk.length else { throw ChunkFault.missing(chunk.id) }
    return bytes
  }

  /// The chunks that make a file's data, in order; reads the list's own chunks where the list is indirect.
  package func chunks(of content: FileContent) throws -> [ChunkReference] {
    switch content {
    case .inline(let chunks): return chunks
    case .indirect(let lists): return try lists.flatMap { try ChunkList.decode(bytes(of: $0)) }
    }
  }

  /// Calls `body` with the chunks that a file's data names, those of a list once however often the file has it.
  ///
  /// Memory: one list, whatever the entry claims.
  ///
  /// - Returns: bytes of all of them, those of a list as often as the file has it.
  @discardableResult
  func forEachChunk(of content: FileContent, _ body: (ChunkReference) throws -> Void) throws -> UInt64 {
    func sum(_ chunks: [ChunkReference]) throws -> UInt64 {
      try chunks.reduce(0) { sum, chunk in
        try body(chunk)
        return saturatingSum(sum, UInt64(chunk.length))
      }
    }
    guard case .indirect(let lists) = content else { return try sum(chunks(of: content)) }
    let counts = Dictionary(lists.map { ($0, UInt64(1)) }, uniquingKeysWith: +)
    return try counts.sorted { $0.key.id < $1.key.id }.reduce(0) { total, list in
      let (bytes, overflows) = try sum(chunks(of: .indirect(lists: [list.key]))).multipliedReportingOverflow(
        by: list.value)
      return overflows ? .max : saturatingSum(total, bytes)
    }
  }

  typealias FoundChunk = (bytes: ArraySlice<UInt8>, frame: DecodedFrame, key: FrameKey)

  /// A way down a chain of bases.
  private struct Descent {
    var depth = 0
    /// Whether all on the way is hashed, to tell what is damaged and to pass it over where there is another copy.
    var hashesBases: Bool

    var hashesThis: Bool { depth == 0 || hashesBases }
    var next: Self { Descent(depth: depth + 1, hashesBases: hashesBases) }
  }

  func chunk(_ id: ChunkID, _ tools: WorkerTools) throws -> FoundChunk {
    do {
      return try refreshedChunk(id, tools)
    } catch let error where error is ChunkFault || (error as? IndexError)?.callsForRebuild == true {
      // The index may be what is wrong: it is derived, and no reason to lose a file.
      if try mend() { return try chunk(id, among: index.locate(id), tools) }
      for location in try leftOut(id) {
        if let found = try? chunk(id, at: location, tools) { return found }
      }
      throw error
    }
  }

  private func refreshedChunk(_ id: ChunkID, _ tools: WorkerTools) throws -> FoundChunk {
    var packs: Set<PackID>?
    while true {
      do {
        return try chunk(id, among: index.locate(id), tools)
      } catch ChunkFault.missing(let missing) {
        // Collectors may have moved it since the index was read, and moved it again since then (protocol.md, "Readers").
        let found = try refresh()
        if found == packs { throw ChunkFault.missing(missing) }
        packs = found
      }
    }
  }

  /// Tries every copy; a damaged one is forgiven when another is whole.
  private func chunk(_ id: ChunkID, among locations: [ChunkLocation], _ tools: WorkerTools) throws -> FoundChunk {
    var fault: any Error = ChunkFault.missing(id)
    for location in locations {
      do {
        return try chunk(id, at: location, tools)
      } catch ObjectStoreError.missing {
        continue
      } catch {
        fault = error
      }
    }
    throw fault
  }

  private func chunk(_ id: ChunkID, at location: ChunkLocation, _ tools: WorkerTools) throws -> FoundChunk {
    do {
      return try chunk(id, at: location, Descent(hashesBases: false), tools)
    } catch ChunkFault.damaged {
      return try chunk(id, at: location, Descent(hashesBases: true), tools)
    }
  }

  private func chunk(
    _ id: ChunkID, at location: ChunkLocation, _ descent: Descent, _ tools: WorkerTools
  ) throws -> FoundChunk {
    let key = FrameKey(pack: location.pack, offset: location.frameOffset)
    let cached = cache.withLock { $0.frame(at: key) }
      .flatMap { descent.hashesBases && !$0.isVerified(location.ordinal, as: id) ? nil : $0 }
    var frame = try cached ?? decode(location, for: id, descent, tools)
    guard let bytes = frame.chunk(location.ordinal) else {
      throw ChunkFault.damaged(id, pack: location.pack, reason: "the frame holds too few chunks")
    }
    let mustHash = descent.hashesThis && !frame.isVerified(location.ordinal, as: id)
    if mustHash {
      hashedChunks.add(1, ordering: .relaxed)
      guard tools.hasher.id(of: bytes) == id else {
        throw ChunkFault.damaged(id, pack: location.pack, reason: "its hash does not fit")
      }
      frame.verified[location.ordinal] = id
    }
    if cached == nil || mustHash { cache.withLock { $0.insert(frame, at: key) } }
    return (bytes, frame, key)
  }

  private func decode(
    _ location: ChunkLocation, for id: ChunkID, _ descent: Descent, _ tools: WorkerTools
  ) throws -> DecodedFrame {
    guard descent.depth < Self.chainLengthMax else {
      throw ChunkFault.damaged(id, pack: location.pack, reason: "its chain of bases does not end")
    }
    do {
      let stored = try storedFrame(at: location)
      let header = try FrameHeader(decoding: stored)
      var base = BaseText()
      var bases: [ChunkReference] = []
      for (prefix, candidates) in zip(header.bases, try index.locate(header.bases)) {
        let (reference, found) = try baseChunk(prefix, among: candidates, descent.next, tools)
        base.append(found.bytes, of: found.frame, at: found.key)
        bases.append(reference)
      }
      let bytes = try tools.decoder.decode(
        header, payload: stored.dropFirst(header.headerLength), prefix: base.bytes)
      let number = decodedFrames.add(1, ordering: .relaxed).newValue
      var starts = [0]
      for length in header.chunkLengths { starts.append(starts[starts.count - 1] + length) }
      var closure = base.closure
      closure[FrameKey(pack: location.pack, offset: location.frameOffset)] = header.rawLength
      return DecodedFrame(
        number: number, bytes: bytes, chunkStarts: starts,
        verified: Array(repeating: nil, count: header.chunkLengths.count),
        depth: header.bases.isEmpty ? 0 : base.depth + 1, closure: closure, bases: bases,
        storedByteCount: stored.count)
    } catch let error as PackingError {
      throw ChunkFault.damaged(id, pack: location.pack, reason: error.description)
    }
  }

  private func storedFrame(at location: ChunkLocation) throws -> ArraySlice<UInt8> {
    let start = location.frameOffset
    let frame = start..<start + UInt64(location.frameLength)
    let windowEnd = min(start + UInt64(PackWindows.windowBytesMax), location.framesEnd)
    guard frame.upperBound <= windowEnd else { return try store.read(.pack(location.pack), range: frame)[...] }
    if let stored = windows.withLock({ $0.bytes(of: location.pack, frame) }) { return stored }
    do {
      let window = try store.read(.pack(location.pack), range: start..<windowEnd)
      windows.withLock { $0.insert(window, of: location.pack, at: start) }
      return window.prefix(location.frameLength)
    } catch ObjectStoreError.truncated, ObjectStoreError.inputOutput, is PackingError {
      // What cannot be read may lie behind the frame.
      return try store.read(.pack(location.pack), range: frame)[...]
    }
  }

  /// The chunk that a prefix means: with more than one candidate the frame's own hash check tells, so any that reads
  /// will do unless it leads to a wrong result; then that frame is reported as damaged.
  private func baseChunk(
    _ prefix: ChunkIDPrefix, among candidates: [(ChunkID, ChunkLocation)], _ descent: Descent, _ tools: WorkerTools
  ) throws -> (ChunkReference, FoundChunk) {
    var candidates = candidates
    if candidates.isEmpty {
      _ = try refresh()
      candidates = try index.locate(prefix)
    }
    var fault: any Error = ChunkFault.missing(prefix.idRange.lowerBound)
    for (id, location) in candidates {
      do {
        let found = try chunk(id, at: location, descent, tools)
        return (ChunkReference(id: id, length: found.bytes.count), found)
      } catch {
        fault = error
      }
    }
    throw fault
  }

  func withTools<R>(_ body: (WorkerTools) throws -> R) throws -> R {
    let box = idleTools.withLock { $0.popLast() } ?? WorkerToolsBox(naming)
    defer { idleTools.withLock { $0.append(box) } }
    return try body(box.tools)
  }
}

/// Hands one thread's tools from thread to thread; only ever used by whoever took it out of the idle list.
private final class WorkerToolsBox: @unchecked Sendable {
  let tools: WorkerTools

  init(_ naming: ChunkNaming) { tools = WorkerTools(naming: naming) }
}
