/// All states that one step of one process leads to.
struct ModelSteps {
  /// `nil` for the protocol as it is.
  let variant: BrokenVariant?

  func forEachNext(of state: ModelState, _ body: (ModelState) -> Void) {
    save(state, body)
    for number in 0..<2 { collect(state, number, body) }
    reap(state, body)
    forget(state, body)
  }

  // MARK: One saver

  private func save(_ state: ModelState, _ body: (ModelState) -> Void) {
    var next = state
    let saver = state.saver
    switch saver.step {
    case .listTombs:
      next.saver.condemned = (state.tombs.0 ?? 0) | (state.tombs.1 ?? 0)
      next.saver.step = .adopt
    case .adopt:
      next.saver.known = state.packs & ~saver.condemned
      next.saver.condemned = 0
      next.saver.step = .store
    case .store:
      if saver.known == 0 {
        guard let pack = next.storePack(reusingNames: variant == .packNamesUsedAgain) else { return }
        next.saver.known = pack
      }
      next.saver.next = 0
      next.saver.step = variant == .saverPublishesNoPendingRecord ? .checkTombs : .publish
    case .publish:
      next.pending |= 1 << saver.attempt
      next.saver.next = 0
      next.saver.step = variant == .saverSkipsTheCheck ? .commit : .checkTombs
    case .checkTombs:
      if variant == .saverListsPacksBeforeTombs, saver.next == 0 { next.saver.listed = state.packs }
      next.saver.condemned |= state.tomb(Int(saver.next)) ?? 0
      next.saver.next += 1
      if next.saver.next == 2 { next.saver.step = .listPacks }
    case .listPacks:
      if variant != .saverListsPacksBeforeTombs { next.saver.listed = state.packs }
      next.saver.step = .check
    case .check:
      let available = saver.known & saver.listed & ~saver.condemned
      next.saver.condemned = 0
      next.saver.listed = 0
      next.saver.next = 0
      if available != 0 {
        next.saver.step = .commit
      } else {
        guard let pack = next.storePack(reusingNames: variant == .packNamesUsedAgain) else { return }
        next.saver.known |= pack
        next.saver.step = .checkTombs
      }
    case .commit: commit(&next)
    case .createAfterDelete:
      next.setRecord(saver.attempt, .committed)
      next.saver.step = .done
    case .done: return
    }
    body(next)
  }

  /// Renames `pending/<id>` to `snapshots/<id>`: it takes the record away from the one and puts it into the other at once.
  private func commit(_ state: inout ModelState) {
    let bit: UInt8 = 1 << state.saver.attempt
    let hasPending = state.pending & bit != 0
    if variant == .commitDeletesFirst, hasPending {
      state.pending &= ~bit
      state.saver.step = .createAfterDelete
    } else if hasPending || variant == .reapedSaverCommits || variant == .saverPublishesNoPendingRecord {
      state.pending &= ~bit
      state.setRecord(state.saver.attempt, .committed)
      state.saver.step = .done
    } else if state.saver.attempt + 1 < ModelState.attemptsMax {
      // Taken for dead: a new id, and everything is checked again.
      state.saver.attempt += 1
      state.saver.step = .publish
    } else {
      state.saver.step = .done
    }
  }

  // MARK: Collectors

  private func collect(_ state: ModelState, _ number: Int, _ body: (ModelState) -> Void) {
    let collector = state.collector(number)
    if collector.step == .choose { return choose(state, number, body) }
    if collector.step == .delete { return delete(state, number, body) }
    var next = state
    var own = collector
    switch collector.step {
    case .choose, .delete: return
    case .condemn:
      next.setTomb(number, collector.mask)
      own.begin(.listTombs)
    case .listTombs:
      if variant != .collectorIgnoresTombsOfOthers || collector.next == collector.target {
        own.condemned |= state.tomb(Int(collector.next)) ?? 0
      }
      own.next += 1
      if own.next == 2 {
        own.condemned |= collector.mask
        own.step = .listPacks
      }
    case .listPacks:
      own.listed = state.packs
      own.step = variant == .collectorListsRootsBeforeItsTomb ? .evacuate : .listSnapshots
    case .listSnapshots:
      own.isNeeded = own.isNeeded || state.hasCommitted
      own.step = .listPending
    case .listPending:
      own.isNeeded = own.isNeeded || state.pending != 0
      own.step = variant == .collectorListsSnapshotsOnlyBeforePending ? .evacuate : .listSnapshotsAgain
    case .listSnapshotsAgain:
      own.isNeeded = own.isNeeded || state.hasCommitted
      own.step = .evacuate
    case .evacuate:
      guard own.evacuate(&next, variant) else { return }
    case .removeTomb:
      // Another collector may have made its own tomb there since.
      if state.tomb(Int(collector.target)) == collector.mask { next.setTomb(Int(collector.target), nil) }
      own = CollectorState()
      own.rounds = collector.rounds
    }
    next.setCollector(number, own)
    body(next)
  }

