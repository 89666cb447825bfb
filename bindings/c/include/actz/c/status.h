/* Results, errors, memory and progress. */
#ifndef ACTZ_C_STATUS_H
#define ACTZ_C_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ACTZ_API __attribute__((visibility("default")))
#define ACTZ_CHECKED __attribute__((warn_unused_result))
#else
#define ACTZ_API
#define ACTZ_CHECKED
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Families of errors: the exit codes of the program. A callback that returns another number fails with ACTZ_IO. */
typedef int32_t actz_status;
enum {
  ACTZ_OK = 0,
  ACTZ_INTERNAL = 1,     /* a fault of this library */
  ACTZ_BAD_ARGUMENT = 2, /* the caller asks for what cannot be */
  ACTZ_CORRUPT = 3,      /* input broken, cut short or not of its kind */
  ACTZ_UNSUPPORTED = 4,  /* input valid, but newer or other than this library reads */
  ACTZ_LIMIT = 5,        /* input larger than the reader's limits */
  ACTZ_IO = 6,           /* the operating system refused, or a callback did */
  ACTZ_OUT_OF_MEMORY = 7
};

#define ACTZ_NO_OFFSET UINT64_MAX

/* What went wrong. Filled on failure only. */
typedef struct actz_error {
  uint32_t struct_size;
  actz_status status;   /* as returned */
  int32_t code;         /* finer: 40 corrupt, 42 corrupt_checksum, ...: an id of format_spec/registry/errors.csv */
  uint32_t reserved;    /* 0 */
  uint64_t byte_offset; /* where in the input, or ACTZ_NO_OFFSET */
  char message[256];    /* one line, cut if longer */
} actz_error;

/* "corrupt_checksum" for 42, ...; "unknown" for a number that is no code. Static. */
ACTZ_API const char* actz_code_name(int32_t code);

/* Gives memory for a result that is returned whole; NULL as allocator is malloc, and the result is given to actz_free.
 * The library never frees what an allocator gave. */
typedef struct actz_allocator {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* context;
  void* (*allocate)(void* context, size_t byte_count); /* byte_count > 0; NULL: out of memory */
} actz_allocator;

/* Frees memory of a call that was given no allocator. Takes NULL. */
ACTZ_API void actz_free(void* memory);

/* Elements done and in all. Called from the thread that made the long call. */
typedef void (*actz_progress_fn)(void* context, uint64_t done_elems, uint64_t total_elems);

/* "0.1.0". Static. */
ACTZ_API const char* actz_version(void);

/* The newest version of the format that is written and read. */
ACTZ_API void actz_format_version(uint8_t* major, uint8_t* minor);

#ifdef __cplusplus
}
#endif
#endif
