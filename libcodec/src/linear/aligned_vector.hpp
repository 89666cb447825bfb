#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace actz {

/// Cache lines, and the widest vector of any kernel.
inline constexpr std::size_t kVectorBytes = 64;

/// Allocates whole cache lines, so that no vector of a kernel straddles two.
template <class T>
struct AlignedAllocator {
  using value_type = T;

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{kVectorBytes}));
  }
  void deallocate(T* first, std::size_t) noexcept { ::operator delete (first, std::align_val_t{kVectorBytes}); }

  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

/// A vector whose first element is aligned to kVectorBytes.
template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace actz
