#define _GNU_SOURCE
#include "CLinux.h"

#include <malloc.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

enum { heap_bytes = 128 << 20, huge_page_bytes = 2 << 20 };

static int is_limited(int resource) {
  struct rlimit limit;
  return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < 8UL * heap_bytes;
}

void linux_prepare_heap(void) {
  mallopt(M_ARENA_MAX, 1);
  // Little as the reserve is, there it would be missed.
  if (is_limited(RLIMIT_AS) || is_limited(RLIMIT_DATA)) return;
  // Frames and their tables stay in the heap instead of being mapped, and cleared by the kernel, each time.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 2 * heap_bytes);
  // Reserved at once, for the advice holds for what is there; no memory is taken until it is written to.
  mallopt(M_TOP_PAD, heap_bytes);
  char *first = malloc(huge_page_bytes);
  mallopt(M_TOP_PAD, 1 << 20);
  if (!first) return;
  char *start = (char *)(((uintptr_t)first + huge_page_bytes - 1) & ~(uintptr_t)(huge_page_bytes - 1));
  char *end = sbrk(0);
  if (end > start) madvise(start, end - start, MADV_HUGEPAGE);
  free(first);
}

// KEYCTL_* and KEY_* of linux/keyctl.h and keyrings(7); libkeyutils would be one more library for four system calls.
enum { user_keyring = -4, ctl_revoke = 3, ctl_setperm = 5, ctl_search = 10, ctl_read = 11, ctl_set_timeout = 15 };

int linux_remember_secret(const char *name, const void *secret, size_t count, unsigned seconds) {
  long key = syscall(SYS_add_key, "user", name, secret, count, user_keyring);
  if (key < 0) return -1;
  // The user may view, read, write and search: possession is not given in every session (pam_keyinit(8)).
  if (syscall(SYS_keyctl, ctl_setperm, key, 0x3f0f0000L) < 0 || syscall(SYS_keyctl, ctl_set_timeout, key, seconds) < 0) {
    int failure = errno;
    syscall(SYS_keyctl, ctl_revoke, key);
    errno = failure;
    return -1;
  }
  return 0;
}

static long find_secret(const char *name) { return syscall(SYS_keyctl, ctl_search, user_keyring, "user", name, 0); }

long linux_recall_secret(const char *name, void *secret, size_t capacity) {
  long key = find_secret(name);
  return key < 0 ? -1 : syscall(SYS_keyctl, ctl_read, key, secret, capacity);
}

int linux_forget_secret(const char *name) {
  long key = find_secret(name);
  return key < 0 ? -1 : (int)syscall(SYS_keyctl, ctl_revoke, key);
}

void linux_guard_secrets(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
  int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGABRT, SIGTRAP, SIGFPE, SIGQUIT};
  for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL);
}
