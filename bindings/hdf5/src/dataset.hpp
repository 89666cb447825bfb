#pragma once

#include <hdf5.h>

#include <vector>

#include "actz/result.hpp"
#include "client_data.hpp"

namespace actz::hdf5 {

/// Of HDF5's range for testing, 256 to 511: the filter is not registered yet.
inline constexpr H5Z_filter_t kFilterId = 428;

/// What chunks of a dataset hold, from its creation properties and its type.
/// Errors: unsupported (elements that files cannot hold, big-endian ones), bad_argument (not chunked, another filter
/// goes before this one, bf16 of other elements than 16-bit unsigned integers).
Result<ChunkTensor> tensor_of_dataset(hid_t creation, hid_t type, bool bf16);

/// The client data that the creation properties keep for this filter. Errors: bad_argument.
Result<std::vector<unsigned>> client_data_of(hid_t creation);

}  // namespace actz::hdf5
