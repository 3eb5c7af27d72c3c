import Glibc
import Packing
import Repositories
import Sealing
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
    let keys =
      try slots.list().map { stored in
        ListedKey(
          id: stored.id.hexadecimal, kind: stored.slot.map { Self.word($0.kind) },
          about: stored.slot.map { ($0.label, $0.created, $0.epoch) })
      }
      + slots.writers().map { stored in
        ListedKey(
          id: stored.id.hexadecimal, kind: stored.writer.map { _ in "write-only" },
          about: stored.writer.map { ($0.name, $0.created, $0.epoch) })
      }
    if session.isJSON { return try keys.forEach { try session.json($0.json) } }
    var table = Table([.init(title: "KEY"), .init(title: "ID"), .init(title: "KIND"), .init(title: "MADE")])
    for key in keys { table.append(key.row) }
    try session.output.write((session.output.isTerminal ? table.aligned : table.tabSeparated).utf8)
  }

  /// What is known of a key without having one.
  private struct ListedKey {
    var id: String
    /// `nil` of one that is damaged.
    var kind: String?
    var about: (label: String, created: Timestamp, epoch: UInt16)?

    var row: [String] {
      [
        about.map { ArgumentText.display($0.label) } ?? "?", String(id.prefix(8)), kind ?? "damaged",
        about.map { $0.created.rfc3339() } ?? "",
      ]
    }

    var json: JSONObject {
      var object = JSONObject([
        "message_type": "key", "id": .string(id), "kind": .string(kind ?? "damaged"), "damaged": .boolean(kind == nil),
      ])
      if let about {
        object["label"] = .string(about.label)
        object["created"] = .string(about.created.rfc3339())
        object["epoch"] = .count(Int(about.epoch))
      }
      return object
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

  /// Makes a key file with which a machine can save, and not read.
  func addWriter(named name: String, keyFile path: [UInt8]) throws {
    let ring = try session.keys.unlock(slots).ring
    var isWritten = false
    do {
      try slots.addWriter(named: name, keys: ring) { key in
        var bytes = key.encoded()
        defer { wipe(&bytes) }
        try SmallFile.create(path, bytes)
        isWritten = true
      }
    } catch {
      // It would open nothing.
      if isWritten { _ = unsafe FileSystemPath.withCString(path) { unsafe unlink($0) } }
      throw error
    }
    let shown = ArgumentText.display(name)
    try tell(
      "added", "write-only key '\(shown)' added: \(displayText(path)) lets a machine save \(shown)/… and nothing else")
  }

  func changePassword(_ new: NewSecret) throws {
    let (ring, slot, _) = try session.keys.unlock(slots)
    try new.use(for: slots.repository) { try slots.replace(slot, with: $0, keys: ring) }
    try tell("changed", "key '\(ArgumentText.display(slot.label))' changed", slot)
    session.console.note("an old copy of the repository still opens with the old one; snap key rotate makes new keys")
  }

  func remove(_ name: String) throws {
    let ring = try session.keys.unlock(slots).ring
    func isMeant(_ label: String?, _ id: String) -> Bool {
      label == name || id.hasPrefix(name.lowercased()) && name.count >= 4
    }
    let matching = try slots.list().filter { isMeant($0.slot?.label, $0.id.hexadecimal) }
    let writers = try slots.writers().filter { isMeant($0.writer?.name, $0.id.hexadecimal) }
    guard matching.count + writers.count < 2 else {
      throw SnapFault(
        .notFound, "'\(ArgumentText.display(name))' means \(matching.count + writers.count) keys",
        hint: "give more of the id")
    }
    if let writer = writers.first { return try remove(writer, ring) }
    guard let found = matching.first else {
      throw SnapFault(.notFound, "there is no key '\(ArgumentText.display(name))'", hint: "snap key list")
    }
    try slots.remove(found.id, keys: ring)
    let shown = found.slot.map { ArgumentText.display($0.label) } ?? found.id.short
    try tell("removed", "key '\(shown)' removed", found.slot)
    session.console.note("an old copy of the repository still opens with it; snap key rotate makes new keys")
  }

  private func remove(_ stored: KeySlots.StoredWriter, _ ring: KeyRing) throws {
    session.keys.keep(ring)
    let versionCount = try session.openRepository().removeWriter(stored)
    let shown = stored.writer.map { ArgumentText.display($0.name) } ?? String(stored.id.hexadecimal.prefix(8))
    try tell("removed", "write-only key '\(shown)' removed; what it saved stays (\(counted(versionCount, "version")))")
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
    for writer in try slots.writers() {
      let name = writer.writer.map { ArgumentText.display($0.name) } ?? String(writer.id.hexadecimal.prefix(8))
      session.console.note("write-only key '\(name)' does not save any more; remove it, and add it again")
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
