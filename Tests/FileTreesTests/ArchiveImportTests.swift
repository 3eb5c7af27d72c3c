import Glibc
import SnapshotModel
import TestSupport
import Testing

@testable import FileTrees
@testable import Repositories

struct ArchiveImportTests {
  let fixture: ArchiveFixture
  let scratch: ScratchFolder

  init() throws {
    fixture = try ArchiveFixture()
    scratch = ScratchFolder()
  }

  private func request(_ path: String, _ version: String = "v1", form: ImportRequest.Form = .tar) -> ImportRequest {
    ImportRequest(
      archive: Array(path.utf8), form: form, version: version, time: Timestamp(seconds: 1_600_000_000), host: "host",
      user: "user", root: Array("/project".utf8))
  }

  private func save(_ request: ImportRequest) throws -> Snapshot {
    try ArchiveImporter.save(request, to: fixture.repository, events: fixture.events).snapshot
  }

  /// The members, of which a reader only sees what a hostile program has written.
  private func archive(_ members: [(TarHeader.Kind, path: String, target: String)]) -> String {
    var bytes: [UInt8] = []
    for (kind, path, target) in members {
      var header = TarHeader(kind)
      header.setPath(Array(path.utf8))
      header.setLinkTarget(Array(target.utf8))
      header.setMetadata(FileMetadata(mode: 0o644, owner: .init(userID: 0, groupID: 0), modified: .init(seconds: 1)))
      header.setSize(0)
      bytes += header.encoded()
    }
    let path = scratch / "made.tar"
    StoreTestFolder.write(bytes + [UInt8](repeating: 0, count: 1024), to: path)
    return path
  }

  private func makeTree() -> String {
    let source = scratch / "source"
    let deep = (0..<4).map { "level-\($0)-" + String(repeating: "x", count: 36) }.joined(separator: "/")
    shell(
      """
      mkdir -p '\(source)/a/\(deep)' '\(source)/empty' && cd '\(source)' && echo one > a/one && : > none && mkfifo fifo
      head -c 2100001 /dev/urandom > a/large && ln a/one a/linked && ln -s ../one a/link && echo deep > a/\(deep)/file
      printf x > "$(printf 'odd\\377 name')" && ln a/\(deep)/file zz; chmod 0751 a; chmod 0750 a/one
      truncate -s 900K sparse && printf data | dd of=sparse bs=1 seek=524288 conv=notrunc 2>/dev/null
      [ $(id -u) = 0 ] && chown 30000:25000 a/large; find . -depth -exec touch -h -d '2020-01-01 00:00:01' {} +
      """)
    return source
  }

  @Test(arguments: ["--format=ustar", "--format=gnu", "--format=gnu --sparse", "--format=pax --sparse", "--format=v7"])
  func `what GNU tar packs comes back as it was`(options: String) throws {
    let source = makeTree()
    // v7 has no fifos, and names of up to 99 bytes.
    if options.hasSuffix("v7") { shell("cd '\(source)' && rm -r fifo zz a/level*; touch -d '2020-01-01 00:00:01' . a") }
    // The hole of a file that is not packed as sparse is written as zeros.
    shell("cd '\(source)' && tar -c \(options) -f '\(scratch / "x.tar")' . 2>&1")
    let snapshot = try save(request(scratch / "x.tar"))
    let target = try fixture.restore(snapshot, to: "out")
    #expect(describe(target) == describe(source))
    let sparse = try #require(try fixture.entries(snapshot).first { $0.path.description == "sparse" })
    #expect((sparse.dataExtents != nil) == options.contains("sparse"))
    let difference = try ArchiveImporter.firstDifference(
      of: request(scratch / "x.tar"), from: snapshot, in: fixture.repository, events: fixture.events)
    #expect(difference == nil)
  }

  @Test(arguments: ["tar", "tar.gz", "tar.zst"])
  func `what export wrote comes back as it was, to the nanosecond and the attribute`(format: String) throws {
    let source = makeTree()
    shell("cd '\(source)' && setfattr -n user.note -v hello a/one; touch -d '2106-02-07 06:28:17.000000001' a/one")
    let content = MemoryContent()
    let plain = MemorySink()
    let sink: any ByteSink =
      switch format {
      case "tar.gz": try GzipSink(to: plain)
      case "tar.zst": try ZstdSink(to: plain)
      default: plain
      }
    let writer = TarWriter(to: sink, content: content)
    for entry in entries(of: source, content) { try writer.append(entry) }
    _ = try writer.finish()
    StoreTestFolder.write(plain.bytes, to: scratch / "x")
    let target = try fixture.restore(try save(request(scratch / "x")), to: "out")
    #expect(describe(target) == describe(source))
  }

