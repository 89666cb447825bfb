#include <zip.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/try.hpp"
#include "io/array_source.hpp"
#include "io/error_text.hpp"
#include "io/npy.hpp"
#include "io/npz.hpp"

namespace actz::io {
namespace {

constexpr std::uint64_t kEndOfDirectoryBytes = 22;
/// No deflate stream expands by more: 258 bytes from two bits. A larger claim is a lie told to make us allocate.
constexpr std::uint64_t kMaxDeflateExpansion = 1032;

ErrorCode code_of(const zip_error_t* error) {
  switch (zip_error_code_zip(error)) {
    case ZIP_ER_CRC: return ErrorCode::corrupt_checksum;
    case ZIP_ER_MEMORY: return ErrorCode::out_of_memory;
    case ZIP_ER_COMPNOTSUPP:
    case ZIP_ER_ENCRNOTSUPP:
    case ZIP_ER_NOPASSWD:
    case ZIP_ER_MULTIDISK:
    case ZIP_ER_OPNOTSUPP: return ErrorCode::unsupported;
    default: return ErrorCode::corrupt;
  }
}

Error zip_failure(std::string_view subject, zip_error_t* error) {
  return {code_of(error), Error::kNoOffset, std::string(subject) + ": " + zip_error_strerror(error)};
}

/// An open archive and the memory it lies in.
class Archive {
 public:
  static Result<std::shared_ptr<Archive>> open(std::shared_ptr<ByteInput> input) {
    const auto data = *input->in_memory();
    const auto archive = std::make_shared<Archive>();
    archive->input_ = std::move(input);
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* const source = zip_source_buffer_create(data.data(), data.size(), 0, &error);
    if (source != nullptr) archive->handle_ = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (archive->handle_ == nullptr) {
      const Error failure = open_failure(data, &error);
      if (source != nullptr) zip_source_free(source);
      zip_error_fini(&error);
      return failure;
    }
    zip_error_fini(&error);
    return archive;
  }

  Archive() = default;
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  ~Archive() {
    if (handle_ != nullptr) zip_discard(handle_);
  }
  zip_t* handle() const { return handle_; }

 private:
  // libzip does not tell a cut archive from something else: what is missing from a cut one is the directory.
  static Error open_failure(std::span<const std::byte> data, zip_error_t* error) {
    const bool begins_as_zip = data.size() >= 4 && std::memcmp(data.data(), "PK\3\4", 4) == 0;
    if (zip_error_code_zip(error) != ZIP_ER_NOZIP) return zip_failure("npz", error);
    if (!begins_as_zip) return {ErrorCode::corrupt_signature, 0, "not a zip archive"};
    return {ErrorCode::need_more_input, data.size(), "npz ends before the directory of its members"};
  }

  std::shared_ptr<ByteInput> input_;
  zip_t* handle_ = nullptr;
};

/// The bytes of one member. Going back needs a stored member; a deflated one is only read to its end once.
class MemberInput final : public ByteInput {
 public:
  static Result<std::shared_ptr<ByteInput>> open(std::shared_ptr<Archive> archive, const zip_stat_t& member) {
    zip_file_t* const file = zip_fopen_index(archive->handle(), member.index, 0);
    const std::string name = "npz member " + in_quotes(member.name);
    if (file == nullptr) return zip_failure(name, zip_get_error(archive->handle()));
    return std::shared_ptr<ByteInput>(std::make_shared<MemberInput>(std::move(archive), member, name, file));
  }

  MemberInput(std::shared_ptr<Archive> archive, const zip_stat_t& member, std::string name, zip_file_t* file)
      : archive_(std::move(archive)),
        size_bytes_(member.size),
        is_stored_(member.comp_method == ZIP_CM_STORE),
        name_(std::move(name)),
        file_(file) {}
  MemberInput(const MemberInput&) = delete;
  MemberInput& operator=(const MemberInput&) = delete;
  ~MemberInput() override { zip_fclose(file_); }

  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) override {
    ACTZ_CHECK(seek(offset_bytes));
    while (!to.empty()) {
      const zip_int64_t got_bytes = zip_fread(file_, to.data(), to.size());
      if (got_bytes < 0) return zip_failure(name_, zip_file_get_error(file_));
      if (got_bytes == 0) {
        return Error{ErrorCode::need_more_input, position_bytes_, name_ + " ends early"};
      }
      position_bytes_ += static_cast<std::uint64_t>(got_bytes);
      to = to.subspan(static_cast<std::size_t>(got_bytes));
    }
    return {};
  }

  /// Reading past the end is what makes libzip compare the CRC-32.
  Result<bool> ends_at(std::uint64_t offset_bytes) override {
    std::byte beyond{};
    const Status status = read_at(offset_bytes, {&beyond, 1});
    if (status) return false;
    if (status.error().code == ErrorCode::need_more_input) return true;
    return status.error();
  }

  std::optional<std::uint64_t> size_bytes() const override { return size_bytes_; }
  bool rewindable() const override { return is_stored_; }

 private:
  Status seek(std::uint64_t offset_bytes) {
    if (offset_bytes == position_bytes_) return {};
    if (zip_fseek(file_, static_cast<zip_int64_t>(offset_bytes), SEEK_SET) != 0) {
      return zip_failure(name_, zip_file_get_error(file_));
    }
    position_bytes_ = offset_bytes;
    return {};
  }

