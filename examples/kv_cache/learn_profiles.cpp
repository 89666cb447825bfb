#include "learn_profiles.hpp"

#include "actz/streams.hpp"

actz::Result<std::vector<actz::Profile>> learn_profiles(const Llama& model, std::span<const std::uint32_t> tokens,
                                                        std::size_t window, double nmse) {
  const std::size_t windows = tokens.size() / window;
  if (windows == 0)
    return actz::Error{actz::ErrorCode::bad_argument, actz::Error::kNoOffset, "the text is shorter than a window"};
  const std::size_t layers = model.sizes().layers;
  std::vector<std::vector<float>> rows(2 * layers);
  for (std::size_t i = 0; i < windows; ++i) {
    KvCache cache(model.sizes());
    for (std::size_t t = 0; t < window; ++t) {
      std::vector<float> x = model.embed(tokens[i * window + t]);
      model.run(0, layers, t, x, cache);
    }
    const auto count = static_cast<std::ptrdiff_t>(window * cache.kv_dim);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      const auto& keys = cache.keys[layer];
      const auto& values = cache.values[layer];
      rows[2 * layer].insert(rows[2 * layer].end(), keys.begin(), keys.begin() + count);
      rows[2 * layer + 1].insert(rows[2 * layer + 1].end(), values.begin(), values.begin() + count);
    }
  }
  std::vector<actz::Profile> out;
  for (const auto& kind : rows) {
    actz::MemoryElements elements(actz::DType::f32, std::as_bytes(std::span(kind)));
    const actz::FitInput input{actz::DType::f32, {windows, window, model.sizes().kv_dim()}, &elements};
    actz::FitOptions options;
    options.target_nmse = {nmse};
    auto profile = actz::fit_profile(std::span(&input, 1), options);
    if (!profile) return profile.error();
    out.push_back(std::move(*profile));
  }
  return out;
}

std::string profile_path(const std::string& prefix, std::size_t number) {
  return prefix + std::to_string(number / 2) + (number % 2 == 1 ? ".v.actp" : ".k.actp");
}
