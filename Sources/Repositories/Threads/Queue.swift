/// First in, first out; what was taken is let go of at once.
///
/// Amortised O(1) an operation.
package struct Queue<Element> {
  private var slots: [Element?] = []
  private var next = 0

  package init() {}

  package var count: Int { slots.count - next }
  package var isEmpty: Bool { count == 0 }

  package var first: Element? { next < slots.count ? slots[next] : nil }

  package mutating func append(_ element: Element) { slots.append(element) }

  package mutating func popFirst() -> Element? {
    guard next < slots.count else { return nil }
    let element = slots[next].take()
    next += 1
    if next >= 64, next * 2 >= slots.count {
      slots.removeFirst(next)
      next = 0
    }
    return element
  }
}
