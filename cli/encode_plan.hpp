#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actz/archive.hpp"
#include "command_line.hpp"
#include "io/tensor_source.hpp"

namespace actz::cli {

/// A tensor of an input file, and how it is to be encoded.
struct PlannedTensor {
  std::string path;  ///< of the file
  io::TensorCollection* file = nullptr;
  std::size_t index = 0;  ///< in the file
  io::TensorInfo info;
  EncodeOptions options;
};

/// The options of a plan.
void add_plan_options(Verb& verb);

/// What `actz encode` is to do: which tensors, in which order (references first), each with its profile and references.
class EncodePlan {
 public:
  /// Opens the inputs and reads --profile, --reference, --references and --tensor.
  static std::optional<Failure> make(const Verb& verb, const Arguments& inputs, const EncodeOptions& options,
                                     EncodePlan& plan);

  const std::vector<PlannedTensor>& tensors() const { return tensors_; }
  std::vector<Profile> profiles() const;

 private:
  std::optional<Failure> open_inputs(const Verb& verb, const Arguments& inputs, const EncodeOptions& options);
  std::optional<Failure> give_profiles(const Verb& verb);
  std::optional<Failure> give_references(const Verb& verb);
  void put_references_first();
  PlannedTensor* find(const std::string& name);

  std::vector<std::unique_ptr<io::TensorCollection>> files_;
  std::vector<std::pair<std::string, std::unique_ptr<Profile>>> profiles_;  ///< tensor name, or empty for any
  std::vector<PlannedTensor> tensors_;
};

/// "NAME=REST" in two; without '=', an empty name.
std::pair<std::string, std::string> split_pair(const std::string& text);

}  // namespace actz::cli
