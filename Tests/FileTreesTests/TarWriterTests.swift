import Glibc
import SnapshotModel
import Testing

@testable import FileTrees

@Suite struct TarWriterTests {
  let content = MemoryContent()
  let scratch = ScratchFolder()

  private func archive(_ entries: [ManifestEntry], prefix: String = "") throws -> [UInt8] {
    let sink = MemorySink()
    let writer = TarWriter(to: sink, content: content, prefix: Array(prefix.utf8))
    for entry in entries { try writer.append(entry) }
    _ = try writer.finish()
    return sink.bytes
  }

  private func save(_ bytes: [UInt8], _ name: String) throws {
    let descriptor = unsafe open(scratch / name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let sink = DescriptorSink(descriptor: descriptor)
    try sink.write(bytes[...])
    try sink.finish()
  }

  private func makeTree() -> String {
    let source = scratch / "source"
    let deep = (0..<6).map { "level-\($0)-" + String(repeating: "x", count: 40) }.joined(separator: "/")
    shell(
      """
      mkdir -p '\(source)/a/\(deep)' '\(source)/empty' && cd '\(source)' && echo one > a/one && : > none && mkfifo fifo
      head -c 700001 /dev/urandom > a/large && ln a/one a/linked && ln -s ../one a/link && echo deep > a/\(deep)/file
      ln -s \(String(repeating: "t", count: 150)) long-link && printf x > "$(printf 'odd\\377 name')" && ln a/\(deep)/file zz
      setfattr -n user.note -v hello a/one && setfattr -n user.note -v folder a && setfattr -n user.bin -v 0x000aff none
      setfacl -m u:1234:rwx a/large; chmod 0751 a; touch -d '1969-07-20 20:17:40.25' none
      touch -d '2106-02-07 06:28:17.000000001' a/one && touch -h -d '2001-02-03 04:05:06.789' a/link
      truncate -s 20M sparse && printf data | dd of=sparse bs=1 seek=8388608 conv=notrunc 2>/dev/null
      [ $(id -u) = 0 ] && chown 3000000:2500000 a/large && mknod null c 1 3; chmod 4755 a/one
      touch -d '2020-01-01 00:00:01.5' a empty . a/\(deep); true
      """)
    return source
  }

  private func savedTree(_ source: String) -> [ManifestEntry] {
    entries(of: source, content).map { entry in
      guard entry.path.description == "sparse" else { return entry }
      return entry.with {
        $0.dataExtents = [DataExtent(offset: 8_388_608, length: 4)]
        $0.content = .inline([content.add(Array("data".utf8))])
      }
    }
  }

  @Test(arguments: ["tar", "tar.gz", "tar.zst"])
  func `GNU tar extracts an equal tree`(format: String) throws {
    let source = makeTree()
    try save(try archive(savedTree(source)), "plain.tar")
    switch format {
    case "tar.gz": try save(try compressed(contents(of: scratch / "plain.tar")) { try GzipSink(to: $0) }, "out")
    case "tar.zst": try save(try compressed(contents(of: scratch / "plain.tar")) { try ZstdSink(to: $0) }, "out")
    default: shell("cp '\(scratch / "plain.tar")' '\(scratch / "out")'")
    }
    let unpack = format == "tar.gz" ? "gzip -dc" : format == "tar.zst" ? "zstd -dc" : "cat"
    if format == "tar.zst", shell("command -v zstd") == "" { return }
    let errors = shell(
      """
      mkdir '\(scratch / "target")'; \(unpack) '\(scratch / "out")' \
      | tar -x -p --warning=no-timestamp --xattrs --xattrs-include='*' -C '\(scratch / "target")' -f - 2>&1
      """)
    #expect(errors == "")
    #expect(describe(scratch / "target") == describe(source))
    #expect(Int(shell("du -k '\(scratch / "target/sparse")' | cut -f1").dropLast())! < 100)
  }

  @Test func `Python reads every member`() throws {
    let source = makeTree()
    try save(try archive(savedTree(source), prefix: "project-1"), "out.tar")
    let script = """
      import tarfile, os
      t = tarfile.open('\(scratch / "out.tar")')
      for m in t.getmembers():
          name = os.path.relpath(m.name, 'project-1')
          path = os.path.join('\(source)', name)
          s = os.lstat(path)
          assert abs(float(m.mtime) - s.st_mtime) < 1e-6, (name, m.mtime, s.st_mtime)
          assert m.mode == s.st_mode & 0o7777 and m.uid == s.st_uid and m.gid == s.st_gid, name
          if m.issym(): assert m.linkname == os.readlink(path), name
          elif m.isreg(): assert t.extractfile(m).read() == open(path, 'rb').read(), name
      print(len(t.getmembers()))
      """
    let expected = shell("find '\(source)' | wc -l")
    #expect(shell("python3 - <<'EOF' 2>&1\n\(script)\nEOF") == expected)
  }

  @Test func `equal entries give equal bytes, whatever the number of threads`() throws {
    let saved = [ManifestEntry.folder("a"), .file("a/b", String(repeating: "text ", count: 500_000), content)]
    let first = try archive(saved)
    #expect(try archive(saved) == first)
    let one = try compressed(first) { try ZstdSink(to: $0, threadCount: 1) }
    #expect(try compressed(first) { try ZstdSink(to: $0, threadCount: 4) } == one)
    #expect(try compressed(first) { try GzipSink(to: $0) } == compressed(first) { try GzipSink(to: $0) })
  }

  private func compressed(_ bytes: [UInt8], _ make: (MemorySink) throws -> any ByteSink) throws -> [UInt8] {
    let sink = MemorySink()
    let compressor = try make(sink)
    // In odd pieces, as a writer of headers and content does.
    var rest = bytes[...]
    while !rest.isEmpty {
      try compressor.write(rest.prefix(77_777))
      rest = rest.dropFirst(77_777)
    }
    try compressor.finish()
    return sink.bytes
  }

  @Test func `a size that octal cannot say stands in the extended header`() throws {
    // A file of 9 GiB of zeros in 1152 chunks, never held in memory whole.
    final class Counting: ByteSink {
      var head: [UInt8] = []
      var count: UInt64 = 0
      func write(_ bytes: ArraySlice<UInt8>) {
        if head.count < 2048 { head += bytes.prefix(2048) }
        count += UInt64(bytes.count)
      }
      func finish() {}
    }
    let chunk = content.add([UInt8](repeating: 0, count: 8 << 20))
    let big = ManifestEntry.item("big", .file, mode: 0o644).with {
      $0.size = 9 << 30
      $0.content = .indirect(lists: [content.addList(Array(repeating: chunk, count: 1152))])
    }
    let sink = Counting()
    let writer = TarWriter(to: sink, content: content)
    try writer.append(big)
    _ = try writer.finish()
    #expect(String(decoding: sink.head, as: UTF8.self).contains("19 size=\(9 << 30)\n"))
    #expect(sink.count == (9 << 30) + 5 * 512)
  }

  @Test func `a link whose first name is left out carries the content`() throws {
    let saved: [ManifestEntry] = [
      .file("b", "content", content).linked(to: "a"), .file("c", "content", content).linked(to: "a"),
    ]
    try save(try archive(saved), "out.tar")
    shell("mkdir '\(scratch / "t")' && tar -xf '\(scratch / "out.tar")' -C '\(scratch / "t")'")
    #expect(shell("cd '\(scratch / "t")'; cat b; stat -c %h c") == "content2\n")
  }

  @Test func `what cannot be read is noted, and the archive stays whole`() throws {
    let damaged = ManifestEntry.file("a", "damaged", content)
    content.damage(damaged.content.firstChunks[0])
    let lying = ManifestEntry.file("b", "x", content).with { $0.size = .max }
    let saved = [damaged, lying, .item("c", .socket, mode: 0o600), .file("d", "fine", content)]
    let sink = MemorySink()
    let writer = TarWriter(to: sink, content: content)
    for entry in saved { try writer.append(entry) }
    let summary = try writer.finish()
    #expect(summary.damaged.map(\.description) == ["a", "b"] && summary.skippedSockets.map(\.description) == ["c"])
    #expect(summary.members == 2)
    try save(sink.bytes, "out.tar")
    #expect(shell("tar -tf '\(scratch / "out.tar")'; tar -xOf '\(scratch / "out.tar")' d") == "a\nd\nfine")
  }

  @Test(arguments: ["../outside", "b"])
  func `nothing is written below a link, through which whoever unpacks it would write`(target: String) throws {
    let writer = TarWriter(to: MemorySink(), content: content)
    try writer.append(.symbolicLink("a", to: target))
    let refusal = fault { try writer.append(.file("a/file", "evil", content)) }
    #expect(refusal?.code == .refused)
    #expect(refusal?.message == "refused unsafe entry 'a/file' (hostile or damaged snapshot)")
    try writer.append(.folder("b"))
    try writer.append(.file("b/file", "fine", content))
  }

  @Test func `bsdtar lists every member`() throws {
    guard shell("command -v bsdtar") != "" else { return }
    let source = makeTree()
    try save(try archive(savedTree(source)), "out.tar")
    #expect(shell("bsdtar -tf '\(scratch / "out.tar")' | wc -l") == shell("find '\(source)' | wc -l"))
  }
}
