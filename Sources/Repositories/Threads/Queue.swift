/// First in, first out; what was taken is let go of at once.
///
/// Amortised O(1) an operation.
package struct Queue<Element> {
  private var slots: [Element?] = []
  private var first = 0

  package init() {}

  package var count: Int { slots.count - first }
  package var isEmpty: Bool { count == 0 }

  package mutating func append(_ element: Element) { slots.append(element) }

  package mutating func popFirst() -> Element? {
    guard first < slots.count else { return nil }
    let element = slots[first].take()
    first += 1
    if first >= 64, first * 2 >= slots.count {
      slots.removeFirst(first)
      first = 0
    }
    return element
  }
}
