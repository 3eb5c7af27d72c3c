import Glibc

/// The descriptors that this process has open, of this test and of all that run beside it.
package func openDescriptors() -> [Int32] { StoreTestFolder.names("/proc/self/fd").compactMap { Int32($0) } }

/// The paths below `folder` that this process has open.
package func openPaths(below folder: String) -> [String] {
  openDescriptors().compactMap { number in
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = unsafe readlink("/proc/self/fd/\(number)", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.hasPrefix(folder) ? path : nil
  }
}
