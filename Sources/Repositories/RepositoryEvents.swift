import Synchronization

/// What libraries tell while they work; they never print.
package protocol RepositoryEvents: Sendable {
  /// Something worth knowing that is no problem: `index rebuilt from 312 packs`.
  func note(_ message: String)
  /// Something that should be looked at.
  func warn(_ message: String)
}

/// Tells nobody.
package struct SilentEvents: RepositoryEvents {
  package init() {}
  package func note(_ message: String) {}
  package func warn(_ message: String) {}
}

/// Passes on what is told for the first time: one cause, one message, however many look at it.
final class OncePerMessage: RepositoryEvents {
  private let events: any RepositoryEvents
  private let told = Mutex<Set<String>>([])

  init(_ events: any RepositoryEvents) { self.events = events }

  func note(_ message: String) { if isNew(message) { events.note(message) } }
  func warn(_ message: String) { if isNew(message) { events.warn(message) } }

  private func isNew(_ message: String) -> Bool { told.withLock { $0.insert(message).inserted } }
}
