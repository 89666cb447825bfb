#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "actz/streams.hpp"

namespace actz {

/// A source whose small reads, in nearly ascending order, take few reads of the one beneath: what is asked for comes
/// with what follows it. A read from an object store costs tens of milliseconds, however short it is.
class ReadAhead final : public ByteSource {
 public:
  static constexpr std::size_t kWindowBytes = 1u << 14;

  /// @param source  borrowed.
  explicit ReadAhead(const ByteSource& source) : source_(source) {}

  std::uint64_t size_bytes() const override { return source_.size_bytes(); }
  /// From one thread at a time. A place that cannot be read harms only those who ask for it.
  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const override;
  /// Reads the last bytes, and keeps them beside what is read later.
  void load_end();

 private:
  struct Window {
    std::uint64_t offset_bytes = 0;
    std::vector<std::byte> bytes;
    /// False: it does not hold all of them.
    bool copy(std::uint64_t offset, std::span<std::byte> to) const;
    /// Stays empty if the source fails.
    void load(const ByteSource& source, std::uint64_t offset);
  };

  const ByteSource& source_;
  mutable Window latest_;
  Window end_;
};

}  // namespace actz
