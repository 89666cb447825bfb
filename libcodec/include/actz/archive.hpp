#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actz/options.hpp"
#include "actz/profile.hpp"
#include "actz/provenance.hpp"
#include "actz/result.hpp"
#include "actz/streams.hpp"
#include "actz/tensor.hpp"

namespace actz {

/// How a tensor is encoded. Integers and bool are always lossless.
struct EncodeOptions {
  /// Every bit comes back. With a profile its finest rung is used, and what that leaves is coded, too: smaller, slower
  bool lossless = false;
  const Profile* profile = nullptr;  ///< borrowed; without one the tensor itself is learned from
  /// False: name the profile's model by digest; readers then need the profile
  bool embed_model = true;
  std::optional<double> nmse;            ///< wanted Σ(x−x̂)² / Σ(x−mean)²; default 0.02 if nothing else is set
  std::optional<double> bits_per_value;  ///< wanted rate instead
  /// Wanted 10·log10((largest − smallest value)² / mean squared error) instead
  std::optional<double> psnr_db;
  /// Wanted slope −dD/dR instead: squared error per value worth one bit per value. Tensors coded at one lambda share
  /// their bits optimally.
  std::optional<double> lambda;
  std::optional<double> max_error;                 ///< |x − x̂| ≤ max_error for every element
  std::optional<std::vector<std::uint16_t>> lags;  ///< without a profile: rows to predict from; default 1 and 2
  /// Names of tensors added before with keep_as_reference, whose rows may predict this one's: with a profile the one it
  /// was learned with, without one any that pays
  std::vector<std::string> references;
  /// Without a profile: predict rows from like rows decoded before in their chunk, if that pays (from effort 4 on)
  bool match_rows = true;
  /// Match rows with those of earlier chunks, too, of this tensor and of others coded with the same profile; a chunk
  /// then takes up to 16 others to decode
  bool use_sources = true;
  bool keep_as_reference = false;  ///< tensors added later may name this one; costs memory, its coded size
  std::vector<double> metric;      ///< without a profile, which has its own: as in FitOptions
  /// 1 (fast) … 9 (small): 3 and up decide more exactly, 4 and up meet the target more exactly and try more models, 7
  /// and up search more; does not change how fast a file decodes
  unsigned effort = 5;
  std::uint32_t chunk_rows = 0;  ///< about so many rows a chunk; 0: chosen
  unsigned threads = 1;          ///< does not change what is written
  ProgressCallback progress = nullptr;
  void* progress_context = nullptr;
};

/// What encoding did.
struct EncodeReport {
  std::uint64_t input_bytes = 0;
  std::uint64_t values = 0;
  std::uint64_t output_bytes = 0;          ///< all sections of this tensor
  std::uint64_t embedded_model_bytes = 0;  ///< of them, the model
  std::string reference;                   ///< name of the tensor that it is predicted from, or empty
  double nmse = 0;                         ///< NaN when the tensor is constant and not exact
  double max_abs_error = 0;
  std::uint64_t patches = 0;       ///< elements stored exactly beside the coded rows
  std::uint64_t matched_rows = 0;  ///< predicted from a matched row
  std::uint64_t match_bits = 0;    ///< that say with which row each is matched, if any
  std::size_t source_chunks = 0;   ///< whose rows those of its last chunk may be matched with, too
  std::uint64_t dictionary_bytes =
      0;  ///< of the dictionary in use, in the file or in the profile; not in output_bytes if named
};

struct DecodeOptions;

/// Writes a file of named tensors, front to back, to any sink. Call add_tensor for each, then finish.
class ArchiveWriter {
 public:
  explicit ArchiveWriter(ByteSink& sink);
  ~ArchiveWriter();

  /// Goes on with a finished file: what is written takes the place of its index and end mark, from written_bytes() of
  /// the new writer on. Its tensors cannot be named as references.
  /// @param file     borrowed, and read until the writer goes away, but not where it is overwritten.
  /// @param options  profiles that the file names; without them it is not matched with.
  /// Errors: those of ArchiveReader::open.
  static Result<ArchiveWriter> resume(const ByteSource& file, ByteSink& sink, const DecodeOptions& options);
  ArchiveWriter(ArchiveWriter&&) noexcept;
  ArchiveWriter& operator=(ArchiveWriter&&) noexcept;

