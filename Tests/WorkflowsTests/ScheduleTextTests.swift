import Testing

@testable import Workflows

struct ScheduleTextTests {
  @Test func `a schedule is at two, and on Sunday, unless said`() {
    #expect(Schedule("hourly") == Schedule(.hourly))
    #expect(Schedule("Daily") == Schedule(.daily, hour: 2, minute: 0))
    #expect(Schedule("daily 23:59") == Schedule(.daily, hour: 23, minute: 59))
    #expect(Schedule("weekly") == Schedule(.weekly, hour: 2, minute: 0, weekday: .sun))
    #expect(Schedule("weekly 4:05") == Schedule(.weekly, hour: 4, minute: 5, weekday: .sun))
    let days: [Schedule.Weekday] = ["sun", "mond", "tue", "wednesday", "thu", "friday", "sat"].compactMap {
      Schedule("weekly \($0)")?.weekday
    }
    #expect(days == Schedule.Weekday.allCases)
    let wrong = ["", "sunday", "daily 24:00", "daily 2:5", "daily sunday", "hourly 02:00", "weekly su", "daily 1:00 2"]
    for text in wrong {
      #expect(Schedule(text) == nil, "\(text)")
    }
  }
}
