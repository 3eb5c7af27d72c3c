import Packing
import Repositories
import SnapshotModel
import Workflows

/// What `snap key` does with the slots of one repository.
struct KeyRun {
  private let session: Session
  private let slots: KeySlots

  /// - Throws: `SnapFault` `.refused` where the repository is not encrypted.
  init(_ session: Session) throws {
    self.session = session
    slots = try Repository.keySlots(at: session.requiredLocation())
  }

  // MARK: Without any key

  func list() throws {
    var table = Table([.init(title: "KEY"), .init(title: "ID"), .init(title: "KIND"), .init(title: "MADE")])
    for stored in try slots.list() {
      let kind = stored.slot.map { Self.word($0.kind) } ?? "damaged"
      if session.isJSON {
        var object = JSONObject([
          "message_type": "key", "id": .string(stored.id.hexadecimal), "kind": .string(kind),
          "damaged": .boolean(stored.slot == nil),
        ])
        if let slot = stored.slot {
          object["label"] = .string(slot.label)
          object["created"] = .string(slot.created.rfc3339())
          object["epoch"] = .count(Int(slot.epoch))
        }
        try session.json(object)
      } else {
        let made = stored.slot.map { $0.created.rfc3339() } ?? ""
        table.append([stored.slot.map { ArgumentText.display($0.label) } ?? "?", stored.id.short, kind, made])
      }
    }
    if !session.isJSON {
      try session.output.write((session.output.isTerminal ? table.aligned : table.tabSeparated).utf8)
    }
  }

  private static func word(_ kind: KeySlot.Kind) -> String {
    switch kind {
    case .password: "password"
    case .keyFile: "key file"
    case .recoveryCode: "recovery code"
    }
  }

  func export(to path: [UInt8]) throws {
    let damaged = try slots.list().filter { $0.slot == nil }
    let whole = try slots.storedBytes()
    guard !whole.isEmpty else {
      throw SnapFault(
        .damage, "every key slot of \(slots.folder) is damaged; there is nothing to export", path: slots.folder)
    }
    try SmallFile.create(path, KeyExport.encode(whole))
    for each in damaged { session.console.warn("key slot '\(each.id.short)' is damaged; it is not in the export") }
    try tell("exported", "\(displayText(path)): \(counted(whole.count, "key slot")), still locked")
  }

  func importSlots(from path: [UInt8]) throws {
    guard let content = try SmallFile.read(path, byteCountMax: 64 << 20) else {
      throw SnapFault(.notFound, "there is no file \(displayText(path))", path: displayText(path))
    }
    let found: [KeySlot]
    do throws(PackingError) {
      found = try KeyExport.decode(content.bytes)
    } catch {
      throw SnapFault(
        .damage, "\(displayText(path)) is no export of keys, or damaged: \(error)", path: displayText(path))
    }
    guard found.allSatisfy({ $0.repository == slots.repository }) else {
      throw SnapFault(
        .refused, "\(displayText(path)) has keys of another repository, not of \(slots.repository.short)…",
        path: displayText(path))
    }
    let restored = try slots.restore(found)
    let there = found.count - restored.count - restored.tooOld
    try tell("imported", "\(counted(restored.count, "key slot")) put back, \(there) were there")
    if restored.tooOld > 0 {
      session.console.warn("\(counted(restored.tooOld, "key slot")) left out: a rotation has made newer keys")
    }
  }

  func forget() throws {
    let wasThere = RememberedKeys.forget(slots.repository)
    try tell("forgotten", wasThere ? "the keys are not remembered any more" : "no keys were remembered")
  }

  // MARK: With one

  func add(_ new: NewSecret, label: String?) throws {
    let ring = try session.keys.unlock(slots).ring
    let slot = try new.use(for: slots.repository) { secret in
      try slots.add(secret, label: label ?? NewSecret.defaultLabel(of: secret), keys: ring)
    }
    if case .recoveryCode(let code) = new { try show(code) }
    try tell("added", "key '\(ArgumentText.display(slot.label))' added", slot)
  }

