/// The rounds over one data set, and what they come to.
struct Comparison {
  let data: String
  let isTimed: Bool
  private(set) var rounds: [Round] = []

  /// - Parameter progress: is told after each round.
  init(
    _ data: any DataSet, programs: [ProgramKind], roundCount: Int, isTimed: Bool, bareProgram: String?,
    progress: (String) -> Void
  ) throws {
    self.data = data.name
    self.isTimed = isTimed
    for number in 0..<(isTimed ? roundCount : 1) {
      rounds.append(
        try Round(data, programs: programs, number: number, bareProgram: bareProgram, timesAll: isTimed))
      progress("\(data.name): round \(number + 1) of \(isTimed ? roundCount : 1)")
    }
  }

  /// All that `snap` was held against in an operation, programs first.
  func standards(of operation: Operation) -> [Standard] {
    let all = Set(rounds.flatMap { $0.costs[operation].map { Array($0.keys) } ?? [] })
    return all.subtracting([Round.snap]).sorted { a, b in
      switch (a, b) {
      case (.program, .floor): true
      case (.floor, .program): false
      default: a.title < b.title
      }
    }
  }

  /// Median over the rounds of the time of `snap` divided by that of the other in the same round.
  func timeRatio(_ operation: Operation, to standard: Standard) -> Double? {
    median(
      rounds.compactMap { round in
        guard let own = round.costs[operation]?[Round.snap], let other = round.costs[operation]?[standard] else {
          return nil
        }
        return own.seconds / max(other.seconds, 1e-6)
      })
  }

  /// Greatest of all operations and rounds, in bytes.
  func peakBytes(of program: String) -> Int {
    rounds.flatMap { $0.costs.values }.compactMap { $0[.program(program)]?.peakBytes }.max() ?? 0
  }

  /// Bytes of the store of `snap` divided by those of another, each as it is after `compact` where `compacted` says so.
  func sizeRatio(to program: String, compacted: (own: Bool, other: Bool)) -> Double? {
    guard let sizes = rounds.first?.sizes, let own = sizes[ProgramKind.snap.rawValue], let other = sizes[program] else {
      return nil
    }
    return Double(compacted.own ? own.compacted : own.saved) / Double(compacted.other ? other.compacted : other.saved)
  }
}
