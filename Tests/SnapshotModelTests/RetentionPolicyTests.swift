import SnapshotModel
import Testing

struct RetentionPolicyTests {
  private let now = Timestamp(seconds: 1_795_268_635)  // 2026-11-21T13:43:55Z, a Saturday

  private func candidate(
    _ at: Int, _ created: String, tags: [String] = [], holds: [String] = [], isSuspect: Bool = false, offset: Int32 = 0
  ) throws -> RetentionCandidate {
    RetentionCandidate(
      id: try #require(SnapshotID(bytes: Array(repeating: UInt8(at), count: 16))), version: "v\(at)",
      created: try #require(Timestamp(rfc3339: created)), utcOffsetSeconds: offset, tags: tags, holds: holds,
      isSuspect: isSuspect)
  }

  private func candidates(_ created: [String], suspects: Set<Int> = []) throws -> [RetentionCandidate] {
    try created.enumerated().map { try candidate($0, $1, isSuspect: suspects.contains($0)) }
  }

  private func policy(_ change: (inout RetentionPolicy) -> Void) -> RetentionPolicy {
    var policy = RetentionPolicy()
    change(&policy)
    return policy
  }

  private func reasons(_ policy: RetentionPolicy, _ snapshots: [RetentionCandidate]) throws -> [[String]] {
    let decisions = try policy.decide(snapshots: snapshots, now: now)
    #expect(decisions.map(\.id) == snapshots.map(\.id))
    #expect(decisions.allSatisfy { $0.keep == !$0.reasons.isEmpty })
    return decisions.map(\.reasons)
  }

  @Test func `an empty policy is refused`() throws {
    let fault = SnapFault(.usage, "refusing to forget every snapshot; give an id or a --keep rule")
    for policy in [RetentionPolicy(), policy { $0.keepWithin = CalendarDuration() }, policy { $0.keepDaily = -1 }] {
      #expect(policy.isEmpty)
      #expect(throws: fault) { try policy.decide(snapshots: [], now: now) }
    }
  }

  @Test func `a policy that keeps nothing at all is refused`() throws {
    let snapshots = try candidates(["2026-11-01T00:00:00Z"])
    #expect(throws: SnapFault.self) { try policy { $0.keepTags = ["x"] }.decide(snapshots: snapshots, now: now) }
    #expect(try policy { $0.keepTags = ["x"] }.decide(snapshots: [], now: now).isEmpty)
  }

