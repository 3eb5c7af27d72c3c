import Glibc

/// Whether this process may mount, give files away and become somebody else.
package let isRoot = geteuid() == 0
