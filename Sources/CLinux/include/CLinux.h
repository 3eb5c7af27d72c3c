/// System calls and constants that the Glibc module does not offer to Swift.
///
/// Every function returns what the system call returns: -1 and `errno` on failure.
#ifndef CLINUX_H
#define CLINUX_H
#include "durable.h"

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

extern const int linux_O_NOATIME;
extern const int linux_O_PATH;
extern const int linux_AT_EMPTY_PATH;
extern const int linux_SEEK_DATA;
extern const int linux_SEEK_HOLE;
extern const int linux_POSIX_SPAWN_SETSID;

/// Reads directory records (`struct linux_dirent64`) into `buffer`; 0 at the end.
ssize_t linux_getdents64(int directory, void *_Nonnull buffer, size_t capacity);

/// Opens `path` below `directory`, passing no symbolic link and leaving neither it nor its magic links.
///
/// Fails with ENOSYS before Linux 5.6, and with EPERM under some system call filters.
int linux_open_beneath(int directory, const char *_Nonnull path, int flags);

ssize_t linux_llistxattr(const char *_Nonnull path, char *_Nullable list, size_t capacity);
ssize_t linux_lgetxattr(const char *_Nonnull path, const char *_Nonnull name, void *_Nullable value, size_t capacity);

ssize_t linux_flistxattr(int file, char *_Nullable list, size_t capacity);
ssize_t linux_fgetxattr(int file, const char *_Nonnull name, void *_Nullable value, size_t capacity);

/// The parts of a `dev_t`.
uint32_t linux_major(uint64_t device);
uint32_t linux_minor(uint64_t device);

/// Makes a program that is spawned with `actions` start in `folder` (`posix_spawn_file_actions_addchdir_np`).
int linux_spawn_in_folder(posix_spawn_file_actions_t *_Nonnull actions, const char *_Nullable folder);

/// Keeps a secret in the kernel for this user's processes (keyrings(7)): -1 and `errno` when that cannot be.
int linux_remember_secret(const char *_Nonnull name, const void *_Nonnull secret, size_t count, unsigned seconds);
/// Reads it back: how many bytes it has (at most `capacity` of them are written), or -1.
long linux_recall_secret(const char *_Nonnull name, void *_Nonnull secret, size_t capacity);
int linux_forget_secret(const char *_Nonnull name);

/// Core dumps off, no debugger of this user, and crash handlers that print memory removed.
void linux_guard_secrets(void);

#include "restoring.h"
/// One heap for all threads, which keeps what is freed and is made of huge pages where the kernel gives them
/// (mallopt(3), madvise(2)).
void linux_prepare_heap(void);

#endif
