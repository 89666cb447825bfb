/* Coding integers whose entropy model is the caller's: for each value, a network or whatever else says which density it
 * has and around which integer, on both sides the same (format_spec/11_external_models.md). */
#ifndef ACTZ_C_EXTERNAL_MODEL_H
#define ACTZ_C_EXTERNAL_MODEL_H

#include "actz/c/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A density over integers as a table: symbol s stands for lowest + s, the last one is the escape, for all others. */
typedef struct actz_external_class {
  int32_t lowest;
  uint32_t frequency_count;    /* 1 to 256 */
  const uint16_t* frequencies; /* each at least 1, in sum 2^precision_bits */
} actz_external_class;

/* Immutable; may be used by any number of calls at once. */
typedef struct actz_external_model actz_external_model;

/* A table from masses, which need not sum to 1.
 * masses: of lowest, lowest + 1, ...; 1 to 255 of them, not negative. outside: mass of all other integers.
 * frequencies: mass_count + 1 of them, filled. Errors: bad argument. */
ACTZ_API ACTZ_CHECKED actz_status actz_external_frequencies(const double* masses, size_t mass_count, double outside,
                                                            uint32_t precision_bits, uint16_t* frequencies,
                                                            actz_error* error);

/* classes: 1 to 4096, copied. precision_bits: 8 to 12. Errors: bad argument. */
ACTZ_API ACTZ_CHECKED actz_status actz_external_model_make(const actz_external_class* classes, size_t class_count,
                                                           uint32_t precision_bits, actz_external_model** model,
                                                           actz_error* error);
/* class_of: of each value, the number of its density. means: of each value, what its density is shifted by; NULL: 0.
 * Memory: 2 bytes for each value, and the stream. Errors: bad argument (no such class, a value further than 2^31 from
 * its density), out of memory. */
ACTZ_API ACTZ_CHECKED actz_status actz_external_model_encode(const actz_external_model* model, const int32_t* values,
                                                             const uint16_t* class_of, const int32_t* means,
                                                             size_t value_count, const actz_allocator* allocator,
                                                             void** bytes, size_t* byte_count, actz_error* error);
/* values: value_count of them, filled; as many as were encoded. Errors: bad argument (another number of values, other
 * tables), corrupt, unsupported. */
ACTZ_API ACTZ_CHECKED actz_status actz_external_model_decode(const actz_external_model* model, const void* bytes,
                                                             size_t byte_count, const uint16_t* class_of,
                                                             const int32_t* means, size_t value_count, int32_t* values,
                                                             actz_error* error);
ACTZ_API void actz_external_model_close(actz_external_model* model);

#ifdef __cplusplus
}
#endif
#endif
