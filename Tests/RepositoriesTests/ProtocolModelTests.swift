import ProtocolModel
import Testing

/// The save and collection protocol as a model: one saver, two collectors, a reaper and somebody who forgets, each of
/// which may stop after any step.
///
/// - SeeAlso: docs/format/protocol.md
struct ProtocolModelTests {
  @Test func `no order of steps loses a chunk that a version needs`() {
    let search = ModelSearch()
    print("protocol model: \(search.stateCount) states")
    #expect(!search.losesData)
    #expect(search.stateCount > 100_000)
  }

  @Test(arguments: BrokenVariant.allCases) func `each way to break the protocol is found`(_ variant: BrokenVariant) {
    #expect(ModelSearch(variant).losesData)
  }
}
