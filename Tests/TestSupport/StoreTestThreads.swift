import Glibc
import Synchronization

/// Runs a closure on several threads at once and waits for all of them.
package enum StoreTestThreads {
  /// - Returns: what each thread returned, by its number.
  package static func run<R: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> R) -> [R] {
    let results = Results<R>(count)
    var threads: [pthread_t] = []
    for number in 0..<count {
      let work = Work { results.values.withLock { [value = body(number)] in $0[number] = value } }
      var thread = pthread_t()
      let code = unsafe pthread_create(
        &thread, nil,
        { context in
          if let context = unsafe context { unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
          return nil
        }, Unmanaged.passRetained(work).toOpaque())
      precondition(code == 0)
      threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
    return results.values.withLock { $0.compactMap { $0 } }
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private final class Results<R: Sendable>: Sendable {
    let values: Mutex<[R?]>
    init(_ count: Int) { values = Mutex([R?](repeating: nil, count: count)) }
  }
}
