/// Facts one below the other, each behind its name: `Tree:      unchanged since v1.2.0`.
///
/// Continuation lines of a fact are the caller's; they begin at `labelWidth`.
func labelledLines(_ facts: [(String, String)]) -> String {
  facts.map { label, text in
    label + ":" + String(repeating: " ", count: max(1, labelWidth - 1 - label.count)) + text + "\n"
  }.joined()
}

/// Where the facts' texts begin.
let labelWidth = 11
