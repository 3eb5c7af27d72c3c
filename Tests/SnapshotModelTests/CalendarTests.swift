import SnapshotModel
import Testing

struct CalendarTests {
  @Test(
    arguments: [
      (0, "1970-01-01", 4), (-1, "1969-12-31", 3), (20_778, "2026-11-21", 6), (11_016, "2000-02-29", 2),
      (-25_510, "1900-02-27", 2), (-25_509, "1900-02-28", 3), (-25_508, "1900-03-01", 4), (-719_162, "0001-01-01", 1),
      (-719_468, "0000-03-01", 3), (2_932_896, "9999-12-31", 5),
    ] as [(Int64, String, Int)]) func `a day has its date and weekday`(days: Int64, text: String, weekday: Int)
  {
    let date = CivilDate(daysSince1970: days)
    #expect(date.description == text)
    #expect(date.daysSince1970 == days)
    #expect(date.weekday == weekday)
  }

  @Test func `days follow one another for eight hundred years`() {
    var previous = CivilDate(daysSince1970: -146_098)
    for days in -146_097...146_097 as ClosedRange<Int64> {
      let date = CivilDate(daysSince1970: days)
      let isNextDay = date.day == previous.day + 1 && date.month == previous.month && date.year == previous.year
      let isNextMonth =
        date.day == 1 && previous.day == CivilDate.dayCount(year: previous.year, month: previous.month)
        && (date.year - previous.year) * 12 + Int64(date.month - previous.month) == 1
      if !(isNextDay || isNextMonth) || date.daysSince1970 != days { Issue.record("\(previous) then \(date)") }
      previous = date
    }
  }

  @Test(
    arguments: [
      ("2026-01-01", 2026, 1), ("2027-01-01", 2026, 53), ("2024-12-30", 2025, 1), ("2021-01-03", 2020, 53),
      ("2021-01-04", 2021, 1), ("2026-11-21", 2026, 47), ("2026-11-22", 2026, 47), ("2026-11-23", 2026, 48),
    ] as [(String, Int64, Int)]) func `weeks begin on Monday and belong to their Thursday's year`(
      text: String, year: Int64, week: Int
    ) throws
  {
    let date = try #require(Timestamp(rfc3339: text + "T00:00:00Z")).civil().date
    #expect(date.isoWeek == (year, week))
  }

  @Test(
    arguments: [
      (0, 0, 0, "1970-01-01T00:00:00Z"), (-1, 999_999_999, 0, "1969-12-31T23:59:59.999999999Z"),
      (1_795_268_635, 12_345_678, 3600, "2026-11-21T14:43:55.012345678+01:00"),
      (1_795_268_635, 0, -34_200, "2026-11-21T04:13:55-09:30"),
    ] as [(Int64, UInt32, Int32, String)]) func `a moment is written as RFC 3339 and read again`(
      seconds: Int64, nanoseconds: UInt32, offset: Int32, text: String
    )
  {
    let moment = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    #expect(moment.rfc3339(utcOffsetSeconds: offset) == text)
    #expect(Timestamp(rfc3339: text) == moment)
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21T13:43Z", "2026-11-21T13:43:55", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
    "2026-11-21T24:00:00Z", "2026-11-21T13:60:00Z", "2026-11-21T13:43:55.Z", "2026-11-21T13:43:55.0123456789Z",
    "2026-11-21T13:43:55Zx", "26-11-21T13:43:55Z", "2026-11-00T13:43:55Z", "2026-11-21T13:43:55+1:00",
  ]) func `what is not a moment is not read`(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

  @Test(arguments: [Int64.min, .max, .min + 86_399, .max - 1]) func `the ends of time can be shown`(seconds: Int64) {
    let moment = Timestamp(seconds: seconds, nanoseconds: 1)
    #expect(!moment.rfc3339(utcOffsetSeconds: 3600).isEmpty)
    #expect(!moment.rfc3339(utcOffsetSeconds: -3600).isEmpty)
    #expect((0..<86_400).contains(moment.civil().secondOfDay))
    #expect(CalendarDuration(years: 1_000_000, days: 1_000_000).before(moment) <= moment)
  }
}

struct CalendarDurationTests {
  @Test(arguments: [
    ("1y5m7d2h", "1y5m7d2h"), ("30d", "30d"), ("2w", "14d"), ("1w2d", "9d"), ("30min", "30min"), ("2 hours", "2h"),
    ("1 year 2 months", "1y2m"), ("10s", "10s"), ("0d", "0d"), ("3 months", "3m"), (" 1h ", "1h"), ("1 day", "1d"),
  ]) func `a duration is read as people type it`(text: String, formatted: String) throws {
    #expect(try #require(CalendarDuration(text)).description == formatted)
  }

  @Test(arguments: [
    "", " ", "d", "1", "1x", "1d1d", "-1d", "1.5h", "1d,2h", "1000001d", "99999999999999999999d", "1D", "1M",
  ])
  func `anything else is no duration`(text: String) { #expect(CalendarDuration(text) == nil) }

  @Test func `a dry run spells it out`() {
    #expect(CalendarDuration("1y5m7d2h")?.spelledOut == "1 year, 5 months, 7 days, 2 hours")
    #expect(CalendarDuration("1w")?.spelledOut == "7 days")
    #expect(CalendarDuration("0d")?.spelledOut == "0 days")
  }

  @Test(arguments: [
    ("2026-03-31T12:00:00Z", "1m", "2026-02-28T12:00:00Z"), ("2024-03-31T12:00:00Z", "1m", "2024-02-29T12:00:00Z"),
    ("2024-02-29T00:00:00Z", "1y", "2023-02-28T00:00:00Z"), ("2026-01-15T00:00:00Z", "13m", "2024-12-15T00:00:00Z"),
    ("2026-01-01T00:00:00Z", "1d1h", "2025-12-30T23:00:00Z"),
    ("2026-11-21T00:00:00Z", "1y5m7d2h", "2025-06-13T22:00:00Z"),
    ("2026-01-01T00:00:30Z", "1min", "2025-12-31T23:59:30Z"),
  ]) func `months and years are as long as the calendar has them`(end: String, length: String, start: String) throws {
    let end = try #require(Timestamp(rfc3339: end))
    #expect(try #require(CalendarDuration(length)).before(end) == Timestamp(rfc3339: start))
  }

  @Test func `the day that a month lacks is judged on the local clock`() throws {
    let end = try #require(Timestamp(rfc3339: "2026-03-31T00:30:00+02:00"))
    #expect(
      CalendarDuration(months: 1).before(end, utcOffsetSeconds: 7200) == Timestamp(rfc3339: "2026-02-28T00:30:00+02:00")
    )
  }
}