  /// Condemns any one or two packs, or carries out a tomb that it finds. What it condemns is policy: all must be safe.
  private func choose(_ state: ModelState, _ number: Int, _ body: (ModelState) -> Void) {
    var own = state.collector(number)
    guard own.rounds > 0 else { return }
    own.rounds -= 1
    for mask in UInt16(1)..<(1 << ModelState.packCountMax)
    where mask & ~state.packs == 0 && mask.nonzeroBitCount <= 2 && state.tomb(number) == nil {
      var condemning = own
      condemning.mask = mask
      condemning.target = UInt8(number)
      condemning.step = .condemn
      if variant == .collectorListsRootsBeforeItsTomb {
        condemning.isNeeded = state.hasCommitted || state.pending != 0
      }
      var next = state
      next.setCollector(number, condemning)
      body(next)
    }
    for other in 0..<2 {
      guard let mask = state.tomb(other) else { continue }
      var adopting = own
      adopting.mask = mask
      adopting.target = UInt8(other)
      adopting.begin(.listTombs)
      var next = state
      next.setCollector(number, adopting)
      body(next)
    }
  }

  private func delete(_ state: ModelState, _ number: Int, _ body: (ModelState) -> Void) {
    let own = state.collector(number)
    if variant == .tombRemovedBeforeItsPacks, state.tomb(Int(own.target)) != nil {
      var next = state
      next.setTomb(Int(own.target), nil)
      return body(next)
    }
    let rest = own.mask & ~own.deleted
    guard rest != 0 else {
      var next = state
      var finished = own
      finished.step = .removeTomb
      next.setCollector(number, finished)
      return body(next)
    }
    for pack in 0..<ModelState.packCountMax where rest & 1 << UInt16(pack) != 0 {
      var next = state
      var deleting = own
      deleting.deleted |= 1 << UInt16(pack)
      next.packs &= ~(1 << UInt16(pack))
      next.setCollector(number, deleting)
      body(next)
    }
  }

  // MARK: Others

  /// Takes a save for dead, rightly or not.
  private func reap(_ state: ModelState, _ body: (ModelState) -> Void) {
    for attempt in 0..<UInt8(ModelState.attemptsMax) where state.pending & 1 << attempt != 0 {
      var next = state
      next.pending &= ~(1 << attempt)
      body(next)
    }
  }

  private func forget(_ state: ModelState, _ body: (ModelState) -> Void) {
    for attempt in 0..<UInt8(ModelState.attemptsMax) where state.record(attempt) == .committed {
      var next = state
      next.setRecord(attempt, .forgotten)
      body(next)
    }
    if state.oldRecord == .committed {
      var next = state
      next.oldRecord = .forgotten
      body(next)
    }
  }
}

extension ModelState {
  fileprivate var hasCommitted: Bool {
    oldRecord == .committed || records.0 == .committed || records.1 == .committed
  }
}

extension CollectorState {
  /// Starts a pass over the listings.
  fileprivate mutating func begin(_ step: Step) {
    self.step = step
    next = 0
    condemned = 0
    listed = 0
    if step == .listTombs, target == 0 || target == 1 { deleted = 0 }
  }

  /// Copies the chunk out of the condemned packs when a root needs it and nobody else has it.
  ///
  /// - Returns: `false` when the model has no more packs.
  fileprivate mutating func evacuate(_ state: inout ModelState, _ variant: BrokenVariant?) -> Bool {
    defer {
      condemned = 0
      listed = 0
    }
    guard isNeeded, listed & ~condemned == 0 else {
      isNeeded = false
      step = .delete
      return true
    }
    if variant == .collectorTakesBackItsTomb {
      state.setTomb(Int(target), nil)
      let rounds = rounds
      self = CollectorState()
      self.rounds = rounds
      return true
    }
    if mask & state.packs == 0 {
      // Its source has vanished: look again.
      isNeeded = false
      begin(.listTombs)
      return true
    }
    guard state.storePack(reusingNames: variant == .packNamesUsedAgain) != nil else { return false }
    isNeeded = false
    step = .delete
    return true
  }
}
