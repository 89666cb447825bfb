// Writes a checkpoint of random weights, a vocabulary of characters and a text, to test the examples without outside
// data: make_tiny WEIGHTS TOKENIZER TEXT [SEED].
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr std::int32_t kDim = 32, kHidden = 64, kLayers = 4, kHeads = 4, kKvHeads = 2, kPositions = 128;
constexpr std::int32_t kVocabulary = 31;  ///< unknown, begin, end, space, a … z, full stop
constexpr std::size_t kTextCharacters = 4000;

std::mt19937 random_engine;

/// A matrix that keeps the size of what it multiplies.
void write_matrix(std::ofstream& out, std::size_t count, std::size_t inputs) {
  std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(inputs)));
  for (std::size_t i = 0; i < count; ++i) {
    const float value = normal(random_engine);
    out.write(reinterpret_cast<const char*>(&value), sizeof(value));
  }
}

void write_ones(std::ofstream& out, std::size_t count) {
  const std::vector<float> ones(count, 1);
  out.write(reinterpret_cast<const char*>(ones.data()), static_cast<std::streamsize>(count * sizeof(float)));
}

void write_checkpoint(const char* path) {
  std::ofstream out(path, std::ios::binary);
  const std::int32_t sizes[] = {kDim, kHidden, kLayers, kHeads, kKvHeads, kVocabulary, kPositions};
  out.write(reinterpret_cast<const char*>(sizes), sizeof(sizes));
  constexpr std::size_t kKv = kKvHeads * (kDim / kHeads), kSquare = kLayers * kDim * kDim;
  write_matrix(out, kVocabulary * kDim, 1);
  write_ones(out, kLayers * kDim);
  write_matrix(out, kSquare, kDim);
  write_matrix(out, kLayers * kKv * kDim, kDim);
  write_matrix(out, kLayers * kKv * kDim, kDim);
  write_matrix(out, kSquare, kDim);
  write_ones(out, kLayers * kDim);
  write_matrix(out, kLayers * kHidden * kDim, kDim);
  write_matrix(out, kLayers * kDim * kHidden, kHidden);
  write_matrix(out, kLayers * kHidden * kDim, kDim);
  write_ones(out, kDim);
  write_ones(out, kPositions * (kDim / kHeads));  // angles, which nobody reads
}

}  // namespace

int main(int count, char** values) {
  if (count < 4) return 2;
  random_engine.seed(count > 4 ? static_cast<unsigned>(std::atoi(values[4])) : 1);
  write_checkpoint(values[1]);
  std::ofstream vocabulary(values[2]);
  vocabulary << "<unk>\t0\n<s>\t0\n</s>\t0\n\xE2\x96\x81\t0\n";
  for (char letter = 'a'; letter <= 'z'; ++letter) vocabulary << letter << "\t0\n";
  vocabulary << ".\t0\n";
  std::ofstream text(values[3]);
  const std::string words[] = {"the ", "cat ", "sat ", "on ", "a ", "mat. ", "dog ", "ran ", "home. ", "big "};
  std::size_t written = 0;
  while (written < kTextCharacters) {
    const std::string& word = words[random_engine() % std::size(words)];
    text << word;
    written += word.size();
  }
  return vocabulary.flush() && text.flush() ? 0 : 1;
}