  @Test func `the last are the newest, whatever their order`() throws {
    let snapshots = try candidates([
      "2026-11-02T00:00:00Z", "2026-11-05T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-04T00:00:00Z",
    ])
    #expect(
      try reasons(policy { $0.keepLast = 3 }, snapshots) == [["last 3 of 3"], ["last 1 of 3"], [], ["last 2 of 3"]])
    #expect(try reasons(policy { $0.keepLast = .max }, snapshots)[2] == ["last 4"])
  }

  @Test func `the newest of each period is kept, and empty periods do not count`() throws {
    let snapshots = try candidates([
      "2026-11-21T12:59:00Z", "2026-11-21T12:00:00Z", "2026-11-20T23:59:59Z", "2026-11-16T00:00:00Z",
      "2026-11-15T23:59:59Z", "2026-10-31T00:00:00Z", "2025-12-31T00:00:00Z", "2024-06-01T00:00:00Z",
    ])
    #expect(
      try reasons(policy { $0.keepDaily = 3 }, snapshots)
        == [["daily 2026-11-21"], [], ["daily 2026-11-20"], ["daily 2026-11-16"], [], [], [], []])
    #expect(
      try reasons(policy { $0.keepWeekly = 2 }, snapshots)
        == [["weekly 2026-W47"], [], [], [], ["weekly 2026-W46"], [], [], []])
    #expect(
      try reasons(policy { $0.keepMonthly = 3 }, snapshots)
        == [["monthly 2026-11"], [], [], [], [], ["monthly 2026-10"], ["monthly 2025-12"], []])
    #expect(
      try reasons(policy { $0.keepYearly = 9 }, snapshots)
        == [["yearly 2026"], [], [], [], [], [], ["yearly 2025"], ["yearly 2024"]])
    #expect(
      try reasons(policy { $0.keepHourly = 2 }, snapshots)
        == [["hourly 2026-11-21 12:00"], [], ["hourly 2026-11-20 23:00"], [], [], [], [], []])
  }

  @Test func `one rule suffices and every reason is listed`() throws {
    let snapshots = try candidates(["2026-11-21T12:00:00Z", "2026-11-20T12:00:00Z", "2026-11-19T12:00:00Z"])
    let policy = policy {
      $0.keepLast = 1
      $0.keepDaily = 2
      $0.keepWithin = CalendarDuration(days: 1)
    }
    #expect(
      try reasons(policy, snapshots)
        == [["last 1 of 1", "daily 2026-11-21", "within 1d"], ["daily 2026-11-20", "within 1d"], []])
  }

  @Test func `days are those of the clock where a snapshot was saved`() throws {
    let snapshots = [
      try candidate(1, "2026-11-20T22:30:00Z", offset: 7200), try candidate(2, "2026-11-20T21:30:00Z", offset: 7200),
      try candidate(3, "2026-11-20T20:30:00Z"),
    ]
    #expect(
      try reasons(policy { $0.keepDaily = 9 }, snapshots) == [["daily 2026-11-21"], ["daily 2026-11-20"], []])
  }

  @Test func `within counts back from the newest, so that a project at rest keeps it`() throws {
    let snapshots = try candidates([
      "2020-03-31T00:00:00Z", "2020-03-01T00:00:00Z", "2020-02-29T00:00:00Z", "2020-02-28T23:59:59Z",
    ])
    let kept = ["within 1m"]
    #expect(try reasons(policy { $0.keepWithin = CalendarDuration("1m") }, snapshots) == [kept, kept, kept, []])
  }

  @Test func `held, tagged and future snapshots stay`() throws {
    let snapshots = [
      try candidate(1, "2027-01-01T00:00:00Z"), try candidate(2, "2026-11-03T00:00:00Z"),
      try candidate(3, "2026-11-02T00:00:00Z", holds: ["legal", "audit"]),
      try candidate(4, "2026-11-01T00:00:00Z", tags: ["x", "prod"]),
      try candidate(5, "2026-10-01T00:00:00Z", tags: ["x"]),
    ]
    let policy = policy {
      $0.keepLast = 1
      $0.keepTags = ["prod"]
    }
    #expect(
      try reasons(policy, snapshots)
        == [["future"], ["last 1 of 1"], ["hold 'audit'", "hold 'legal'"], ["tag 'prod'"], []])
  }

  @Test func `a suspect stands back for a trusted one of its period`() throws {
    let snapshots = try candidates(
      ["2026-11-20T12:00:00Z", "2026-11-20T11:00:00Z", "2026-11-19T11:00:00Z"], suspects: [0])
    #expect(
      try reasons(policy { $0.keepDaily = 2 }, snapshots) == [[], ["daily 2026-11-20"], ["daily 2026-11-19"]])
  }

  @Test func `suspects never push out the last good ones`() throws {
    let snapshots = try candidates(
      ["2026-11-20T12:00:00Z", "2026-11-19T12:00:00Z", "2026-11-18T12:00:00Z", "2026-11-17T12:00:00Z"],
      suspects: [0, 1])
    #expect(
      try reasons(policy { $0.keepLast = 1 }, snapshots) == [["last 1 of 1"], [], ["last 1 of 1"], []])
    #expect(
      try reasons(policy { $0.keepDaily = 1 }, snapshots) == [["daily 2026-11-20"], [], ["daily 2026-11-18"], []])
    let week = ["within 1d"]
    #expect(
      try reasons(policy { $0.keepWithin = CalendarDuration(days: 1) }, snapshots) == [week, week, week, week])
  }

  @Test func `two of the same moment are told apart by id`() throws {
    let snapshots = try candidates(["2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"])
    #expect(try reasons(policy { $0.keepLast = 1 }, snapshots) == [[], ["last 1 of 1"]])
  }

  @Test func `a snapshot from the ends of time does not trap`() throws {
    var snapshots = try candidates(["2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"])
    snapshots[0].created.seconds = .min
    snapshots[1].created.seconds = .max
    let policy = policy {
      $0.keepWeekly = 5
      $0.keepWithin = CalendarDuration(years: 1_000_000)
    }
    #expect(try reasons(policy, snapshots).allSatisfy { !$0.isEmpty })
    #expect(!(try policy.decide(snapshots: [snapshots[0]], now: now)).isEmpty)
  }
}