  @Test func `an archive that is cut short anywhere is refused, and nothing of it is saved`() throws {
    shell("cd '\(scratch.path)' && mkdir s && echo one >s/one && seq 99 >s/two && touch -d @1600000000 s/* s")
    let content = MemoryContent()
    let plain = MemorySink()
    let writer = TarWriter(to: plain, content: content)
    for entry in entries(of: scratch / "s", content) { try writer.append(entry) }
    _ = try writer.finish()
    StoreTestFolder.write(plain.bytes, to: scratch / "x.tar")
    shell("cd '\(scratch.path)' && gzip -kn x.tar")
    let zstd = MemorySink()
    let compressor = try ZstdSink(to: zstd)
    try compressor.write(plain.bytes[...])
    try compressor.finish()
    for bytes in [plain.bytes, contents(of: scratch / "x.tar.gz"), zstd.bytes] {
      // Of the plain one, which is mostly padding, a part of the places.
      for count in bytes.indices where bytes.count < 2000 || count % 16 == 3 || count % 512 == 0 {
        StoreTestFolder.write(Array(bytes[..<count]), to: scratch / "cut")
        #expect(throws: ArchiveFault.self, "\(count) of \(bytes.count)") { try rows(scratch / "cut") }
      }
      StoreTestFolder.write(bytes, to: scratch / "cut")
      #expect(try rows(scratch / "cut") == 3)
    }
    StoreTestFolder.write(Array(plain.bytes.dropLast(1024)), to: scratch / "cut")
    #expect(throws: ArchiveFault.self) { try save(request(scratch / "cut")) }
    #expect(try fixture.repository.snapshots().isEmpty)
  }

  @Test(arguments: ["gz", "zst"]) func `a compressed archive with a flipped bit is refused or is the same`(
    ending: String
  ) throws {
    shell("cd '\(scratch.path)' && mkdir s && seq 5000 >s/one && seq 99 >s/two && tar cf x.tar s && gzip -kn x.tar")
    let zstd = MemorySink()
    let compressor = try ZstdSink(to: zstd)
    try compressor.write(contents(of: scratch / "x.tar")[...])
    try compressor.finish()
    let whole = ending == "gz" ? contents(of: scratch / "x.tar.gz") : zstd.bytes
    let saved = try save(request(scratch / "x.tar"))
    var generator = SeededGenerator(seed: 20_261_121)
    var refused = 0
    for _ in 0..<300 {
      var bytes = whole
      bytes[Int.random(in: bytes.indices, using: &generator)] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
      StoreTestFolder.write(bytes, to: scratch / "flipped")
      do {
        let difference = try ArchiveImporter.firstDifference(
          of: request(scratch / "flipped"), from: saved, in: fixture.repository, events: fixture.events)
        #expect(difference == nil)
      } catch is ArchiveFault {
        refused += 1
      }
    }
    #expect(refused > 200, "most bits are covered by a checksum")
  }

