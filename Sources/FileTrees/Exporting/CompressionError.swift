/// A compression library refused; never because of the data.
package struct CompressionError: Error, CustomStringConvertible {
  package let description: String
}
