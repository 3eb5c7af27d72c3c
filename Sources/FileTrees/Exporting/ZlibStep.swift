import CZlib

/// One call of `inflate` or `deflate` between two buffers.
///
/// - Returns: zlib's result, the bytes that it took of the input, and those that it put into the output.
func zlibStep(
  _ stream: UnsafeMutablePointer<z_stream>, _ input: ArraySlice<UInt8>, _ output: inout [UInt8],
  _ call: (UnsafeMutablePointer<z_stream>) -> Int32
) -> (result: Int32, used: Int, made: Int) {
  // zlib reads and writes inside both buffers only, and only during the call.
  unsafe input.withUnsafeBufferPointer { input in
    unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(input.count)
      unsafe stream.pointee.next_out = output.baseAddress
      unsafe stream.pointee.avail_out = UInt32(output.count)
      let result = unsafe call(stream)
      return unsafe (
        result, input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out)
      )
    }
  }
}
