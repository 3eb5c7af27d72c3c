/// The kind of a file system: `f_type` of statfs(2), 0 when unknown.
package struct FileSystemType: Hashable, Sendable {
  private let number: UInt64

  package init(_ number: UInt64) { self.number = number }

  package static let xfs = FileSystemType(0x5846_5342)

  /// Whether changes are stamped by this machine's clock, and finer than by the second: ext2/3/4, XFS, Btrfs, tmpfs, F2FS, ZFS and overlayfs.
  ///
  /// Small inodes of ext4 hold whole seconds all the same; their nanoseconds are 0.
  package var keepsPreciseTimes: Bool { Self.precise.contains(number) }

  private static let precise: Set<UInt64> = [
    0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0xF2F5_2010, 0x2FC1_2FC1, 0x794C_7630,
  ]
}
