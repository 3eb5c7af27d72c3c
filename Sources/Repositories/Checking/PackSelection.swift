import Packing
import SnapshotModel

/// Which packs a check reads: where it is given less than all, those first that were read longest ago.
struct PackSelection {
  private let options: VerifyOptions
  private let readTimes: [PackID: Timestamp]

  init(_ options: VerifyOptions, _ repository: Repository) throws {
    self.options = options
    readTimes = try repository.packReadTimes()
  }

  func choose(from packs: [PackDirectory]) -> [PackDirectory] {
    switch options.readData {
    case .none: []
    case .all: options.maxDurationSeconds == nil ? packs : longestAgoFirst(packs)
    case .packs(let wanted): packs.filter { wanted.contains($0.pack) }
    case .part(let part, let count): packs.enumerated().filter { $0.offset % count == part - 1 }.map(\.element)
    case .percent(let percent):
      Array(longestAgoFirst(packs).prefix(Int((Double(packs.count) * percent / 100).rounded(.up))))
    case .bytes(let limit): prefix(of: longestAgoFirst(packs), bytes: limit)
    }
  }

  private func longestAgoFirst(_ packs: [PackDirectory]) -> [PackDirectory] {
    packs.map { (read: readTimes[$0.pack] ?? Timestamp(seconds: .min), pack: $0) }
      .sorted { ($0.read, $0.pack.pack) < ($1.read, $1.pack.pack) }.map(\.pack)
  }

  private func prefix(of packs: [PackDirectory], bytes: UInt64) -> [PackDirectory] {
    var sum: UInt64 = 0
    return Array(
      packs.prefix { pack in
        defer { sum += pack.byteCount }
        return sum < bytes
      })
  }
}