  @Test func `a plain archive with flipped bits ends in a version or in a refusal`() throws {
    shell("cd '\(scratch.path)' && mkdir s && seq 50 >s/one && ln -s one s/l && tar cf x.tar --format=pax s")
    let whole = contents(of: scratch / "x.tar")
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<400 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: 0..<5120, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      StoreTestFolder.write(bytes, to: scratch / "flipped")
      do {
        #expect(try rows(scratch / "flipped") > 0)
      } catch is ArchiveFault {
        continue
      }
    }
  }

  @Test func `paths that lead out are refused`() throws {
    let hostile: [[(TarHeader.Kind, path: String, target: String)]] = [
      [(.file, "/etc/passwd", "")], [(.file, "../x", "")], [(.file, "a/../../x", "")], [(.folder, "a/..", "")],
      [(.symbolicLink, "l", "/tmp"), (.file, "l/x", "")], [(.file, "f", ""), (.file, "f/x", "")],
      [(.folder, "d", ""), (.file, "d/x", ""), (.symbolicLink, "d", "/tmp")], [(.file, ".", "")],
      [(.folder, "d", ""), (.hardLink, "h", "d")], [(.file, "f", ""), (.hardLink, "h", "/etc/passwd")],
    ]
    for members in hostile {
      #expect(throws: ArchiveFault.self, "\(members)") { try save(request(archive(members))) }
    }
    #expect(throws: ArchiveFault.damaged("'h' is a hard link to 'f', which is not before it")) {
      try save(request(archive([(.hardLink, "h", "f"), (.file, "f", "")])))
    }
    #expect(try fixture.repository.snapshots().isEmpty)
  }

  @Test(arguments: [String(repeating: "x/", count: 513), String(repeating: "x", count: 9000)])
  func `a path longer or deeper than any file system has is refused`(path: String) throws {
    #expect(throws: ArchiveFault.self) { try save(request(archive([(.file, path, "")]))) }
    #expect(try fixture.repository.snapshots().isEmpty)
  }

  @Test func `what no version can hold is the archive's fault`() throws {
    let target = String(repeating: "x", count: 70_000)
    #expect(throws: ArchiveFault.self) { try save(request(archive([(.symbolicLink, "l", target)]))) }
    #expect(try fixture.repository.snapshots().isEmpty)
  }

  @Test func `a member that comes twice is the later one, and links stay with what they were made of`() throws {
    shell(
      """
      cd '\(scratch.path)' && mkdir s && cd s && echo one >f && tar cf ../x.tar f && ln f h && tar rf ../x.tar f h \
      && rm f && echo two >f && tar rf ../x.tar f
      """)
    let snapshot = try save(request(scratch / "x.tar"))
    let target = try fixture.restore(snapshot, to: "out")
    #expect(shell("cd '\(target)'; cat f h; stat -c %h f") == "two\none\n1\n")
  }

  @Test func `an export finds its previous version, compressed or not`() throws {
    shell("cd '\(scratch.path)' && seq 100000 >a.json && sed 's/^5000$/x/' a.json >b.json && gzip b.json")
    let name = try #require(ArchivePath("backup.json"))
    _ = try save(request(scratch / "a.json", "one", form: .file(name)))
    let second = try save(request(scratch / "b.json.gz", "two", form: .file(name)))
    #expect(second.statistics.bytesStored < 4096)
    #expect(try fixture.bytes("backup.json", in: second) == Array(shell("zcat '\(scratch / "b.json.gz")'").utf8))
  }

  @Test func `what differs from the version is named`() throws {
    shell(
      """
      cd '\(scratch.path)' && mkdir s && echo one >s/f && tar cf x.tar s && echo more >s/g && tar cf more.tar s \
      && rm s/g && echo two >s/f && tar cf changed.tar s && rm s/f && ln -s x s/f && tar cf link.tar s \
      && rm s/f && tar cf less.tar s
      """)
    let saved = try save(request(scratch / "x.tar"))
    func difference(_ name: String) throws -> String? {
      try ArchiveImporter.firstDifference(
        of: request(scratch / name), from: saved, in: fixture.repository, events: fixture.events)
    }
    #expect(try difference("x.tar") == nil)
    #expect(try difference("changed.tar") == "the content of 's/f' differs")
    #expect(try difference("link.tar") == "the kind of 's/f' differs")
    #expect(try difference("more.tar") == "the version lacks 's/g'")
    #expect(try difference("less.tar") == "the archive lacks 's/f'")
  }

  /// How many entries an archive comes to.
  private func rows(_ path: String) throws -> Int {
    let request = request(path)
    let owners = OwnerNames()
    let reader = try request.open(owners)
    var tree = ImportedTree<Int>(stripComponents: 0)
    while let member = try reader.next() {
      guard member.kind == .node(.file), let path = try tree.path(of: member) else {
        try tree.add(member)
        continue
      }
      var extents = MemberExtents(size: member.size)
      try reader.readContent { offset, bytes in try extents.add(offset: offset, count: bytes.count) }
      tree.add(file: ManifestEntry(path: path, kind: .file, metadata: member.metadata), content: 0)
    }
    return try tree.rows(folder: request.folderMetadata(owners)).count
  }
}