  std::shared_ptr<Archive> archive_;
  std::uint64_t size_bytes_;
  bool is_stored_;
  std::string name_;
  zip_file_t* file_;
  std::uint64_t position_bytes_ = 0;
};

Result<zip_stat_t> member_stat(const Archive& archive, zip_uint64_t index) {
  zip_stat_t member;
  zip_stat_init(&member);
  if (zip_stat_index(archive.handle(), index, 0, &member) != 0) {
    return zip_failure("npz directory", zip_get_error(archive.handle()));
  }
  constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if ((member.valid & kNeeded) != kNeeded) {
    return Error{ErrorCode::corrupt, Error::kNoOffset, "npz member " + std::to_string(index) + " has no size"};
  }
  return member;
}

Status check_member(const zip_stat_t& member) {
  const std::string name = "npz member " + in_quotes(member.name);
  if ((member.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && member.encryption_method != ZIP_EM_NONE) {
    return Error{ErrorCode::unsupported, Error::kNoOffset, name + " is encrypted"};
  }
  if (member.comp_method != ZIP_CM_STORE && member.comp_method != ZIP_CM_DEFLATE) {
    return Error{ErrorCode::unsupported, Error::kNoOffset,
                 name + " is compressed by method " + std::to_string(member.comp_method)};
  }
  const bool is_plausible = member.comp_method == ZIP_CM_STORE ? member.size == member.comp_size
                                                               : member.size / kMaxDeflateExpansion <= member.comp_size;
  if (!is_plausible) {
    return Error{ErrorCode::corrupt_bounds, Error::kNoOffset, name + " claims a size that its data cannot have"};
  }
  return {};
}

std::string tensor_name(std::string_view member_name) {
  constexpr std::string_view kEnding = ".npy";
  if (member_name.ends_with(kEnding)) member_name.remove_suffix(kEnding.size());
  return std::string(member_name);
}

class NpzCollection final : public TensorCollection {
 public:
  explicit NpzCollection(std::shared_ptr<Archive> archive) : archive_(std::move(archive)) {}

  Status list() {
    const zip_int64_t count = zip_get_num_entries(archive_->handle(), 0);
    std::unordered_set<std::string> names;
    for (zip_int64_t index = 0; index < count; ++index) {
      ACTZ_TRY(const zip_stat_t member, member_stat(*archive_, static_cast<zip_uint64_t>(index)));
      ACTZ_CHECK(check_member(member));
      ACTZ_TRY(const auto input, MemberInput::open(archive_, member));
      ACTZ_TRY(ArrayLayout layout, layout_of(*input, member.name));
      if (!names.insert(layout.info.name).second) {
        return Error{ErrorCode::corrupt, Error::kNoOffset, "npz has two members named " + in_quotes(layout.info.name)};
      }
      infos_.push_back(std::move(layout.info));
    }
    return {};
  }

  const std::vector<TensorInfo>& tensors() const override { return infos_; }

  Result<std::unique_ptr<TensorSource>> open(std::size_t index) override {
    return without_exceptions([&]() -> Result<std::unique_ptr<TensorSource>> {
      if (index >= infos_.size()) return no_such_tensor(index, infos_.size());
      ACTZ_TRY(const zip_stat_t member, member_stat(*archive_, index));
      ACTZ_TRY(auto input, MemberInput::open(archive_, member));
      ACTZ_TRY(ArrayLayout layout, layout_of(*input, member.name));
      if (!input->rewindable()) {
        ACTZ_TRY(input, inflated(archive_, member));
      }
      return make_array_source(std::move(input), std::move(layout));
    });
  }

 private:
  static Result<ArrayLayout> layout_of(ByteInput& input, const char* member_name) {
    auto layout = read_npy_layout(input, tensor_name(member_name));
    if (layout) return layout;
    Error error = std::move(layout).error();
    // Offsets inside a member say nothing about the file, and a member that ends early will not grow.
    error.byte_offset = Error::kNoOffset;
    if (error.code == ErrorCode::corrupt_signature)
      error = {ErrorCode::unsupported, Error::kNoOffset, "not an npy file"};
    if (error.code == ErrorCode::need_more_input) error.code = ErrorCode::corrupt_bounds;
    error.message = "npz member " + in_quotes(member_name) + ": " + error.message;
    return error;
  }

  static Result<std::shared_ptr<ByteInput>> inflated(const std::shared_ptr<Archive>& archive,
                                                     const zip_stat_t& member) {
    ACTZ_TRY(const auto input, MemberInput::open(archive, member));
    ACTZ_TRY(std::vector<std::byte> data, read_growing(*input, 0, member.size));
    ACTZ_TRY(const bool ends, input->ends_at(member.size));
    if (!ends) {
      return Error{ErrorCode::corrupt_bounds, Error::kNoOffset,
                   "npz member " + in_quotes(member.name) + " is longer than its size"};
    }
    return make_memory_input(std::move(data));
  }

  std::shared_ptr<Archive> archive_;
  std::vector<TensorInfo> infos_;
};

}  // namespace

Result<std::unique_ptr<TensorCollection>> open_npz(std::shared_ptr<ByteInput> input) {
  if (const std::uint64_t input_bytes = input->in_memory()->size(); input_bytes < kEndOfDirectoryBytes) {
    // libzip would take an empty file for an empty archive.
    return Error{ErrorCode::need_more_input, input_bytes, "npz ends before the directory of its members"};
  }
  ACTZ_TRY(auto archive, Archive::open(std::move(input)));
  auto collection = std::make_unique<NpzCollection>(std::move(archive));
  ACTZ_CHECK(collection->list());
  return std::unique_ptr<TensorCollection>(std::move(collection));
}

}  // namespace actz::io
