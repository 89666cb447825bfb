/* Writing files of named tensors. */
#ifndef ACTZ_C_WRITER_H
#define ACTZ_C_WRITER_H

#include "actz/c/profile.h"
#include "actz/c/reader.h"
#include "actz/c/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What to aim at. The words are those of the program's options. */
typedef int32_t actz_target;
enum {
  ACTZ_TARGET_DEFAULT = 0,   /* NMSE 0.02 */
  ACTZ_TARGET_NMSE = 1,      /* sum of squared errors over centred energy */
  ACTZ_TARGET_BITS = 2,      /* bits per value */
  ACTZ_TARGET_PSNR = 3,      /* dB; the peak is the range of the values */
  ACTZ_TARGET_LAMBDA = 4,    /* slope: squared error per value worth one bit per value */
  ACTZ_TARGET_MAX_ERROR = 5, /* |x - y| <= value for every element */
  ACTZ_TARGET_LOSSLESS = 6   /* every bit comes back; takes no value */
};

/* How a tensor is encoded. Integers and bool are always lossless. */
typedef struct actz_encode_options {
  uint32_t struct_size;
  actz_target target;
  double target_value;         /* > 0; not looked at for DEFAULT and LOSSLESS */
  const actz_profile* profile; /* NULL: the tensor itself is learned from */
  const uint16_t* lags;        /* without a profile: rows to predict from; NULL: 1 and 2; not NULL with count 0: none */
  size_t lag_count;
  const char* const* references; /* tensors added before with keep_as_reference, whose rows may predict this one's */
  size_t reference_count;
  const double* metric; /* without a profile: as in actz_fit_options */
  size_t metric_count;
  uint32_t effort;      /* 1 (fast) to 9 (small); 0: 5 */
  uint32_t chunk_rows;  /* about so many rows in each chunk; 0: chosen */
  uint32_t threads;     /* 0: all processors; does not change what is written */
  uint8_t name_profile; /* 1: name the profile's model by digest instead of embedding it; readers need the profile */
  uint8_t no_matches;   /* 1: predict no rows from like ones of their chunk (without a profile) */
  uint8_t no_sources;   /* 1: each chunk decodes alone */
  uint8_t keep_as_reference; /* 1: tensors added later may name this one; costs memory, its coded size */
  actz_progress_fn progress; /* or NULL */
  void* progress_context;
} actz_encode_options;

/* What encoding one tensor did. */
typedef struct actz_encode_report {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  uint64_t input_bytes;
  uint64_t values;
  uint64_t output_bytes;         /* all sections of this tensor */
  uint64_t embedded_model_bytes; /* of them, the model */
  uint64_t patches;              /* elements stored exactly beside the coded rows */
  uint64_t matched_rows;         /* predicted from a like row */
  uint64_t match_bits;           /* that say with which row each is matched */
  uint64_t source_chunks;        /* whose rows those of the last chunk may be matched with */
  uint64_t dictionary_bytes;     /* of the dictionary in use, in file or profile */
  double nmse;                   /* NaN when the tensor is constant and not exact */
  double max_abs_error;
} actz_encode_report;

/* Takes bytes front to back. Returns ACTZ_OK, or a status that the call which writes then returns, too. */
typedef actz_status (*actz_write_fn)(void* context, const void* bytes, size_t byte_count);

/* Elements that are read piece by piece. read fills `to` with byte_count bytes of whole elements from first_elem on and
 * returns ACTZ_OK or a status. */
typedef struct actz_element_source {
  uint32_t struct_size;
  uint32_t rewindable; /* 0 for a pipe: each element is then read once, in order */
  void* context;
  actz_status (*read)(void* context, uint64_t first_elem, void* to, size_t byte_count);
} actz_element_source;

typedef struct actz_writer actz_writer;

/* A new file. It appears at its name whole, on actz_writer_finish, or not at all.
 * overwrite: 0 refuses a path that exists (ACTZ_BAD_ARGUMENT). Errors: bad argument, io. */
ACTZ_API ACTZ_CHECKED actz_status actz_writer_open_path(const char* path, int overwrite, actz_writer** writer,
                                                        actz_error* error);
/* A file that goes to a callback. */
ACTZ_API ACTZ_CHECKED actz_status actz_writer_open_callback(actz_write_fn write, void* context, actz_writer** writer,
                                                            actz_error* error);
/* A file in memory, for actz_writer_take_bytes. */
ACTZ_API ACTZ_CHECKED actz_status actz_writer_open_memory(actz_writer** writer, actz_error* error);
/* Goes on with a finished file; it stays as it was until actz_writer_finish. Tensors that it has cannot be named as
 * references. options: profiles that the file names. Errors: those of actz_reader_open_path. */
ACTZ_API ACTZ_CHECKED actz_status actz_writer_append_path(const char* path, const actz_decode_options* options,
                                                          actz_writer** writer, actz_error* error);

/* A JSON object of the user's own. Once, before the first tensor. */
ACTZ_API ACTZ_CHECKED actz_status actz_writer_add_metadata(actz_writer* writer, const char* json, actz_error* error);

/* Encodes one tensor. name: unique, at most 1024 bytes. options and report may be NULL.
 * NaN, infinities, -0 and empty tensors are taken; not-finite elements come back as they are.
 * Memory: threads + 1 chunks, and without a profile a sample of at most 64 MiB. Errors: bad argument, io, out of
 * memory. After an error nothing can be added any more and actz_writer_finish fails. */
ACTZ_API ACTZ_CHECKED actz_status actz_writer_add_tensor(actz_writer* writer, const char* name,
                                                         const actz_array* tensor, const actz_encode_options* options,
                                                         actz_encode_report* report, actz_error* error);
/* The same with elements that are read piece by piece; elements and byte_count of `tensor` are not looked at. */
ACTZ_API ACTZ_CHECKED actz_status actz_writer_add_elements(actz_writer* writer, const char* name,
                                                           const actz_array* tensor,
                                                           const actz_element_source* elements,
                                                           const actz_encode_options* options,
                                                           actz_encode_report* report, actz_error* error);

/* Index and end mark; a file at a path is synced and gets its name. Nothing can be added afterwards. */
ACTZ_API ACTZ_CHECKED actz_status actz_writer_finish(actz_writer* writer, actz_error* error);
/* Length of the file so far. */
ACTZ_API uint64_t actz_writer_written_bytes(const actz_writer* writer);
/* The file of actz_writer_open_memory, after actz_writer_finish. Errors: bad argument, out of memory. */
ACTZ_API ACTZ_CHECKED actz_status actz_writer_take_bytes(const actz_writer* writer, const actz_allocator* allocator,
                                                         void** bytes, size_t* byte_count, actz_error* error);
/* Without actz_writer_finish before: no file appears, and one that was appended to is as it was. */
ACTZ_API void actz_writer_close(actz_writer* writer);

#ifdef __cplusplus
}
#endif
#endif
