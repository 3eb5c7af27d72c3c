#include "CArchive.h"

#include <dlfcn.h>
#include <stddef.h>

const struct snap_archive_functions *snap_archive_load(void) {
  static struct snap_archive_functions functions;
  // Stays loaded: the process ends soon after.
  void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
  if (!library) return NULL;
#define SNAP_FIND(field) \
  if (!(*(void **)&functions.field = dlsym(library, "archive_" #field))) return NULL
  SNAP_FIND(read_new);
  SNAP_FIND(read_support_format_tar);
  SNAP_FIND(read_open);
  SNAP_FIND(read_next_header);
  SNAP_FIND(read_data_block);
  SNAP_FIND(error_string);
  SNAP_FIND(filter_bytes);
  SNAP_FIND(read_free);
  SNAP_FIND(entry_pathname);
  SNAP_FIND(entry_hardlink);
  SNAP_FIND(entry_symlink);
  SNAP_FIND(entry_filetype);
  SNAP_FIND(entry_perm);
  SNAP_FIND(entry_size);
  SNAP_FIND(entry_uid);
  SNAP_FIND(entry_gid);
  SNAP_FIND(entry_uname);
  SNAP_FIND(entry_gname);
  SNAP_FIND(entry_mtime);
  SNAP_FIND(entry_mtime_nsec);
  SNAP_FIND(entry_rdevmajor);
  SNAP_FIND(entry_rdevminor);
  SNAP_FIND(entry_xattr_reset);
  SNAP_FIND(entry_xattr_next);
#undef SNAP_FIND
  return &functions;
}
