// swift-tools-version: 6.2
import PackageDescription

// Every import points down this list; `tools/check` refuses the others.
//
//   5  snap            words in, words out
//   4  Workflows       what a project does with versions
//   3  FileTrees       files to chunks and back
//   2  Repositories    save session, reader, collector, verifier, differ
//   1  Packing · Indexing
//   0  SnapshotModel · Chunking · Sealing · ObjectStores · C modules

let package = Package(
  name: "snap",
  products: [.executable(name: "snap", targets: ["snap"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CArchive"),

    .target(name: "SnapshotModel"),
    .target(name: "Chunking"),
    .target(name: "Sealing", dependencies: ["SnapshotModel", "COpenSSL"]),
    .target(name: "ObjectStores", dependencies: ["SnapshotModel", "CLinux"]),

    .target(name: "Packing", dependencies: ["SnapshotModel", "Sealing", "CZstd"]),
    .target(name: "Indexing", dependencies: ["SnapshotModel", "Sealing", "CSQLite"]),

    .target(
      name: "Repositories",
      dependencies: ["SnapshotModel", "Chunking", "Sealing", "ObjectStores", "Packing", "Indexing"]),
    .target(
      name: "FileTrees",
      dependencies: [
        "SnapshotModel", "Chunking", "Sealing", "ObjectStores", "Repositories", "CLinux", "CZlib", "CZstd",
        "CArchive",
      ]),
    .target(
      name: "Workflows",
      dependencies: [
        "SnapshotModel", "Sealing", "ObjectStores", "Repositories", "FileTrees", "CLinux", "CYAML", "CSQLite",
      ]),
    .executableTarget(
      name: "snap",
      dependencies: [
        "SnapshotModel", "Sealing", "ObjectStores", "Packing", "Repositories", "FileTrees", "Workflows", "CLinux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "SnapshotModel", "Chunking", "Sealing", "Packing", "Indexing", "FileTrees",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks"),

    .target(name: "TestSupport", dependencies: ["SnapshotModel", "ObjectStores", "CLinux"], path: "Tests/TestSupport"),
    // Millions of states: always optimised.
    .target(
      name: "ProtocolModel", path: "Tests/ProtocolModel",
      swiftSettings: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    .testTarget(name: "SnapshotModelTests", dependencies: ["SnapshotModel", "TestSupport"]),
    .testTarget(name: "ChunkingTests", dependencies: ["Chunking", "TestSupport"]),
    .testTarget(name: "SealingTests", dependencies: ["Sealing", "TestSupport"]),
    .testTarget(name: "ObjectStoresTests", dependencies: ["ObjectStores", "TestSupport"]),
    .testTarget(name: "PackingTests", dependencies: ["Packing", "TestSupport"]),
    .testTarget(name: "IndexingTests", dependencies: ["Indexing", "TestSupport"]),
    .testTarget(name: "RepositoriesTests", dependencies: ["Repositories", "TestSupport", "ProtocolModel"]),
    .testTarget(name: "FileTreesTests", dependencies: ["FileTrees", "TestSupport"]),
    .testTarget(name: "WorkflowsTests", dependencies: ["SnapshotModel", "Workflows", "TestSupport"]),
    .testTarget(name: "SnapTests", dependencies: ["SnapshotModel", "snap", "TestSupport"]),
  ]
)

// Built by tools/fuzz alone, with a sanitizer that brings its own main program.
if Context.environment["SNAP_FUZZ"] != nil {
  package.targets.append(
    .target(
      name: "Parsers", dependencies: ["SnapshotModel", "Sealing", "Packing", "Repositories", "FileTrees", "Workflows"],
      path: "tools/fuzz/Parsers"))
}

for target in package.targets where target.type != .system {
  guard !["CLinux", "CArchive"].contains(target.name) else { continue }
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .swiftLanguageMode(.v6),
      .treatAllWarnings(as: .error),
      .strictMemorySafety(),
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
