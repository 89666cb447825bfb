#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/byte_writer.hpp"
#include "base/checked_math.hpp"
#include "base/try.hpp"
#include "io/error_text.hpp"
#include "io/npy.hpp"
#include "io/npz.hpp"
#include "io/plain_sink.hpp"
#include "io/utf8.hpp"

namespace actz::io {
namespace {

// Signatures and constants of PKWARE's APPNOTE 6.3.
constexpr std::uint32_t kLocalSignature = 0x04034B50;
constexpr std::uint32_t kDescriptorSignature = 0x08074B50;
constexpr std::uint32_t kCentralSignature = 0x02014B50;
constexpr std::uint32_t kEndSignature = 0x06054B50;
constexpr std::uint32_t kZip64EndSignature = 0x06064B50;
constexpr std::uint32_t kZip64LocatorSignature = 0x07064B50;
constexpr std::uint16_t kZip64ExtraId = 1;
constexpr std::uint16_t kFlags = 1u << 3 | 1u << 11;  // sizes and CRC-32 after the data; names in UTF-8
constexpr std::uint16_t kStoredMethod = 0;
constexpr std::uint16_t kVersionPlain = 20;
constexpr std::uint16_t kVersionZip64 = 45;
constexpr std::uint16_t kMadeByUnix = 3 << 8 | kVersionZip64;
constexpr std::uint32_t kRegularFileMode = 0100644u << 16;  // for those who unpack
constexpr std::uint16_t kDosTime = 0;
constexpr std::uint16_t kDosDate = 1 << 5 | 1;      // 1980-01-01
constexpr std::uint32_t kElsewhere32 = 0xFFFFFFFF;  // "see the zip64 record"
constexpr std::uint16_t kElsewhere16 = 0xFFFF;
constexpr std::uint64_t kZip64EndRestBytes = 44;  // what follows the length field of that record
constexpr std::size_t kMaxMemberNameBytes = 0xFFFF;

struct Member {
  std::string name;
  std::vector<std::byte> npy_header;
  std::uint64_t member_bytes = 0;  // header and data
  std::uint64_t offset_bytes = 0;
  std::uint32_t crc32 = 0;
  bool is_zip64() const { return member_bytes >= kElsewhere32; }
};

std::uint32_t field32(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, kElsewhere32));
}

void write_method_and_time(ByteWriter& out) {
  out.u16(kFlags);
  out.u16(kStoredMethod);
  out.u16(kDosTime);
  out.u16(kDosDate);
}

void write_local_header(ByteWriter& out, const Member& member) {
  out.u32(kLocalSignature);
  out.u16(member.is_zip64() ? kVersionZip64 : kVersionPlain);
  write_method_and_time(out);
  out.u32(0);  // CRC-32: in the descriptor
  const std::uint32_t size_field = member.is_zip64() ? kElsewhere32 : 0;
  out.u32(size_field);
  out.u32(size_field);
  out.u16(static_cast<std::uint16_t>(member.name.size()));
  out.u16(member.is_zip64() ? 20 : 0);  // bytes of the extra field
  out.bytes(std::as_bytes(std::span(member.name)));
  if (member.is_zip64()) {
    out.u16(kZip64ExtraId);
    out.u16(16);
    out.u64(member.member_bytes);
    out.u64(member.member_bytes);
  }
}

// noinline: g++ 12 -O3 otherwise warns of an overflow in std::vector::resize that cannot happen (-Wstringop-overflow).
[[gnu::noinline]] void write_data_descriptor(ByteWriter& out, const Member& member) {
  out.u32(kDescriptorSignature);
  out.u32(member.crc32);
  for (int copy = 0; copy < 2; ++copy) {  // compressed, uncompressed
    if (member.is_zip64()) {
      out.u64(member.member_bytes);
    } else {
      out.u32(static_cast<std::uint32_t>(member.member_bytes));
    }
  }
}

void write_central_entry(ByteWriter& out, const Member& member) {
  const bool is_far = member.offset_bytes >= kElsewhere32;
  const unsigned extra_values = (member.is_zip64() ? 2u : 0u) + (is_far ? 1u : 0u);
  out.u32(kCentralSignature);
  out.u16(kMadeByUnix);
  out.u16(extra_values > 0 ? kVersionZip64 : kVersionPlain);
  write_method_and_time(out);
  out.u32(member.crc32);
  out.u32(field32(member.member_bytes));
  out.u32(field32(member.member_bytes));
  out.u16(static_cast<std::uint16_t>(member.name.size()));
  out.u16(static_cast<std::uint16_t>(extra_values > 0 ? 4 + 8 * extra_values : 0));
  out.u16(0);  // comment
  out.u16(0);  // disk
  out.u16(0);  // internal attributes
  out.u32(kRegularFileMode);
  out.u32(field32(member.offset_bytes));
  out.bytes(std::as_bytes(std::span(member.name)));
  if (extra_values == 0) return;
  out.u16(kZip64ExtraId);
  out.u16(static_cast<std::uint16_t>(8 * extra_values));
  if (member.is_zip64()) {
    out.u64(member.member_bytes);
    out.u64(member.member_bytes);
  }
  if (is_far) out.u64(member.offset_bytes);
}

struct Directory {
  std::uint64_t count;
  std::uint64_t offset_bytes;
  std::uint64_t directory_bytes;
};

