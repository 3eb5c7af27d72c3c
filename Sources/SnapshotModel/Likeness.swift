/// By how much two lengths differ, whichever is longer.
package func difference<Length: FixedWidthInteger>(_ length: Length, _ other: Length) -> Length {
  max(length, other) - min(length, other)
}

/// Whether the longer of two is longer by one part in `share` of itself at most.
package func areAlike<Length: FixedWidthInteger>(_ length: Length, _ other: Length, within share: Length) -> Bool {
  difference(length, other) <= max(length, other) / share
}
