// System calls of durable object stores, without errno: each returns 0 or a count, or the negated error number.
//
// Every call but `snap_open_folder` works relative to a folder's descriptor and follows no symbolic link in the last
// component. None retries EINTR: the caller does, so that tests can inject it.

#ifndef SNAP_DURABLE_H
#define SNAP_DURABLE_H

// No _GNU_SOURCE here: with it, system types look otherwise than in Swift's Glibc module, which the compiler refuses.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

struct snap_object_status {
  uint64_t size;
  int64_t modified_seconds;
  uint32_t modified_nanoseconds;
  uint32_t user;
  uint32_t link_count;
  uint32_t is_file;
  uint32_t is_folder;
};

static inline int snap_result(long value) { return value < 0 ? -errno : (int)value; }

static inline int snap_open_folder(const char *path) {
  return snap_result(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static inline int snap_open_subfolder(int folder, const char *path) {
  return snap_result(openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

// O_NONBLOCK: a fifo put where an object should be must not hang its reader.
static inline int snap_open_object(int folder, const char *path) {
  return snap_result(openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
}

static inline int snap_create_file(int folder, const char *path) {
  return snap_result(openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
}

static inline long snap_write(int file, const void *bytes, size_t count) {
  long written = write(file, bytes, count);
  return written < 0 ? -errno : written;
}

static inline long snap_read_at(int file, void *bytes, size_t count, uint64_t offset) {
  long got = pread(file, bytes, count, (off_t)offset);
  return got < 0 ? -errno : got;
}

static inline int snap_synchronize(int descriptor) { return snap_result(fsync(descriptor)); }

// RENAME_NOREPLACE == 1. EINVAL: the file system cannot (NFS); ENOSYS: the kernel cannot.
static inline int snap_rename_exclusive(int folder, const char *from, const char *to) {
  return snap_result(syscall(SYS_renameat2, folder, from, folder, to, 1u));
}

static inline int snap_rename(int folder, const char *from, const char *to) {
  return snap_result(renameat(folder, from, folder, to));
}

static inline int snap_link(int folder, const char *from, const char *to) {
  return snap_result(linkat(folder, from, folder, to, 0));
}

static inline int snap_unlink(int folder, const char *path) { return snap_result(unlinkat(folder, path, 0)); }

static inline int snap_make_folder(int folder, const char *path) { return snap_result(mkdirat(folder, path, 0700)); }

static inline int snap_allocate(int file, uint64_t count) { return -posix_fallocate(file, 0, (off_t)count); }

static inline int snap_status_of(const struct stat *status, struct snap_object_status *out) {
  out->size = (uint64_t)status->st_size;
  out->modified_seconds = status->st_mtim.tv_sec;
  out->modified_nanoseconds = (uint32_t)status->st_mtim.tv_nsec;
  out->user = status->st_uid;
  out->link_count = (uint32_t)status->st_nlink;
  out->is_file = S_ISREG(status->st_mode);
  out->is_folder = S_ISDIR(status->st_mode);
  return 0;
}

static inline int snap_status(int folder, const char *path, struct snap_object_status *out) {
  struct stat status;
  if (fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  return snap_status_of(&status, out);
}

static inline int snap_descriptor_status(int descriptor, struct snap_object_status *out) {
  struct stat status;
  if (fstat(descriptor, &status) < 0) return -errno;
  return snap_status_of(&status, out);
}

// The f_type of the file system that a descriptor lies on; 0 when it cannot be told.
static inline uint64_t snap_filesystem_type(int descriptor) {
  struct statfs status;
  return fstatfs(descriptor, &status) < 0 ? 0 : (uint64_t)(uint32_t)status.f_type;
}

#endif
