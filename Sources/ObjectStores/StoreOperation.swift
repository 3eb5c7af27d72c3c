/// One call of an `ObjectStore`, as the recording and the failing store name it.
package enum StoreOperation: Hashable, Sendable {
  case create(ObjectName)
  case replace(ObjectName)
  case read(ObjectName)
  case byteCount(ObjectName)
  case exists(ObjectName)
  case list(ObjectFolder)
  case delete([ObjectName])
  case synchronize(ObjectFolder)
  case changeStamp(ObjectFolder)

  /// Whether the store may be different afterwards.
  package var changes: Bool {
    switch self {
    case .create, .replace, .delete: true
    case .read, .byteCount, .exists, .list, .synchronize, .changeStamp: false
    }
  }
}

extension StoreOperation: CustomStringConvertible {
  package var description: String {
    switch self {
    case .create(let name): "create \(name)"
    case .replace(let name): "replace \(name)"
    case .read(let name): "read \(name)"
    case .byteCount(let name): "byte count \(name)"
    case .exists(let name): "exists \(name)"
    case .list(let folder): "list \(folder.name)"
    case .delete(let names): "delete \(names.map(\.path).joined(separator: " "))"
    case .synchronize(let folder): "synchronize \(folder.name)"
    case .changeStamp(let folder): "change stamp \(folder.name)"
    }
  }
}
