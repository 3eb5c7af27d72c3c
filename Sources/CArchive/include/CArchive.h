// The part of libarchive's interface that reading a tar takes, found when it is first asked for.
//
// Linked, libarchive and the five libraries behind it would cost every start 2 ms (docs/decisions/libarchive-on-demand.md).
// The declarations follow archive.h and archive_entry.h of libarchive 3, whose library is `libarchive.so.13`.

#ifndef SNAP_CARCHIVE_H
#define SNAP_CARCHIVE_H

#include <stdint.h>
#include <sys/types.h>

struct archive;
struct archive_entry;

enum {
  snap_archive_eof = 1,
  snap_archive_ok = 0,
  // The operation succeeded; something of it is worth a word.
  snap_archive_warn = -20,
};

typedef ssize_t (*snap_archive_read)(struct archive *_Nonnull, void *_Nonnull client,
                                     const void *_Nullable *_Nonnull buffer);

struct snap_archive_functions {
  struct archive *_Nullable (*_Nonnull read_new)(void);
  int (*_Nonnull read_support_format_tar)(struct archive *_Nonnull);
  int (*_Nonnull read_open)(struct archive *_Nonnull, void *_Nonnull client, void *_Nullable open,
                            snap_archive_read _Nonnull, void *_Nullable close);
  int (*_Nonnull read_next_header)(struct archive *_Nonnull, struct archive_entry *_Nullable *_Nonnull);
  int (*_Nonnull read_data_block)(struct archive *_Nonnull, const void *_Nullable *_Nonnull, size_t *_Nonnull,
                                  int64_t *_Nonnull);
  const char *_Nullable (*_Nonnull error_string)(struct archive *_Nonnull);
  // Of filter 0: how many bytes of the tar were used, the mark of its end counted.
  int64_t (*_Nonnull filter_bytes)(struct archive *_Nonnull, int filter);
  int (*_Nonnull read_free)(struct archive *_Nonnull);

  const char *_Nullable (*_Nonnull entry_pathname)(struct archive_entry *_Nonnull);
  const char *_Nullable (*_Nonnull entry_hardlink)(struct archive_entry *_Nonnull);
  const char *_Nullable (*_Nonnull entry_symlink)(struct archive_entry *_Nonnull);
  mode_t (*_Nonnull entry_filetype)(struct archive_entry *_Nonnull);
  mode_t (*_Nonnull entry_perm)(struct archive_entry *_Nonnull);
  int64_t (*_Nonnull entry_size)(struct archive_entry *_Nonnull);
  int64_t (*_Nonnull entry_uid)(struct archive_entry *_Nonnull);
  int64_t (*_Nonnull entry_gid)(struct archive_entry *_Nonnull);
  const char *_Nullable (*_Nonnull entry_uname)(struct archive_entry *_Nonnull);
  const char *_Nullable (*_Nonnull entry_gname)(struct archive_entry *_Nonnull);
  time_t (*_Nonnull entry_mtime)(struct archive_entry *_Nonnull);
  long (*_Nonnull entry_mtime_nsec)(struct archive_entry *_Nonnull);
  dev_t (*_Nonnull entry_rdevmajor)(struct archive_entry *_Nonnull);
  dev_t (*_Nonnull entry_rdevminor)(struct archive_entry *_Nonnull);
  int (*_Nonnull entry_xattr_reset)(struct archive_entry *_Nonnull);
  int (*_Nonnull entry_xattr_next)(struct archive_entry *_Nonnull, const char *_Nullable *_Nonnull name,
                                   const void *_Nullable *_Nonnull value, size_t *_Nonnull);
};

// The functions; NULL when the library or one of them is not there. Not for several threads at once.
const struct snap_archive_functions *_Nullable snap_archive_load(void);

#endif
