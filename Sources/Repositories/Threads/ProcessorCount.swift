import Glibc

/// Processors that are online, whether or not this process may run on them.
package let processorCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
