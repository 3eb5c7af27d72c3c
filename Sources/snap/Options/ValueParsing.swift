import ArgumentParser
import SnapshotModel
import Repositories

/// A number of bytes: `10M`, `1.5 GiB`, `4096`; k, M, G, T are powers of 1024.
struct ByteSize: ExpressibleByArgument, Hashable {
  var byteCount: UInt64

  init?(argument: String) {
    var rest = argument.lowercased()[...]
    for suffix in ["ib", "b"] where rest.hasSuffix(suffix) {
      rest = rest.dropLast(suffix.count)
      break
    }
    var shift = 0
    for (unit, power) in [("k", 10), ("m", 20), ("g", 30), ("t", 40), ("p", 50)] where rest.hasSuffix(unit) {
      shift = power
      rest = rest.dropLast()
    }
    while rest.last == " " { rest = rest.dropLast() }
    let isNumber = !rest.isEmpty && rest.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
    guard isNumber, let number = Double(rest) else { return nil }
    let value = number * Double(UInt64(1) << shift)
    // 2^63: beyond every file system, and exactly representable.
    guard value.isFinite, value <= 9_223_372_036_854_775_808 else { return nil }
    byteCount = UInt64(value)
  }
}

/// A length of time: `1y5m7d2h`, `30min`, `2 hours`.
struct DurationArgument: ExpressibleByArgument, Hashable {
  var duration: CalendarDuration

  init?(argument: String) {
    guard let duration = CalendarDuration(argument), !duration.isZero else { return nil }
    self.duration = duration
  }
}

/// A moment: `now`, a date, a date and time, with or without a zone.
struct MomentArgument: ExpressibleByArgument, Hashable {
  var time: Timestamp

  init?(argument: String) {
    let now = currentTime()
    var text = argument
    switch text.count {
    case 10: text += " 00:00:00"
    case 16: text += ":00"
    default: break
    }
    if argument == "now" {
      time = now
    } else if let time = Timestamp(rfc3339: text) {
      self.time = time
    } else if let clock = Timestamp(rfc3339: text + "Z") {
      // Without a zone it is the machine's own clock that was read.
      time = Timestamp(
        seconds: clock.seconds - Int64(utcOffsetSeconds(at: clock)), nanoseconds: clock.nanoseconds)
    } else {
      return nil
    }
  }
}

/// How many versions a rule keeps: a whole number, or `unlimited`.
struct KeepCount: ExpressibleByArgument, Hashable {
  var count: Int

  init?(argument: String) {
    if argument == "unlimited" {
      count = Int.max
    } else if let number = Int(argument), number >= 0 {
      count = number
    } else {
      return nil
    }
  }
}

/// A whole number that is not negative.
struct WholeNumber: ExpressibleByArgument, Hashable {
  var value: Int

  init?(argument: String) {
    guard let number = Int(argument), number >= 0 else { return nil }
    value = number
  }
}

/// What part of the data to read: `2/7`, `5%` or a size.
enum DataSubset: ExpressibleByArgument, Hashable {
  case part(Int, of: Int)
  case percent(Double)
  case bytes(UInt64)

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2 {
      guard let part = Int(parts[0]), let count = Int(parts[1]), part >= 1, part <= count else { return nil }
      self = .part(part, of: count)
    } else if argument.last == "%" {
      guard let percent = Double(argument.dropLast()), percent > 0, percent <= 100 else { return nil }
      self = .percent(percent)
    } else if let size = ByteSize(argument: argument), size.byteCount > 0 {
      self = .bytes(size.byteCount)
    } else {
      return nil
    }
  }
}

enum CompressionChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, off, fastest, better, max
}

/// A length of time that may be none: `7d`, `0s`, `0`.
struct WindowArgument: ExpressibleByArgument, Hashable {
  var duration: CalendarDuration

  init?(argument: String) {
    guard let duration = CalendarDuration(argument == "0" ? "0s" : argument) else { return nil }
    self.duration = duration
  }
}
