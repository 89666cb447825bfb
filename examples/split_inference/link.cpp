#include "link.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace {

const std::string kUnix = "unix:";

actz::Error refused(const std::string& what) {
  return {actz::ErrorCode::io, actz::Error::kNoOffset, what + ": " + std::strerror(errno)};
}

/// What an earlier listener left; nothing else.
void remove_old_socket(const char* path) {
  struct stat found {};
  if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode)) unlink(path);
}

/// A socket of an address, after `bind` or `connect` has taken it.
template <class Take>
actz::Result<int> open_socket(const std::string& address, Take take) {
  if (address.starts_with(kUnix)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string path = address.substr(kUnix.size());
    if (path.empty() || path.size() >= sizeof(name.sun_path))
      return actz::Error{actz::ErrorCode::bad_argument, actz::Error::kNoOffset,
                         "a path is too long or missing: " + address};
    path.copy(name.sun_path, path.size());
    const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (descriptor >= 0 && take(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0)
      return descriptor;
    const actz::Error error = refused(address);
    if (descriptor >= 0) close(descriptor);
    return error;
  }
  const std::size_t colon = address.rfind(':');
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (colon == std::string::npos ||
      getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0)
    return actz::Error{actz::ErrorCode::bad_argument, actz::Error::kNoOffset, "no such address: " + address};
  const int descriptor = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  const bool taken = descriptor >= 0 && take(descriptor, found->ai_addr, found->ai_addrlen) == 0;
  freeaddrinfo(found);
  if (taken) {
    const int yes = 1;  // a packet of a token is to leave at once
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    return descriptor;
  }
  const actz::Error error = refused(address);
  if (descriptor >= 0) close(descriptor);
  return error;
}

}  // namespace

actz::Result<Link> Link::connect(const std::string& address) {
  const auto descriptor = open_socket(address, ::connect);
  if (!descriptor) return descriptor.error();
  return Link(*descriptor);
}

Link::~Link() {
  if (descriptor_ >= 0) close(descriptor_);
}
Link::Link(Link&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

actz::Status Link::send(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return refused("the other end does not take more");
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return {};
}

actz::Status Link::receive(std::span<std::byte> to) {
  while (!to.empty()) {
    const ssize_t got = recv(descriptor_, to.data(), to.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused("nothing comes from the other end");
    if (got == 0)
      return actz::Error{actz::ErrorCode::need_more_input, actz::Error::kNoOffset,
                         "the other end has closed the connection"};
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

bool Link::at_end() {
  char one = 0;
  return recv(descriptor_, &one, 1, MSG_PEEK) <= 0;
}

void Link::finish_sending() { shutdown(descriptor_, SHUT_WR); }

actz::Result<Listener> Listener::open(const std::string& address) {
  const auto bind_anew = [](int descriptor, const sockaddr* name, socklen_t bytes) {
    const int yes = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (name->sa_family == AF_UNIX) remove_old_socket(reinterpret_cast<const sockaddr_un*>(name)->sun_path);
    return bind(descriptor, name, bytes);
  };
  const auto descriptor = open_socket(address, bind_anew);
  if (!descriptor) return descriptor.error();
  Listener out(*descriptor);
  if (listen(*descriptor, 1) != 0) return refused(address);
  return out;
}

Listener::~Listener() {
  if (descriptor_ >= 0) close(descriptor_);
}
Listener::Listener(Listener&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

actz::Result<Link> Listener::accept() {
  const int descriptor = ::accept(descriptor_, nullptr, nullptr);
  if (descriptor < 0) return refused("nobody connects");
  const int yes = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));  // fails on a Unix socket, which needs none
  return Link(descriptor);
}
