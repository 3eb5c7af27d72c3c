import Foundation

/// Ratios as horizontal bars on a logarithmic axis, with 1 in the middle: to the left `snap` is faster or smaller.
struct BarChart {
  struct Bar {
    var label: String
    var ratio: Double
  }

  var title: String
  var groups: [(name: String, bars: [Bar])]

  private static let (barHeight, gap, labelWidth, plotWidth) = (16.0, 10.0, 250.0, 420.0)
  /// The axis ends here; what is beyond is drawn up to it.
  private static let (least, greatest) = (0.02, 10.0)

  /// The drawing, in SVG 1.1 with colours that read on white and on black.
  var svg: String {
    var y = 52.0
    var body = ""
    for group in groups where !group.bars.isEmpty {
      body += text(8, y + 4, group.name, weight: "bold")
      y += 18
      for bar in group.bars {
        let (zero, end) = (place(1), place(bar.ratio))
        let colour = bar.ratio <= 1 ? "#2a9d5c" : "#d9822b"
        body += text(Self.labelWidth - 6, y + 12, bar.label, anchor: "end")
        body += """
          <rect x="\(f(min(zero, end)))" y="\(f(y))" width="\(f(max(1, abs(end - zero))))" height="\(f(Self.barHeight - 3))" fill="\(colour)"/>\n
          """
        body += text(
          bar.ratio <= 1 ? end - 4 : end + 4, y + 12, MarkdownTables.number(bar.ratio),
          anchor: bar.ratio <= 1 ? "end" : "start")
        y += Self.barHeight
      }
      y += Self.gap
    }
    let axis = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].map { value in
      """
      <line x1="\(f(place(value)))" x2="\(f(place(value)))" y1="34" y2="\(f(y - 6))" stroke="#888" stroke-width="\(value == 1 ? "1.5" : "0.3")"/>\n
      """ + text(place(value), 30, value < 1 ? "\(value)" : "\(Int(value))", anchor: "middle")
    }.joined()
    let width = Self.labelWidth + Self.plotWidth + 30
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(f(width))" height="\(f(y))" font-family="sans-serif" font-size="11" fill="#777">
      <title>\(escaped(title))</title>
      \(text(8, 14, title, weight: "bold"))\(axis)\(body)</svg>

      """
  }

  private func place(_ ratio: Double) -> Double {
    let bounded = min(max(ratio, Self.least), Self.greatest)
    return Self.labelWidth + Self.plotWidth * log(bounded / Self.least) / log(Self.greatest / Self.least)
  }
}

/// Growth as lines on logarithmic axes.
struct LineChart {
  var title: String
  var xTitle: String
  var lines: [(name: String, points: [(x: Double, y: Double)])]

  private static let (left, top, width, height) = (52.0, 40.0, 420.0, 260.0)
  private static let colours = ["#2a9d5c", "#d9822b", "#3b6fb6", "#b63b6f", "#7a5cc2", "#888888", "#1aa3a3", "#a38f1a"]

  /// The drawing, in SVG 1.1.
  var svg: String {
    let all = lines.flatMap(\.points)
    guard let xMin = all.map(\.x).min(), let xMax = all.map(\.x).max(), let yMin = all.map(\.y).min(),
      let yMax = all.map(\.y).max()
    else { return "" }
    let (low, high) = (pow(10, floor(log10(yMin))), pow(10, ceil(log10(max(yMax, yMin * 1.01)))))
    func x(_ value: Double) -> Double {
      Self.left + Self.width * (xMax > xMin ? log(value / xMin) / log(xMax / xMin) : 0)
    }
    func y(_ value: Double) -> Double { Self.top + Self.height * (1 - log(value / low) / log(high / low)) }
    var body = ""
    var tick = low
    while tick <= high * 1.001 {
      body +=
        "<line x1=\"\(f(Self.left))\" x2=\"\(f(Self.left + Self.width))\" y1=\"\(f(y(tick)))\" y2=\"\(f(y(tick)))\" stroke=\"#888\" stroke-width=\"0.3\"/>\n"
      body += text(Self.left - 4, y(tick) + 4, tick < 1 ? "\(tick)" : "\(Int(tick))", anchor: "end")
      tick *= 10
    }
    for value in Set(all.map(\.x)).sorted() {
      body += text(x(value), Self.top + Self.height + 14, "\(Int(value))", anchor: "middle")
    }
    for (number, line) in lines.enumerated() {
      let colour = Self.colours[number % Self.colours.count]
      let path = line.points.map { "\(f(x($0.x))),\(f(y($0.y)))" }.joined(separator: " ")
      body += "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>\n"
      let legendY = Self.top + 14 + Double(number) * 16
      body +=
        "<rect x=\"\(f(Self.left + Self.width + 12))\" y=\"\(f(legendY - 9))\" width=\"10\" height=\"10\" fill=\"\(colour)\"/>\n"
      body += text(Self.left + Self.width + 28, legendY, line.name)
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(f(Self.left + Self.width + 210))" height="\(f(Self.top + Self.height + 40))" font-family="sans-serif" font-size="11" fill="#777">
      <title>\(escaped(title))</title>
      \(text(8, 16, title, weight: "bold"))\(body)\(text(Self.left + Self.width / 2, Self.top + Self.height + 32, xTitle, anchor: "middle"))</svg>

      """
  }
}

private func f(_ value: Double) -> String { String(format: "%.1f", value) }

private func escaped(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
}

private func text(_ x: Double, _ y: Double, _ text: String, anchor: String = "start", weight: String = "normal")
  -> String
{
  "<text x=\"\(f(x))\" y=\"\(f(y))\" text-anchor=\"\(anchor)\" font-weight=\"\(weight)\">\(escaped(text))</text>\n"
}
