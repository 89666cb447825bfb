#include "learn_profile.hpp"

#include "actz/streams.hpp"

actz::Result<actz::Profile> learn_profile(const Llama& model, std::uint32_t layers,
                                          std::span<const std::uint32_t> tokens, std::size_t window,
                                          const std::vector<double>& nmse, bool match_rows) {
  const std::size_t windows = tokens.size() / window;
  if (windows == 0)
    return actz::Error{actz::ErrorCode::bad_argument, actz::Error::kNoOffset, "the text is shorter than a window"};
  std::vector<float> rows;
  for (std::size_t i = 0; i < windows; ++i) {
    KvCache cache(model.sizes());
    for (std::size_t t = 0; t < window; ++t) {
      std::vector<float> x = model.embed(tokens[i * window + t]);
      model.run(0, layers, t, x, cache);
      rows.insert(rows.end(), x.begin(), x.end());
    }
  }
  actz::MemoryElements elements(actz::DType::f32, std::as_bytes(std::span(rows)));
  const actz::FitInput input{actz::DType::f32, {windows, window, model.sizes().dim}, &elements};
  actz::FitOptions options;
  options.target_nmse = nmse;
  options.match_rows = match_rows;
  return actz::fit_profile(std::span(&input, 1), options);
}
