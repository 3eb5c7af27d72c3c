// What a restore asks of the kernel: every call works on one name inside one open folder, never on a path, so that
// no symbolic link can lead it elsewhere.
//
// Names come as bytes and a length, need not end in NUL, and must not hold NUL or '/'. Each function returns 0 (or
// what it says) and, on failure, the negative errno.
#ifndef CLINUX_RESTORING_H
#define CLINUX_RESTORING_H

// No _GNU_SOURCE here: with it, system types look otherwise than in Swift's Glibc module, which the compiler refuses.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

#define RESTORING_NAME_MAX 255

struct restoring_name {
  char text[RESTORING_NAME_MAX + 1];
};

static inline int restoring_copy_name(struct restoring_name *copy, const uint8_t *name, size_t length) {
  if (length == 0 || length > RESTORING_NAME_MAX) return -ENAMETOOLONG;
  memcpy(copy->text, name, length);
  copy->text[length] = 0;
  return 0;
}

#define RESTORING_NAME(variable, bytes, length)                                \
  struct restoring_name variable;                                              \
  {                                                                            \
    int refused = restoring_copy_name(&variable, bytes, length);               \
    if (refused) return refused;                                               \
  }

static inline int restoring_result(int result) { return result < 0 ? -errno : result; }

static inline void restoring_descriptor_path(char *path, size_t size, int descriptor) {
  snprintf(path, size, "/proc/self/fd/%d", descriptor);
}

// Returns a descriptor.
static inline int restoring_open_folder(int folder, const uint8_t *name, size_t length) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(openat(folder, copy.text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static inline int restoring_make_folder(int folder, const uint8_t *name, size_t length, mode_t mode) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(mkdirat(folder, copy.text, mode));
}

// Returns a descriptor of a file that did not exist before.
static inline int restoring_create_file(int folder, const uint8_t *name, size_t length, mode_t mode, int readable) {
  RESTORING_NAME(copy, name, length)
  int flags = (readable ? O_RDWR : O_WRONLY) | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  return restoring_result(openat(folder, copy.text, flags, mode));
}

// Returns a descriptor for reading; fails with ELOOP at a symbolic link and does not wait for a fifo's writer.
static inline int restoring_open_file(int folder, const uint8_t *name, size_t length) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(openat(folder, copy.text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// Returns a descriptor that only names the file, good for restoring_link.
static inline int restoring_name_file(int folder, const uint8_t *name, size_t length) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(openat(folder, copy.text, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

static inline int restoring_status(int folder, const uint8_t *name, size_t length, struct stat *status) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(fstatat(folder, copy.text, status, AT_SYMLINK_NOFOLLOW));
}

static inline int restoring_remove(int folder, const uint8_t *name, size_t length, int is_folder) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(unlinkat(folder, copy.text, is_folder ? AT_REMOVEDIR : 0));
}

static inline int restoring_rename(int folder, const uint8_t *from, size_t from_length, const uint8_t *to,
                                   size_t to_length) {
  RESTORING_NAME(from_copy, from, from_length)
  RESTORING_NAME(to_copy, to, to_length)
  return restoring_result(renameat(folder, from_copy.text, folder, to_copy.text));
}

// Gives the open file itself a further name: what its first name means by now does not matter.
static inline int restoring_link(int descriptor, int folder, const uint8_t *name, size_t length) {
  RESTORING_NAME(copy, name, length)
  if (linkat(descriptor, "", folder, copy.text, AT_EMPTY_PATH) == 0) return 0;
  if (errno != ENOENT && errno != EPERM) return -errno;
  char path[40];
  restoring_descriptor_path(path, sizeof path, descriptor);
  return restoring_result(linkat(AT_FDCWD, path, folder, copy.text, AT_SYMLINK_FOLLOW));
}

// `target` ends in NUL.
static inline int restoring_symbolic_link(const uint8_t *target, int folder, const uint8_t *name, size_t length) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(symlinkat((const char *)target, folder, copy.text));
}

// Returns how many bytes of `target` the link holds.
static inline int restoring_read_link(int folder, const uint8_t *name, size_t length, uint8_t *target,
                                      size_t capacity) {
  RESTORING_NAME(copy, name, length)
  return restoring_result((int)readlinkat(folder, copy.text, (char *)target, capacity));
}

static inline int restoring_make_node(int folder, const uint8_t *name, size_t length, mode_t mode, uint32_t major_number,
                                      uint32_t minor_number) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(mknodat(folder, copy.text, mode, makedev(major_number, minor_number)));
}

static inline int restoring_set_owner_at(int folder, const uint8_t *name, size_t length, uid_t user, gid_t group) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(fchownat(folder, copy.text, user, group, AT_SYMLINK_NOFOLLOW));
}

