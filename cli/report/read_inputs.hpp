#pragma once

#include <string>

#include "report/report_data.hpp"

namespace actz::report {

/// Adds what bench_tensor measured of the same file: curves and outcomes of codecs the report does not run itself.
/// @param path  JSON of bench_tensor; @param file_digest  SHA-256 of the tensor's file, hex. Throws bench::Failed.
void add_peers(const std::string& path, const std::string& file_digest, TensorPart& part);

/// Points of task loss: {"points": [{"network", "layer", "codec", "nmse", "bits_per_token", "loss_increase_nats"}]}.
/// Throws bench::Failed.
std::vector<LossPoint> read_losses(const std::string& path);

}  // namespace actz::report
