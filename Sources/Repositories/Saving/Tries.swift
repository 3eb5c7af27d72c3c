/// How often to try what seldom pays: while it does, always; where it was in vain, now and then.
///
/// Asked and told in the order in which content is stored, so that what is tried depends on the content alone.
struct Tries {
  private static let countAtFirst = 2
  /// One that pays earns more, up to a limit.
  private static let countEarned = 2
  private static let countMax = 16
  /// Where none is left, one place in so many is tried.
  private static let placesPassed = 32

  private var countLeft = countAtFirst
  private var countPending = 0
  private var placesSeen = 0

  /// Whether to try it at the next place.
  mutating func isNextWorthIt() -> Bool {
    placesSeen += 1
    return countLeft > 0 || placesSeen.isMultiple(of: Self.placesPassed)
  }

  /// Whether what comes of a try that is under way decides on the next one.
  var awaitsOutcome: Bool { countLeft == 0 && countPending > 0 }

  mutating func noteTry() {
    countLeft = max(countLeft - 1, 0)
    countPending += 1
  }

  /// - Parameter hasPaid: what a try that was noted came to.
  mutating func noteOutcome(hasPaid: Bool) {
    countPending -= 1
    if hasPaid { countLeft = min(countLeft + Self.countEarned, Self.countMax) }
  }
}
