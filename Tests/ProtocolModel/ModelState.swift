/// Everything that the processes of the model can see or remember; one chunk, for chunks do not depend on each other.
///
/// Sets of packs are bits: pack `n` is `1 << n`. A process may stop for ever after any step, which is the same as never
/// being chosen again.
struct ModelState: BitwiseCopyable {
  /// Where a snapshot's record is.
  enum Record: UInt8 { case none, committed, forgotten }

  static let attemptsMax = 2
  static let packCountMax = 9

  // The store.
  /// Packs that exist; each holds the chunk.
  var packs: UInt16 = 0b11
  /// The next name for a pack: names are never used again.
  var nextPack: UInt8 = 2
  /// What each collector's tomb condemns, while the tomb exists.
  var tombs: (UInt16?, UInt16?) = (nil, nil)
  /// Which of the saver's attempts have a record in `pending/`.
  var pending: UInt8 = 0
  /// In `snapshots/`: of each attempt of the saver, and of an old version.
  var records: (Record, Record) = (.none, .none)
  var oldRecord = Record.committed

  var saver = SaverState()
  var collectors = (CollectorState(), CollectorState())

  /// The chunk is gone and a version needs it.
  var isLost: Bool {
    packs == 0 && (oldRecord == .committed || records.0 == .committed || records.1 == .committed)
  }

  func tomb(_ collector: Int) -> UInt16? { collector == 0 ? tombs.0 : tombs.1 }

  mutating func setTomb(_ collector: Int, _ packs: UInt16?) {
    if collector == 0 { tombs.0 = packs } else { tombs.1 = packs }
  }

  func record(_ attempt: UInt8) -> Record { attempt == 0 ? records.0 : records.1 }

  mutating func setRecord(_ attempt: UInt8, _ record: Record) {
    if attempt == 0 { records.0 = record } else { records.1 = record }
  }

  func collector(_ number: Int) -> CollectorState { number == 0 ? collectors.0 : collectors.1 }

  mutating func setCollector(_ number: Int, _ state: CollectorState) {
    if number == 0 { collectors.0 = state } else { collectors.1 = state }
  }

  /// - Returns: the new pack; `nil` when the model has no more of them.
  mutating func storePack(reusingNames: Bool) -> UInt16? {
    let number: UInt8
    if reusingNames {
      guard let free = (0..<UInt8(Self.packCountMax)).first(where: { packs & 1 << $0 == 0 }) else { return nil }
      number = free
    } else {
      guard nextPack < Self.packCountMax else { return nil }
      number = nextPack
      nextPack += 1
    }
    packs |= 1 << number
    return 1 << number
  }
}

/// Steps are those of docs/format/protocol.md, "Save".
struct SaverState: BitwiseCopyable {
  enum Step: UInt8 {
    case listTombs, adopt, store, publish, checkTombs, listPacks, check, commit, createAfterDelete, done
  }

  var step = Step.listTombs
  var attempt: UInt8 = 0
  /// Whose tomb is read next.
  var next: UInt8 = 0
  var condemned: UInt16 = 0
  var listed: UInt16 = 0
  /// Packs that hold the chunk, as far as the save knows.
  var known: UInt16 = 0
}

/// Steps are those of docs/format/protocol.md, "Collect".
struct CollectorState: BitwiseCopyable {
  enum Step: UInt8 {
    case choose, condemn, listTombs, listPacks, listSnapshots, listPending, listSnapshotsAgain, evacuate, delete,
      removeTomb
  }

  var step = Step.choose
  /// How often it may still start.
  var rounds: UInt8 = 1
  var next: UInt8 = 0
  /// Whose tomb it carries out.
  var target: UInt8 = 0
  /// Packs that this tomb condemns.
  var mask: UInt16 = 0
  var condemned: UInt16 = 0
  var listed: UInt16 = 0
  var deleted: UInt16 = 0
  /// Whether a root was met.
  var isNeeded = false
}
