/// Ways to break the protocol, each of which loses data in some order of steps.
package enum BrokenVariant: CaseIterable, Sendable {
  /// Names of packs are used again, as names made of the content would be.
  case packNamesUsedAgain
  case saverListsPacksBeforeTombs
  case saverPublishesNoPendingRecord
  case collectorListsRootsBeforeItsTomb
  case collectorIgnoresTombsOfOthers
  case saverSkipsTheCheck
  /// What is needed is kept by dropping the tomb, in place of being copied out.
  case collectorTakesBackItsTomb
  /// A save whose pending record was taken away creates its version all the same.
  case reapedSaverCommits
  case tombRemovedBeforeItsPacks
  /// A save that goes from `pending/` to `snapshots/` between the two listings is seen in neither.
  case collectorListsSnapshotsOnlyBeforePending
  /// The record is deleted in `pending/` before it is created in `snapshots/`.
  case commitDeletesFirst
}