// Fails with ELOOP at a symbolic link, which plain fchmodat would follow.
static inline int restoring_set_mode_at(int folder, const uint8_t *name, size_t length, mode_t mode) {
  int descriptor = restoring_name_file(folder, name, length);
  if (descriptor < 0) return descriptor;
  struct stat status;
  int result = restoring_result(fstat(descriptor, &status));
  if (result == 0 && S_ISLNK(status.st_mode)) result = -ELOOP;
  if (result == 0) {
    char path[40];
    restoring_descriptor_path(path, sizeof path, descriptor);
    result = restoring_result(chmod(path, mode));
  }
  close(descriptor);
  return result;
}

static inline int restoring_set_time_at(int folder, const uint8_t *name, size_t length, int64_t seconds,
                                        uint32_t nanoseconds) {
  RESTORING_NAME(copy, name, length)
  struct timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                              {.tv_sec = (time_t)seconds, .tv_nsec = (long)nanoseconds}};
  return restoring_result(utimensat(folder, copy.text, times, AT_SYMLINK_NOFOLLOW));
}

static inline int restoring_set_time(int descriptor, int64_t seconds, uint32_t nanoseconds) {
  struct timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                              {.tv_sec = (time_t)seconds, .tv_nsec = (long)nanoseconds}};
  return restoring_result(futimens(descriptor, times));
}

static inline int restoring_set_attribute(int descriptor, const uint8_t *name, size_t length, const uint8_t *value,
                                          size_t value_length) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(fsetxattr(descriptor, copy.text, value, value_length, 0));
}

static inline int restoring_remove_attribute(int descriptor, const uint8_t *name, size_t length) {
  RESTORING_NAME(copy, name, length)
  return restoring_result(fremovexattr(descriptor, copy.text));
}

// The path of a name in an open folder, for calls on extended attributes, which know no folders; none of them follows
// the last component.
#define RESTORING_PATH(variable, folder, copy)                                 \
  char variable[40 + RESTORING_NAME_MAX];                                      \
  snprintf(variable, sizeof variable, "/proc/self/fd/%d/%s", folder, copy.text);

// Sets an attribute of a name that cannot be opened (a symbolic link, a device), without following it.
static inline int restoring_set_attribute_at(int folder, const uint8_t *name, size_t length, const uint8_t *attribute,
                                             size_t attribute_length, const uint8_t *value, size_t value_length) {
  RESTORING_NAME(copy, name, length)
  RESTORING_NAME(attribute_copy, attribute, attribute_length)
  RESTORING_PATH(path, folder, copy)
  return restoring_result(lsetxattr(path, attribute_copy.text, value, value_length, 0));
}

// Returns the length of the list of attribute names, each ending in NUL; with a `capacity` of 0 it only tells it.
static inline int64_t restoring_list_attributes_at(int folder, const uint8_t *name, size_t length, uint8_t *list,
                                                   size_t capacity) {
  RESTORING_NAME(copy, name, length)
  RESTORING_PATH(path, folder, copy)
  ssize_t result = llistxattr(path, (char *)list, capacity);
  return result < 0 ? -errno : result;
}

// Returns the length of the value.
static inline int64_t restoring_get_attribute_at(int folder, const uint8_t *name, size_t length,
                                                 const uint8_t *attribute, size_t attribute_length, uint8_t *value,
                                                 size_t capacity) {
  RESTORING_NAME(copy, name, length)
  RESTORING_NAME(attribute_copy, attribute, attribute_length)
  RESTORING_PATH(path, folder, copy)
  ssize_t result = lgetxattr(path, attribute_copy.text, value, capacity);
  return result < 0 ? -errno : result;
}

// Where the file's next data is, from `offset` on; `offset` itself where the file system cannot tell, and -ENXIO when
// only a hole is left.
static inline int64_t restoring_next_data(int descriptor, int64_t offset) {
  off_t data = lseek(descriptor, offset, 3 /* SEEK_DATA */);
  return data >= 0 ? data : errno == ENXIO ? -ENXIO : offset;
}

// Opens `folder` again for listing, from its first name on; NULL with errno set on failure.
static inline DIR *restoring_list(int folder) {
  int descriptor = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return NULL;
  DIR *list = fdopendir(descriptor);
  if (!list) close(descriptor);
  return list;
}

// The next name but `.` and `..`, valid until the next call; NULL at the end, or with `*failure` set.
static inline const char *restoring_next_name(DIR *list, int *failure) {
  *failure = 0;
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(list);
    if (!entry) {
      *failure = errno;
      return NULL;
    }
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) return entry->d_name;
  }
}

#endif
