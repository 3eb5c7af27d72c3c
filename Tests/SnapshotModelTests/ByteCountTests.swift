import SnapshotModel
import Testing

struct ByteCountTests {
  @Test(
    arguments: [
      (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_575, "1.0 MiB"), (1_992_294, "1.9 MiB"),
      (1 << 30, "1.0 GiB"), (UInt64.max, "16.0 EiB"),
    ] as [(UInt64, String)]) func `bytes are shown in powers of 1024`(count: UInt64, text: String)
  {
    #expect(formatted(byteCount: count) == text)
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1 000"), (4102, "4 102"), (1_234_567, "1 234 567"), (-1000, "-1 000"),
    (-100, "-100"),
  ]) func `counts are shown in groups of three`(count: Int, text: String) {
    #expect(formatted(count: count) == text)
  }

  @Test(
    arguments: [
      ("0", 0), ("7", 7), ("7B", 7), ("10M", 10 << 20), ("10MiB", 10 << 20), ("10 MiB", 10 << 20), ("10MB", 10 << 20),
      ("1k", 1024), ("1K", 1024), ("2G", 2 << 30), ("3T", 3 << 40), ("1P", 1 << 50), ("1.5G", 3 << 29), ("0.25k", 256),
      ("1.999999P", 2_251_798_687_785_341), ("18446744073709551615", .max),
    ] as [(String, UInt64)]) func `a size is read as people type it`(text: String, count: UInt64)
  {
    #expect(parsedByteCount(text) == count)
  }

  @Test(arguments: [
    "", "M", "-1", "+1", "1.5", "1.B", "1.", ".5M", "1m", "1g", "1X", "12Q", "1KK", "1 M B", "1  M", " 1", "1 ", "1iB",
    "1.1234567M", "18446744073709551616", "16777216T", "16384P", "0x10", "1e3", "٣",
  ]) func `anything else is no size`(text: String) {
    #expect(parsedByteCount(text) == nil)
  }
}
