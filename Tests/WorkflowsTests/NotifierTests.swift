import Testing

@testable import Workflows

struct NotifierTests {
  @Test func `nothing in a message or address can become an option of curl`() {
    let text = "@/etc/passwd \"quoted\" \\ back\nurl = \"http://evil\"\r\0end"
    let lines = Notifier.configuration(.text(text), "https://x.example/a").split(separator: "\n")
    #expect(lines.first == #"url = "https://x.example/a""#)
    #expect(lines.filter { $0.hasPrefix("url") }.count == 1)
    #expect(
      lines.contains(#"data-raw = "@/etc/passwd \"quoted\" \\ back\nurl = \"http://evil\"\rend""#))
    for bad in ["ftp://x", "https://", "https://a\"b", "https://a b", "https://a\nb", "file:///etc/passwd", "-K x"] {
      #expect(!NotificationURL.isAddress(bad), "\(bad)")
    }
  }

  @Test(arguments: [
    ("https://hc/uuid", "https://hc/uuid/fail"), ("https://hc/uuid/", "https://hc/uuid/fail"),
    ("https://hc/uuid?rid=1", "https://hc/uuid/fail?rid=1"), ("https://hc", "https://hc/fail"),
  ]) func `the suffix goes before the query`(address: String, expected: String) {
    #expect(Notifier.inserting("/fail", into: address) == expected)
  }
}