  func changePassword(_ new: NewSecret) throws {
    let (ring, slot, _) = try session.keys.unlock(slots)
    try new.use(for: slots.repository) { try slots.replace(slot, with: $0, keys: ring) }
    try tell("changed", "key '\(ArgumentText.display(slot.label))' changed", slot)
    session.console.note("an old copy of the repository still opens with the old one; snap key rotate makes new keys")
  }

  func remove(_ name: String) throws {
    let ring = try session.keys.unlock(slots).ring
    let all = try slots.list()
    let matching = all.filter {
      $0.slot?.label == name || $0.id.hexadecimal.hasPrefix(name.lowercased()) && name.count >= 4
    }
    guard let found = matching.first, matching.count == 1 else {
      throw matching.isEmpty
        ? SnapFault(.notFound, "there is no key '\(ArgumentText.display(name))'", hint: "snap key list")
        : SnapFault(
          .notFound, "'\(ArgumentText.display(name))' means \(matching.count) keys", hint: "give more of the id")
    }
    try slots.remove(found.id, keys: ring)
    let shown = found.slot.map { ArgumentText.display($0.label) } ?? found.id.short
    try tell("removed", "key '\(shown)' removed", found.slot)
    session.console.note("an old copy of the repository still opens with it; snap key rotate makes new keys")
  }

  func rotate(dropsOthers: Bool, rewrites: Bool) throws {
    let (ring, slot, secret) = try session.keys.unlock(slots)
    let others = try slots.list().filter { $0.id != slot.id }.map { $0.slot?.label ?? $0.id.short }
    guard others.isEmpty || dropsOthers else {
      throw SnapFault(
        .refused,
        "new keys can be locked for '\(ArgumentText.display(slot.label))' only: \(counted(others.count, "other key")) "
          + "would go (\(others.map { "'\(ArgumentText.display($0))'" }.joined(separator: ", ")))",
        hint: "--drop-others removes them; add them again afterwards")
    }
    let new = try slots.rotate(secret, label: slot.label, keys: ring)
    _ = RememberedKeys.forget(slots.repository)
    try tell("rotated", "what is saved from now on has new keys (epoch \(new.newestEpochNumber))", slot)
    for other in others {
      session.console.note("key '\(ArgumentText.display(other))' is gone; snap key add makes a new one")
    }
    if rewrites { try rewrite(with: new) }
  }

  private func rewrite(with ring: KeyRing) throws {
    session.keys.keep(ring)
    let outcome = try session.openRepository().reseal()
    try tell(
      "rewritten", "\(counted(outcome.packs, "pack")) and \(counted(outcome.records, "record")) have the new keys")
    if outcome.packsLeft > 0 {
      session.console.warn("\(counted(outcome.packsLeft, "pack")) of a save that may be running keep the old keys")
      session.console.hint("snap key rotate --rewrite, when nothing is being saved")
    }
  }

  func remember(seconds: Int64) throws {
    guard (1...Int64(UInt32.max)).contains(seconds) else {
      throw SnapFault(.usage, "--for: a time of at least a second and at most 100 years")
    }
    let ring = try session.keys.unlock(slots).ring
    try RememberedKeys.remember(ring.encoded, of: slots.repository, seconds: UInt32(seconds))
    try tell("remembered", "the keys are remembered for \(TimeText.elapsed(Double(seconds))); snap key forget ends it")
  }

  // MARK: -

  private func show(_ code: RecoveryCode) throws {
    if session.isJSON {
      try session.json(JSONObject(["message_type": "recovery_code", "recovery_code": .string(code.text)]))
    } else {
      try session.output.line("recovery code: \(code.text)")
    }
  }

  private func tell(_ result: String, _ text: String, _ slot: KeySlot? = nil) throws {
    guard session.isJSON else {
      if !session.isQuiet { try session.output.line(text) }
      return
    }
    var object = JSONObject(["message_type": "summary", "result": .string(result)])
    if let slot {
      object["id"] = .string(slot.id.hexadecimal)
      object["label"] = .string(slot.label)
    }
    try session.json(object)
  }
}
