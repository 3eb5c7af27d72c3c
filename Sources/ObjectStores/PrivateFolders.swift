import Glibc

/// Makes the folders of a path that are missing, for their owner alone.
///
/// What cannot be made, whoever uses it finds out.
package func makePrivateFolders(_ path: [UInt8]) {
  let ends = path.indices.filter { path[$0] == UInt8(ascii: "/") && $0 > 0 } + [path.count]
  for end in ends {
    let folder = path[..<end].map { CChar(bitPattern: $0) } + [0]
    _ = unsafe mkdir(folder, 0o700)
  }
}
