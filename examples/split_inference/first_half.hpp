#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "actz/profile.hpp"
#include "link.hpp"
#include "llama.hpp"

struct FirstHalfOptions {
  std::uint32_t layers = 0;    ///< run here; the second half runs the others
  std::size_t block = 32;      ///< rows of a packet, as long as the text given lasts
  std::size_t new_tokens = 0;  ///< to generate after it
  double nmse = 0.02;
  bool compares = false;      ///< runs the whole model here, too
  std::size_t corrupted = 0;  ///< the number of a packet to change a bit of, from 1 on; 0: none
};

/// What a token cost and what it lost.
struct TokenReport {
  std::uint32_t token = 0;  ///< the next one: of the text, or generated
  double bits = 0;          ///< of the packet, for each row of it
  double encode_us = 0, decode_us = 0;
  double model_us = 0;              ///< of all layers, if compared
  bool agrees = false;              ///< the most likely next token is that of the whole model
  double loss = 0, whole_loss = 0;  ///< nats of the next token: of the split and of the whole model
};

/// Sends a text and generates on from it. `report` is called for each row, in order.
actz::Status run_first_half(Link& link, const Llama& model, const actz::Profile& profile,
                            const std::vector<std::uint32_t>& text, const FirstHalfOptions& options,
                            const std::function<void(const TokenReport&)>& report);
