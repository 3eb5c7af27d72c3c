import Foundation

/// What one step costs on one core, against the least that could be paid for the same.
struct Part {
  var name: String
  var floor: String
  /// Time of the step divided by time of the floor: medians of `repetitions` each, taken in turns.
  var ratio: Double

  init(
    _ name: String, over floor: String, repetitions: Int = 7, _ step: () throws -> Void, floor run: () throws -> Void
  ) rethrows {
    self.name = name
    self.floor = floor
    var ratios: [Double] = []
    for _ in 0..<repetitions {
      let least = try Cost.measuring(run)
      ratios.append(try Cost.measuring(step).seconds / least.seconds)
    }
    ratio = median(ratios) ?? .nan
  }

  /// Every step of a save and a restore, on text that looks like code and on a tree of small files.
  static func all() throws -> [Part] {
    try ContentParts().measure() + CatalogParts.measure()
  }
}
