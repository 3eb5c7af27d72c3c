import Glibc

/// Processors that this process may run on (`sched_getaffinity` is behind `nproc`; here the online ones serve).
package let processorCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
