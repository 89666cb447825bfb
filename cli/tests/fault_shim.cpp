// Preloaded into a process, it counts the calls that change files and makes one of them go wrong.
//   ACTZ_FAULT=KIND:N    KIND is kill (the process dies there, as by kill -9), or ENOSPC or EIO (the call fails)
//   ACTZ_FAULT=KIND:N+   from the Nth call on, all fail
// For errors only those calls count that want space or write: write, pwrite, fsync. What goes to standard output and
// standard error is left alone.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace {

long calls = 0;

/// Whether this call must fail; does not come back if the process is to die. @param writes  it can fail for an error.
bool fails(bool writes) {
  const char* const fault = std::getenv("ACTZ_FAULT");
  if (fault == nullptr) return false;
  const bool kills = std::strncmp(fault, "kill:", 5) == 0;
  if (!kills && !writes) return false;
  const char* const number = std::strchr(fault, ':') + 1;
  const long wanted = std::strtol(number, nullptr, 10);
  const bool stays = std::strchr(number, '+') != nullptr;
  ++calls;
  if (calls != wanted && !(stays && calls > wanted)) return false;
  if (kills) std::raise(SIGKILL);
  errno = std::strncmp(fault, "EIO", 3) == 0 ? EIO : ENOSPC;
  return true;
}

/// The function that would have been called.
template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* data, size_t bytes) {
  if (descriptor > STDERR_FILENO && fails(true)) return -1;
  return next<ssize_t(int, const void*, size_t)>("write")(descriptor, data, bytes);
}
ssize_t pwrite(int descriptor, const void* data, size_t bytes, off_t at) {
  if (fails(true)) return -1;
  return next<ssize_t(int, const void*, size_t, off_t)>("pwrite")(descriptor, data, bytes, at);
}
int fsync(int descriptor) { return fails(true) ? -1 : next<int(int)>("fsync")(descriptor); }
int ftruncate(int descriptor, off_t bytes) noexcept {
  return fails(false) ? -1 : next<int(int, off_t)>("ftruncate")(descriptor, bytes);
}
int unlink(const char* path) noexcept { return fails(false) ? -1 : next<int(const char*)>("unlink")(path); }
int rename(const char* from, const char* to) noexcept {
  return fails(false) ? -1 : next<int(const char*, const char*)>("rename")(from, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  using Function = int(int, const char*, int, const char*, unsigned);
  return fails(false) ? -1 : next<Function>("renameat2")(from_folder, from, to_folder, to, flags);
}
int link(const char* from, const char* to) noexcept {
  return fails(false) ? -1 : next<int(const char*, const char*)>("link")(from, to);
}

}  // extern "C"