  /// A JSON object of the user's own (model, layer, revision …). Before the first tensor.
  Status add_metadata(std::string_view json);

  /// Encodes one tensor. Names are unique, UTF-8, at most 1024 bytes.
  /// Errors: bad_argument, io, out_of_memory, and those of the source. After an error the file is unusable.
  /// Memory: threads + 1 chunks, and without a profile a sample of at most 64 MiB of f32.
  Result<EncodeReport> add_tensor(const std::string& name, DType dtype, const Shape& shape, ElementSource& elements,
                                  const EncodeOptions& options);

  /// Index and end mark. Nothing can be added afterwards.
  Status finish();

  /// Length of the file so far.
  std::uint64_t written_bytes() const;

 private:
  struct State;
  explicit ArchiveWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// One tensor of a file, as its headers and index tell.
struct TensorSummary {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  std::string codec;       ///< "lossy", "lossless" or "raw"
  std::uint64_t rows = 0;  ///< over all sequences
  std::uint32_t channels = 0;
  std::uint64_t values = 0;
  std::uint64_t chunks = 0;
  std::uint64_t coded_bytes = 0;  ///< chunks and headers, without models
  std::uint64_t model_bytes = 0;  ///< embedded models first used by this tensor
  std::string reference;          ///< name of the tensor whose rows it is predicted from, or empty
  std::size_t source_chunks = 0;  ///< that its last chunk names, and takes to decode
  double nmse = 0;                ///< as the encoder measured
  double max_abs_error = 0;
  std::string digest;  ///< of the decoded tensor, hex
};

/// What a whole file holds.
struct ArchiveSummary {
  std::uint8_t format_major = 0;
  std::uint8_t format_minor = 0;
  std::string metadata;  ///< JSON, or empty
  std::vector<TensorSummary> tensors;
  std::vector<std::string> required_models;  ///< digests (hex) of models that the file only names
};

struct DecodeOptions {
  DecodeLimits limits;
  std::vector<Profile> profiles;  ///< to find models that a file only names
  /// What the metadata is to say: of one tensor at least when a file is opened, of each that is read
  std::vector<Requirement> required;
  unsigned threads = 1;
  ProgressCallback progress = nullptr;
  void* progress_context = nullptr;
};

/// Receives decoded elements in order. Returning an error ends the decoding with it.
using ElementVisitor = std::function<Status(std::span<const std::byte> elements)>;

/// Random access to the tensors of a file.
class ArchiveReader {
 public:
  /// Reads header, index, tensor headers and models. @param source is borrowed.
  static Result<ArchiveReader> open(const ByteSource& source, const DecodeOptions& options = {});
  ~ArchiveReader();
  ArchiveReader(ArchiveReader&&) noexcept;
  ArchiveReader& operator=(ArchiveReader&&) noexcept;

  const ArchiveSummary& summary() const;

  /// Decodes rows [first_row, end_row), counted over all sequences, reading only the chunks they lie in.
  /// Memory: threads + 1 chunks.
  Status read_rows(std::size_t tensor, std::uint64_t first_row, std::uint64_t end_row,
                   const ElementVisitor& visit) const;

 private:
  struct State;
  explicit ArchiveReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What a forward reader tells of a file as it comes by.
struct StreamVisitor {
  /// A tensor begins; return false to skip its content.
  std::function<Result<bool>(const TensorSummary& tensor)> on_tensor;
  /// Its elements, in order.
  ElementVisitor on_elements;
  /// It is complete, and its digest was checked (only if not skipped).
  std::function<Status(const TensorSummary& tensor)> on_tensor_end;
};

/// Reads a file from front to back without seeking, checking everything: order of sections, checksums, coder states,
/// digests, and that the index at the end tells the truth. The way to read a pipe, and to verify.
Result<ArchiveSummary> read_stream(ByteStream& stream, const StreamVisitor& visitor, const DecodeOptions& options = {});

}  // namespace actz
