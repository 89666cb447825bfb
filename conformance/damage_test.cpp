// Single-bit flips and truncations of the vectors: damage_test MANIFEST EVERY_BYTES MOST_BYTES STEP. Every bit and
// every length of files of up to EVERY_BYTES, and each STEPth of those of up to MOST_BYTES, where STEP is odd, so that
// all bits of a byte get their turn. Reads each damaged file through the index and from front to back. It must be
// refused with an error of a family that means "broken", or be harmless: decode to the very bytes of the sound file. A
// damaged file that decodes to anything else, an error of another family, or a crash fails the test. `recover` must
// then give rows of the sound file only, and, if the damaged section is no model, dictionary, header of a tensor,
// reference or source, all but those of the damaged chunk. Of the damaged vectors as many chunks must come back as the
// manifest says. Files of more than kMostElements elements, which are there for limits, are left out. Prints how many
// cases of each sort there were.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actz/recover.hpp"
#include "base/try.hpp"
#include "container/fields.hpp"
#include "recover/section_scan.hpp"

using namespace actz;

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kMostElements = std::uint64_t{1} << 16;

std::uint64_t elements_of(const nlohmann::json& vector) {
  std::uint64_t out = 0;
  for (const auto& tensor : vector["tensors"]) {
    std::uint64_t of_tensor = 1;
    for (const auto& extent : tensor["shape"]) of_tensor *= extent.get<std::uint64_t>();
    out += of_tensor;
  }
  return out;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// All tensors one after the other, with what tells them apart, so that a changed name or shape shows, too.
struct Decoded {
  std::vector<std::string> heads;
  Bytes elements;
  bool operator==(const Decoded&) const = default;
};

std::string head_of(const TensorSummary& tensor) {
  std::string out = tensor.name + '\0' + std::to_string(static_cast<int>(tensor.dtype));
  for (const std::uint64_t extent : tensor.shape) out += " " + std::to_string(extent);
  return out;
}

DecodeOptions limited() {
  DecodeOptions out;
  out.limits.max_chunk_bytes = std::uint64_t{1} << 26;  // a damaged length must not ask for more
  return out;
}

Result<Decoded> front_to_back(std::span<const std::byte> file) {
  Decoded out;
  StreamVisitor visitor;
  visitor.on_tensor = [&](const TensorSummary& tensor) -> Result<bool> {
    out.heads.push_back(head_of(tensor));
    return true;
  };
  visitor.on_elements = [&](std::span<const std::byte> elements) -> Status {
    out.elements.insert(out.elements.end(), elements.begin(), elements.end());
    return {};
  };
  MemorySource source(file);
  ACTZ_TRY([[maybe_unused]] const auto summary, read_stream(source, visitor, limited()));
  return out;
}

Result<Decoded> at_random(std::span<const std::byte> file) {
  const MemorySource source(file);
  ACTZ_TRY(const auto reader, ArchiveReader::open(source, limited()));
  Decoded out;
  const auto& tensors = reader.summary().tensors;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    out.heads.push_back(head_of(tensors[i]));
    ACTZ_CHECK(reader.read_rows(i, 0, tensors[i].rows, [&](std::span<const std::byte> elements) -> Status {
      out.elements.insert(out.elements.end(), elements.begin(), elements.end());
      return {};
    }));
  }
  return out;
}

/// All tensors of a file, each with its elements.
Result<std::vector<std::pair<TensorSummary, Bytes>>> tensors_of(std::span<const std::byte> file) {
  const MemorySource source(file);
  ACTZ_TRY(const auto reader, ArchiveReader::open(source, limited()));
  std::vector<std::pair<TensorSummary, Bytes>> out;
  for (const TensorSummary& tensor : reader.summary().tensors) {
    out.emplace_back(tensor, Bytes());
    ACTZ_CHECK(reader.read_rows(out.size() - 1, 0, tensor.rows, [&](std::span<const std::byte> elements) -> Status {
      out.back().second.insert(out.back().second.end(), elements.begin(), elements.end());
      return {};
    }));
  }
  return out;
}

/// The sections of a sound file, and how many chunks damage to each may cost.
class Costs {
 public:
  explicit Costs(std::span<const std::byte> file) {
    const auto parts = scan_sections(MemorySource(file), {});
    bool referenced = false;
    for (const ScannedPart& part : *parts) {
      const auto payload = file.subspan(static_cast<std::size_t>(part.offset_bytes) + kSectionHeaderBytes,
                                        static_cast<std::size_t>(part.header.payload_bytes));
      const auto type = static_cast<SectionType>(part.header.type);
      std::uint64_t cost = 0;
      if (type == SectionType::chunk) {
        ++chunks_;
        cost = referenced || read_chunk_header(payload, 0)->is_source ? kAny : 1;
      } else if (type == SectionType::tensor) {
        referenced = read_tensor_header(payload, 0, {})->is_referenced;
        cost = kAny;
      } else if (type == SectionType::model || type == SectionType::model_reference ||
                 type == SectionType::dictionary) {
        cost = kAny;
      }
      ends_.emplace_back(part.offset_bytes + part.size_bytes, cost);
    }
  }

