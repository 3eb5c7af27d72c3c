#define _GNU_SOURCE
#include "CLinux.h"

#include <malloc.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

const int linux_O_NOATIME = O_NOATIME;
const int linux_O_PATH = O_PATH;
const int linux_AT_EMPTY_PATH = AT_EMPTY_PATH;
const int linux_SEEK_DATA = SEEK_DATA;
const int linux_SEEK_HOLE = SEEK_HOLE;
const int linux_POSIX_SPAWN_SETSID = POSIX_SPAWN_SETSID;

ssize_t linux_getdents64(int directory, void *buffer, size_t capacity) {
  return syscall(SYS_getdents64, directory, buffer, capacity);
}

// The kernel's `struct open_how` and flags, spelled out so that older headers compile it too.
struct beneath_how {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};
enum { resolve_no_magic_links = 0x02, resolve_no_symlinks = 0x04, resolve_beneath = 0x08 };
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

int linux_open_beneath(int directory, const char *path, int flags) {
  struct beneath_how how = {
      .flags = (uint64_t)(unsigned)flags,
      .resolve = resolve_no_magic_links | resolve_no_symlinks | resolve_beneath,
  };
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

ssize_t linux_llistxattr(const char *path, char *list, size_t capacity) { return llistxattr(path, list, capacity); }

ssize_t linux_lgetxattr(const char *path, const char *name, void *value, size_t capacity) {
  return lgetxattr(path, name, value, capacity);
}

ssize_t linux_flistxattr(int file, char *list, size_t capacity) { return flistxattr(file, list, capacity); }

ssize_t linux_fgetxattr(int file, const char *name, void *value, size_t capacity) {
  return fgetxattr(file, name, value, capacity);
}

uint32_t linux_major(uint64_t device) { return major(device); }
uint32_t linux_minor(uint64_t device) { return minor(device); }

int linux_spawn_in_folder(posix_spawn_file_actions_t *actions, const char *folder) {
  return posix_spawn_file_actions_addchdir_np(actions, folder);
}

void linux_limit_arenas(int count) { mallopt(M_ARENA_MAX, count); }

const void *linux_find(const void *text, size_t length, const void *needle, size_t needle_length) {
  return memmem(text, length, needle, needle_length);
}
