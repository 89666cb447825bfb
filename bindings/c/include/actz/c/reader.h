/* Random access to the tensors of a file. */
#ifndef ACTZ_C_READER_H
#define ACTZ_C_READER_H

#include "actz/c/profile.h"
#include "actz/c/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Caps are checked before anything is allocated; 0 is the default. Lower them for files of strangers. */
typedef struct actz_decode_options {
  uint32_t struct_size;
  uint32_t threads;                    /* 0: all processors */
  const actz_profile* const* profiles; /* to find models that a file only names; borrowed for the call */
  size_t profile_count;
  uint64_t max_chunk_bytes;   /* decoded bytes of one chunk, and of all at once; default 2^28 */
  uint64_t max_section_bytes; /* coded bytes of one section; default 2^30 */
  uint64_t max_tensor_bytes;  /* decoded bytes of one tensor; default 2^46 */
  uint32_t max_tensors;       /* default 65536 */
  uint32_t reserved;          /* 0 */
  actz_progress_fn progress;  /* or NULL */
  void* progress_context;
  /* "KEY=VALUE", each of which the metadata must say of the tensors that are read, or of the file; borrowed */
  const char* const* required;
  size_t required_count;
  uint64_t max_header_bytes; /* of metadata and all headers of tensors together; default 2^24 */
} actz_decode_options;

/* Bytes at any position. read_at fills `to` from offset_bytes on, a range inside the source, and returns ACTZ_OK or a
 * status that the call which reads then returns, too. */
typedef struct actz_byte_source {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* context;
  uint64_t size_bytes;
  actz_status (*read_at)(void* context, uint64_t offset_bytes, void* to, size_t byte_count);
} actz_byte_source;

typedef struct actz_reader actz_reader;

/* Opens a file: reads header, index, tensor headers and models. options may be NULL.
 * Errors: io, corrupt, unsupported, limit, bad argument (a profile, not a data file), out of memory. */
ACTZ_API ACTZ_CHECKED actz_status actz_reader_open_path(const char* path, const actz_decode_options* options,
                                                        actz_reader** reader, actz_error* error);
/* bytes: borrowed until actz_reader_close. */
ACTZ_API ACTZ_CHECKED actz_status actz_reader_open_memory(const void* bytes, size_t byte_count,
                                                          const actz_decode_options* options, actz_reader** reader,
                                                          actz_error* error);
/* source: copied; its context is borrowed until actz_reader_close. */
ACTZ_API ACTZ_CHECKED actz_status actz_reader_open_source(const actz_byte_source* source,
                                                          const actz_decode_options* options, actz_reader** reader,
                                                          actz_error* error);

/* info: filled; its pointers last until actz_reader_close. */
ACTZ_API ACTZ_CHECKED actz_status actz_reader_file(const actz_reader* reader, actz_file_info* info, actz_error* error);
ACTZ_API uint64_t actz_reader_tensor_count(const actz_reader* reader);
ACTZ_API ACTZ_CHECKED actz_status actz_reader_tensor(const actz_reader* reader, uint64_t tensor, actz_tensor_info* info,
                                                     actz_error* error);
/* Number of the tensor of this name. Errors: bad argument (none has it). */
ACTZ_API ACTZ_CHECKED actz_status actz_reader_find(const actz_reader* reader, const char* name, uint64_t* tensor,
                                                   actz_error* error);

/* Decodes rows [first_row, end_row), counted over all sequences, and reads only the chunks they lie in.
 * buffer: (end_row - first_row) * channels elements, of buffer_bytes bytes exactly. On failure it holds anything.
 * Memory: threads + 1 chunks. Errors: bad argument, io, corrupt, unsupported (the file needs a profile), limit. */
ACTZ_API ACTZ_CHECKED actz_status actz_reader_read_rows(actz_reader* reader, uint64_t tensor, uint64_t first_row,
                                                        uint64_t end_row, void* buffer, size_t buffer_bytes,
                                                        actz_error* error);
ACTZ_API void actz_reader_close(actz_reader* reader);

#ifdef __cplusplus
}
#endif
#endif