  /// Chunks that must come back when the byte at an offset is damaged.
  std::uint64_t fewest(std::uint64_t offset) const {
    if (offset < kFileHeaderBytes) return chunks_;
    for (const auto& [end, cost] : ends_) {
      if (offset < end) return cost == kAny ? 0 : chunks_ - cost;
    }
    return chunks_;
  }

 private:
  static constexpr std::uint64_t kAny = ~std::uint64_t{0};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ends_;
  std::uint64_t chunks_ = 0;
};

enum class Reader { front_to_back, at_random };

/// Counts of one reader and one sort of damage.
struct Counts {
  std::map<std::string, std::uint64_t> refused;  ///< by error word
  std::uint64_t harmless = 0;
  std::uint64_t wrong = 0;
};

/// A file cut short can always say so; of a flipped bit readers may see a broken, a shorter or an unknown part.
bool means_broken(ErrorCode code, bool cut) {
  const ErrorCode kind = family(code);
  if (cut) return kind == ErrorCode::need_more_input;
  return kind == ErrorCode::corrupt || kind == ErrorCode::need_more_input || kind == ErrorCode::unsupported;
}

class Trials {
 public:
  /// @param step  each so many bits are flipped, and lengths tried.
  void of_file(const std::string& name, std::span<const std::byte> sound, std::size_t step) {
    for (const Reader reader : {Reader::front_to_back, Reader::at_random}) {
      const auto wanted = read(reader, sound);
      if (!wanted) continue;  // illegal, or in need of a profile
      ++files_;
      Bytes damaged(sound.begin(), sound.end());
      for (std::size_t bit = 0; bit < 8 * damaged.size(); bit += step) {
        damaged[bit / 8] ^= std::byte{1} << bit % 8;
        judge(name, "bit " + std::to_string(bit), counts_[{reader, "flips"}], read(reader, damaged), *wanted);
        damaged[bit / 8] ^= std::byte{1} << bit % 8;
      }
      for (std::size_t size = 0; size < damaged.size(); size += step) {
        judge(name, "cut to " + std::to_string(size), counts_[{reader, "cuts"}],
              read(reader, std::span(damaged).first(size)), *wanted);
      }
    }
  }

  /// What `recover` makes of flips.
  void recover_file(const std::string& name, std::span<const std::byte> sound, std::size_t step) {
    const auto wanted = tensors_of(sound);
    if (!wanted) return;
    const Costs costs(sound);
    Bytes damaged(sound.begin(), sound.end());
    for (std::size_t bit = 0; bit < 8 * damaged.size(); bit += step) {
      damaged[bit / 8] ^= std::byte{1} << bit % 8;
      const std::string fault = fault_of_recovery(damaged, *wanted, costs.fewest(bit / 8));
      ++(fault.empty() ? recovered_ : not_recovered_);
      if (!fault.empty()) std::printf("WRONG %s, bit %zu: recovered %s\n", name.c_str(), bit, fault.c_str());
      damaged[bit / 8] ^= std::byte{1} << bit % 8;
    }
  }

  /// What `recover` makes of a vector that is damaged as it stands.
  void recover_listed(const std::string& name, std::span<const std::byte> damaged, std::uint64_t chunks) {
    MemorySink sink;
    const auto report = recover(MemorySource(damaged), sink, limited());
    const std::uint64_t found = report ? report->chunks : 0;
    ++(found == chunks ? recovered_ : not_recovered_);
    if (found != chunks) {
      std::printf("WRONG %s: %llu chunks recovered, %llu listed\n", name.c_str(),
                  static_cast<unsigned long long>(found), static_cast<unsigned long long>(chunks));
    }
  }