void write_zip64_end(ByteWriter& out, const Directory& directory) {
  out.u32(kZip64EndSignature);
  out.u64(kZip64EndRestBytes);
  out.u16(kMadeByUnix);
  out.u16(kVersionZip64);
  out.u32(0);  // this disk
  out.u32(0);  // disk of the directory
  out.u64(directory.count);
  out.u64(directory.count);
  out.u64(directory.directory_bytes);
  out.u64(directory.offset_bytes);
  out.u32(kZip64LocatorSignature);
  out.u32(0);  // disk of the record above
  out.u64(directory.offset_bytes + directory.directory_bytes);
  out.u32(1);  // disks
}

void write_end(ByteWriter& out, const Directory& directory) {
  const auto count = static_cast<std::uint16_t>(std::min<std::uint64_t>(directory.count, kElsewhere16));
  if (count == kElsewhere16 || field32(directory.directory_bytes) == kElsewhere32 ||
      field32(directory.offset_bytes) == kElsewhere32) {
    write_zip64_end(out, directory);
  }
  out.u32(kEndSignature);
  out.u16(0);  // this disk
  out.u16(0);  // disk of the directory
  out.u16(count);
  out.u16(count);
  out.u32(field32(directory.directory_bytes));
  out.u32(field32(directory.offset_bytes));
  out.u16(0);  // comment
}

class NpzSink final : public TensorSink {
 public:
  NpzSink(OutputFile file, std::vector<Member> members) : file_(std::move(file)), members_(std::move(members)) {}

  /// Brings the file to the first byte of data that is still missing.
  Status begin_members() {
    while (current_ < members_.size()) {
      Member& member = members_[current_];
      member.offset_bytes = file_.written_bytes();
      ByteWriter header;
      write_local_header(header, member);
      ACTZ_CHECK(file_.write(header.data()));
      remaining_bytes_ = member.member_bytes;
      ACTZ_CHECK(write_contents(member.npy_header));
      if (remaining_bytes_ > 0) break;
      ACTZ_CHECK(end_member());
    }
    return {};
  }

  Status write(std::span<const std::byte> data) override {
    return without_exceptions([&]() -> Status {
      while (!data.empty()) {
        if (current_ == members_.size()) return more_than_announced();
        const auto step_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), remaining_bytes_));
        ACTZ_CHECK(write_contents(data.first(step_bytes)));
        data = data.subspan(step_bytes);
        if (remaining_bytes_ > 0) continue;
        ACTZ_CHECK(end_member());
        ACTZ_CHECK(begin_members());
      }
      return {};
    });
  }

  Status finish() override {
    return without_exceptions([&]() -> Status {
      if (current_ != members_.size()) return less_than_announced();
      Directory directory{members_.size(), file_.written_bytes(), 0};
      ByteWriter out;
      for (const Member& member : members_) write_central_entry(out, member);
      directory.directory_bytes = out.position_bytes();
      write_end(out, directory);
      ACTZ_CHECK(file_.write(out.data()));
      return file_.finish();
    });
  }

 private:
  Status write_contents(std::span<const std::byte> data) {
    ACTZ_CHECK(file_.write(data));
    Member& member = members_[current_];
    member.crc32 =
        static_cast<std::uint32_t>(crc32_z(member.crc32, reinterpret_cast<const Bytef*>(data.data()), data.size()));
    remaining_bytes_ -= data.size();
    return {};
  }

  Status end_member() {
    ByteWriter descriptor;
    write_data_descriptor(descriptor, members_[current_]);
    ACTZ_CHECK(file_.write(descriptor.data()));
    ++current_;
    return {};
  }

  OutputFile file_;
  std::vector<Member> members_;
  std::size_t current_ = 0;
  std::uint64_t remaining_bytes_ = 0;  // of the current member
};

Status check_name(const std::string& name) {
  if (name.size() > kMaxMemberNameBytes || name.find('\0') != std::string::npos || !is_valid_utf8(name)) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset, in_quotes(name) + " cannot name a member of an npz"};
  }
  return {};
}

Result<std::vector<Member>> make_members(const std::vector<TensorInfo>& infos) {
  std::vector<Member> members;
  std::unordered_set<std::string> names;
  for (const TensorInfo& info : infos) {
    Member& member = members.emplace_back();
    member.name = info.name + ".npy";
    ACTZ_CHECK(check_name(member.name));
    if (!names.insert(info.name).second) {
      return Error{ErrorCode::bad_argument, Error::kNoOffset,
                   "the tensor name " + in_quotes(info.name) + " appears twice"};
    }
    ACTZ_TRY(member.npy_header, make_npy_header(info));
    ACTZ_TRY(const std::uint64_t data_bytes, tensor_bytes(info));
    member.member_bytes = member.npy_header.size() + data_bytes;  // both below 2^63
  }
  return members;
}

}  // namespace

Result<std::unique_ptr<TensorSink>> open_npz_sink(OutputFile file, const std::vector<TensorInfo>& infos) {
  ACTZ_TRY(std::vector<Member> members, make_members(infos));
  auto sink = std::make_unique<NpzSink>(std::move(file), std::move(members));
  ACTZ_CHECK(sink->begin_members());
  return std::unique_ptr<TensorSink>(std::move(sink));
}

}  // namespace actz::io
