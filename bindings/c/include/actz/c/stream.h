/* Reading a file from front to back without seeking, with every check: the way to read a pipe, and to verify. */
#ifndef ACTZ_C_STREAM_H
#define ACTZ_C_STREAM_H

#include "actz/c/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills `to` with as many bytes as there are, up to byte_count, and tells how many; fewer means the end. Returns
 * ACTZ_OK or a status that actz_stream_read then returns, too. */
typedef actz_status (*actz_read_fn)(void* context, void* to, size_t byte_count, size_t* read_bytes);

/* What is told of a file as it comes by. Each may be NULL. A status other than ACTZ_OK ends the reading with it.
 * Pointers of infos last for the call. */
typedef struct actz_stream_visitor {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* context;
  /* A tensor begins; *wanted is 1, and set to 0 skips its content. Figures that follow the content are not known yet.
   */
  actz_status (*on_tensor)(void* context, const actz_tensor_info* tensor, int* wanted);
  /* Its elements, in order. */
  actz_status (*on_elements)(void* context, const void* elements, size_t byte_count);
  /* It is complete and its digest was checked; not called for skipped ones. */
  actz_status (*on_tensor_end)(void* context, const actz_tensor_info* tensor);
  /* The whole file is read and right: all that is known of each tensor, skipped or not, and then of the file. */
  actz_status (*on_summary)(void* context, const actz_tensor_info* tensor);
  actz_status (*on_file_end)(void* context, const actz_file_info* file);
} actz_stream_visitor;

/* Checks order of sections, checksums, coder states, digests, and that the index tells the truth. Without a visitor
 * this verifies a file. Memory: threads + 1 chunks, and those that others need. Errors: those of the callbacks, io,
 * corrupt, unsupported, limit, bad argument (a profile, not a data file), out of memory. */
ACTZ_API ACTZ_CHECKED actz_status actz_stream_read(actz_read_fn read, void* read_context,
                                                   const actz_stream_visitor* visitor,
                                                   const actz_decode_options* options, actz_error* error);
ACTZ_API ACTZ_CHECKED actz_status actz_stream_read_path(const char* path, const actz_stream_visitor* visitor,
                                                        const actz_decode_options* options, actz_error* error);
ACTZ_API ACTZ_CHECKED actz_status actz_stream_read_memory(const void* bytes, size_t byte_count,
                                                          const actz_stream_visitor* visitor,
                                                          const actz_decode_options* options, actz_error* error);

#ifdef __cplusplus
}
#endif
#endif