  /// @return whether nothing was wrong, and something was tried.
  bool report() const {
    bool sound = files_ > 0;
    for (const auto& [key, counts] : counts_) {
      std::printf("%s, %s:", key.first == Reader::at_random ? "at random" : "front to back", key.second.c_str());
      std::uint64_t all = counts.harmless + counts.wrong;
      for (const auto& [word, count] : counts.refused) {
        std::printf(" %s %llu,", word.c_str(), static_cast<unsigned long long>(count));
        all += count;
      }
      std::printf(" harmless %llu, wrong %llu of %llu\n", static_cast<unsigned long long>(counts.harmless),
                  static_cast<unsigned long long>(counts.wrong), static_cast<unsigned long long>(all));
      sound = sound && counts.wrong == 0;
    }
    std::printf("recover: as it should %llu, wrong %llu\n", static_cast<unsigned long long>(recovered_),
                static_cast<unsigned long long>(not_recovered_));
    std::printf("%zu readings of sound files\n", files_);
    return sound && recovered_ > 0 && not_recovered_ == 0;
  }

 private:
  static Result<Decoded> read(Reader reader, std::span<const std::byte> file) {
    return reader == Reader::at_random ? at_random(file) : front_to_back(file);
  }

  using Tensors = std::vector<std::pair<TensorSummary, Bytes>>;

  /// Empty if the rows are those of the sound file, and enough.
  static std::string fault_of_recovery(const Bytes& damaged, const Tensors& wanted, std::uint64_t fewest) {
    MemorySink sink;
    const auto report = recover(MemorySource(damaged), sink, limited());
    if (!report) {
      const ErrorCode kind = family(report.error().code);
      const bool may_fail =
          kind == ErrorCode::corrupt || kind == ErrorCode::unsupported || kind == ErrorCode::bad_argument;
      return fewest == 0 && may_fail ? "" : std::string(to_string(report.error().code));
    }
    const auto got = tensors_of(sink.bytes);
    if (!got || !front_to_back(sink.bytes)) return "to a file that is refused";
    std::size_t next = 0;
    for (const RecoveredTensor& tensor : report->tensors) {
      const auto before = std::find_if(wanted.begin(), wanted.end(),
                                       [&](const auto& entry) { return entry.first.name == tensor.name; });
      if (before == wanted.end()) return "a tensor of another name";
      for (const RecoveredPiece& piece : tensor.pieces) {
        const Bytes& elements = (*got)[next++].second;
        const std::size_t row_bytes = before->first.channels * element_bytes(before->first.dtype);
        const auto first = static_cast<std::size_t>(piece.rows.first) * row_bytes;
        if (elements.size() != static_cast<std::size_t>(piece.rows.end - piece.rows.first) * row_bytes ||
            !std::equal(elements.begin(), elements.end(),
                        before->second.begin() + static_cast<std::ptrdiff_t>(first))) {
          return "rows that are not those of the sound file";
        }
      }
    }
    return report->chunks >= fewest ? "" : "fewer chunks than are whole";
  }

  static void judge(const std::string& name, const std::string& what, Counts& counts, const Result<Decoded>& found,
                    const Decoded& wanted) {
    if (found && *found == wanted) {
      ++counts.harmless;
    } else if (!found && means_broken(found.error().code, what.starts_with("cut"))) {
      ++counts.refused[std::string(to_string(found.error().code))];
    } else {
      ++counts.wrong;
      const std::string why = found ? "decodes to something else" : std::string(to_string(found.error().code));
      std::printf("WRONG %s, %s: %s\n", name.c_str(), what.c_str(), why.c_str());
    }
  }

  std::map<std::pair<Reader, std::string>, Counts> counts_;
  std::size_t files_ = 0;
  std::uint64_t recovered_ = 0;
  std::uint64_t not_recovered_ = 0;
};

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 5) return 2;
  const std::filesystem::path list = arguments[1];
  const auto every_bytes = std::strtoull(arguments[2], nullptr, 10);
  const auto most_bytes = std::strtoull(arguments[3], nullptr, 10);
  const auto step = static_cast<std::size_t>(std::strtoull(arguments[4], nullptr, 10));
  const auto manifest = nlohmann::json::parse(read_file(list));
  Trials trials;
  for (const auto& vector : manifest["vectors"]) {
    const bool is_listed = vector.contains("recoverable_chunks");
    if (!is_listed && (vector["expect"] != "accept" || vector["bytes"].get<std::uint64_t>() > most_bytes ||
                       elements_of(vector) > kMostElements)) {
      continue;
    }
    const std::string file = read_file(list.parent_path() / vector["file"].get<std::string>());
    const auto bytes = std::as_bytes(std::span(file));
    const auto name = vector["id"].get<std::string>();
    if (is_listed) {
      trials.recover_listed(name, bytes, vector["recoverable_chunks"].get<std::uint64_t>());
      continue;
    }
    const std::size_t each = file.size() <= every_bytes ? 1 : step;
    trials.of_file(name, bytes, each);
    trials.recover_file(name, bytes, each);
  }
  return trials.report() ? 0 : 1;
}
