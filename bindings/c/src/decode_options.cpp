#include <thread>

#include "arrays.hpp"
#include "base/try.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "sized_struct.hpp"

namespace actz::c_abi {

unsigned thread_count(std::uint32_t wanted) {
  return wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

Result<DecodeOptions> read_decode_options(const actz_decode_options* given) {
  ACTZ_TRY(const auto from, read_struct(given));
  DecodeOptions out;
  out.threads = thread_count(from.threads);
  ACTZ_TRY(const auto profiles, borrow_list(from.profiles, from.profile_count));
  for (const actz_profile* profile : profiles) {
    if (profile == nullptr) return bad_argument("a profile is missing");
    out.profiles.push_back(profile->profile);
  }
  ACTZ_TRY(const auto required, borrow_list(from.required, from.required_count));
  for (const char* pair : required) {
    const std::string_view text = pair == nullptr ? std::string_view() : pair;
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos) return bad_argument("required is not KEY=VALUE");
    out.required.push_back({std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))});
  }
  if (from.max_chunk_bytes != 0) out.limits.max_chunk_bytes = from.max_chunk_bytes;
  if (from.max_header_bytes != 0) out.limits.max_header_bytes = from.max_header_bytes;
  if (from.max_section_bytes != 0) out.limits.max_section_bytes = from.max_section_bytes;
  if (from.max_tensor_bytes != 0) out.limits.max_tensor_bytes = from.max_tensor_bytes;
  if (from.max_tensors != 0) out.limits.max_tensors = from.max_tensors;
  out.progress = from.progress;
  out.progress_context = from.progress_context;
  return out;
}

}  // namespace actz::c_abi
