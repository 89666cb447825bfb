/* Profiles: a trained codec for one kind of tensor, a ladder of models from fine to coarse. */
#ifndef ACTZ_C_PROFILE_H
#define ACTZ_C_PROFILE_H

#include "actz/c/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Immutable; may be used by any number of calls at once. */
typedef struct actz_profile actz_profile;

/* How tables of entropy models follow from counts. */
typedef int32_t actz_density;
enum {
  ACTZ_DENSITY_AUTO = 0,
  ACTZ_DENSITY_HISTOGRAM = 1,
  ACTZ_DENSITY_GAUSSIAN = 2,
  ACTZ_DENSITY_LAPLACE = 3,
  ACTZ_DENSITY_LOGISTIC = 4,
  ACTZ_DENSITY_MIXTURE = 5,
  ACTZ_DENSITY_FACTORIZED = 6,
  ACTZ_DENSITY_FOURIER = 7
};

typedef struct actz_fit_options {
  uint32_t struct_size;
  actz_density density;
  const double* nmse; /* one rung each; NULL: 0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16 */
  size_t nmse_count;
  const uint16_t* lags; /* rows that may be predicted from; NULL: 1 and 2; not NULL with count 0: none */
  size_t lag_count;
  const double* metric; /* sensitivity of the task to errors: channels * channels, row-major, positive semidefinite, or
                           channels of a diagonal; NULL: the identity. Its scale does not matter. */
  size_t metric_count;
  uint64_t sample_bytes;             /* rows kept in memory, as f32, to train on; 0: 64 MiB */
  uint64_t dictionary_bytes;         /* at most, of rows kept in the profile for rows to be predicted from; 0: none */
  const char* reference_name;        /* name of a tensor whose rows may predict those of the dumps; NULL: none */
  const actz_array* reference_dumps; /* its dumps, as many as dumps, each with the rows of its twin */
  uint32_t states; /* of the dependent quantiser: 8, 4; 1: uniform; 0: 8 or 4 chosen for each rung; 1 with no_context or
                      no_transform */
  uint32_t network_width; /* hidden units of a network that predicts rows, too; 0: none */
  uint8_t no_transform; /* 1: code channels as they are, uniform and without context unless states asks for it: fast */
  uint8_t no_context;   /* 1: a table class for each coefficient; needs the uniform quantiser */
  uint8_t no_matches;   /* 1: predict no rows from like ones decoded before */
  uint8_t reserved[5];  /* 0 */
  actz_progress_fn progress; /* or NULL */
  void* progress_context;
} actz_fit_options;

/* One step of the ladder, as measured when it was trained. Pointers are borrowed from the profile. */
typedef struct actz_rung_info {
  uint32_t struct_size;
  uint32_t coefficients; /* of channels */
  double target_nmse;
  double held_out_nmse;           /* on rows that were not trained on */
  double held_out_bits_per_value; /* code length of the tables; container and patches come on top */
  uint64_t model_bytes;
  uint64_t dictionary_pays_from_values; /* 0: unknown, or no dictionary */
  const char* digest;                   /* SHA-256 of the model, hex */
  uint8_t matches_rows;
  uint8_t uses_dictionary;
  uint8_t uses_network;
  uint8_t reserved[5]; /* 0 */
} actz_rung_info;

/* What a profile was learned from. Pointers are borrowed from the profile. */
typedef struct actz_training_info {
  uint32_t struct_size;
  uint32_t channels;
  uint64_t rows;      /* seen */
  uint64_t rows_held; /* kept in memory to train in the closed loop */
  uint64_t dictionary_rows;
  uint64_t dictionary_bytes;
  const uint16_t* lags; /* asked for; of a profile that was parsed: in use at its finest rung */
  size_t lag_count;
  const char* data_digest; /* XXH64 of the elements seen, hex */
  const char* reference;   /* name of the tensor whose rows it predicts from, or "" */
} actz_training_info;

/* Learns a profile. dumps: float tensors; the last axis is channels, the one before it rows, the others sequences. Rows
 * with NaN or infinities are left out. Equal data give equal profiles. options may be NULL.
 * Memory: 2.5 sample_bytes + O(channels^2). Errors: bad argument (no rows, channels differ, options that do not go
 * together), out of memory. */
ACTZ_API ACTZ_CHECKED actz_status actz_profile_fit(const actz_array* dumps, size_t dump_count,
                                                   const actz_fit_options* options, actz_profile** profile,
                                                   actz_error* error);
/* The bytes of a .actp file. Errors: corrupt, unsupported, bad argument (a data file). */
ACTZ_API ACTZ_CHECKED actz_status actz_profile_parse(const void* bytes, size_t byte_count, actz_profile** profile,
                                                     actz_error* error);
ACTZ_API ACTZ_CHECKED actz_status actz_profile_load(const char* path, actz_profile** profile, actz_error* error);
ACTZ_API ACTZ_CHECKED actz_status actz_profile_serialise(const actz_profile* profile, const actz_allocator* allocator,
                                                         void** bytes, size_t* byte_count, actz_error* error);
/* The file appears whole or not at all. overwrite: 0 refuses a path that exists (ACTZ_BAD_ARGUMENT). */
ACTZ_API ACTZ_CHECKED actz_status actz_profile_save(const actz_profile* profile, const char* path, int overwrite,
                                                    actz_error* error);

ACTZ_API ACTZ_CHECKED actz_status actz_profile_training(const actz_profile* profile, actz_training_info* info,
                                                        actz_error* error);
ACTZ_API uint64_t actz_profile_rung_count(const actz_profile* profile);
ACTZ_API ACTZ_CHECKED actz_status actz_profile_rung(const actz_profile* profile, uint64_t rung, actz_rung_info* info,
                                                    actz_error* error);
ACTZ_API void actz_profile_close(actz_profile* profile);

#ifdef __cplusplus
}
#endif
#endif
