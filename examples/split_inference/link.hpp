#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "actz/result.hpp"

/// A stream between two processes: unix:PATH, or HOST:PORT over TCP.
class Link {
 public:
  static actz::Result<Link> connect(const std::string& address);
  ~Link();
  Link(Link&& other) noexcept;
  Link& operator=(Link&&) = delete;

  /// Errors: io, also if the other end has closed.
  actz::Status send(std::span<const std::byte> bytes);
  /// Fills all of `to`. Errors: io; need_more_input, if the other end closes before.
  actz::Status receive(std::span<std::byte> to);
  /// Whether the other end has closed, with nothing left to receive; waits for the one or the other.
  bool at_end();
  void finish_sending();

 private:
  friend class Listener;
  explicit Link(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

class Listener {
 public:
  static actz::Result<Listener> open(const std::string& address);
  ~Listener();
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;

  actz::Result<Link> accept();

 private:
  explicit Listener(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};
