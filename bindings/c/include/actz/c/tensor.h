/* Element types, borrowed tensors, and what files tell of the tensors in them. */
#ifndef ACTZ_C_TENSOR_H
#define ACTZ_C_TENSOR_H

#include "actz/c/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Element types; the ids of format_spec/registry/dtypes.csv. */
typedef int32_t actz_dtype;
enum {
  ACTZ_BOOL = 1,
  ACTZ_U8 = 2,
  ACTZ_I8 = 3,
  ACTZ_U16 = 4,
  ACTZ_I16 = 5,
  ACTZ_U32 = 6,
  ACTZ_I32 = 7,
  ACTZ_U64 = 8,
  ACTZ_I64 = 9,
  ACTZ_F16 = 16,  /* IEEE 754 binary16 */
  ACTZ_BF16 = 17, /* upper half of a binary32 */
  ACTZ_F32 = 18,
  ACTZ_F64 = 19
};

/* Bytes of one element; 0 for a number that is no type. */
ACTZ_API size_t actz_dtype_bytes(actz_dtype dtype);
/* "f32", "bf16", "bool", ...; NULL for a number that is no type. Static. */
ACTZ_API const char* actz_dtype_name(actz_dtype dtype);

/* A borrowed tensor. Rank 0 has one element. */
typedef struct actz_array {
  uint32_t struct_size;
  actz_dtype dtype;
  uint32_t rank;         /* at most 16 */
  uint32_t reserved;     /* 0 */
  const uint64_t* shape; /* extents, slowest first; may be NULL at rank 0 */
  const void* elements;
  size_t byte_count; /* of elements: the product of the extents times actz_dtype_bytes, else ACTZ_BAD_ARGUMENT */
} actz_array;

/* One tensor of a file, as headers and index tell. Pointers are borrowed from the handle that gave them. */
typedef struct actz_tensor_info {
  uint32_t struct_size;
  actz_dtype dtype;
  uint32_t rank;
  uint32_t channels;
  const uint64_t* shape; /* extents, slowest first */
  const char* name;
  const char* codec;     /* "lossy", "lossless" or "raw" */
  const char* reference; /* name of the tensor that it is predicted from, or "" */
  const char* digest;    /* of the decoded tensor, hex */
  uint64_t rows;         /* over all sequences; rows * channels = values */
  uint64_t values;
  uint64_t chunks;
  uint64_t coded_bytes;   /* chunks and headers, without models */
  uint64_t model_bytes;   /* embedded models first used by this tensor */
  uint64_t source_chunks; /* that its last chunk takes to decode */
  double nmse;            /* as the encoder measured; NaN if unknown */
  double max_abs_error;
} actz_tensor_info;

/* What a whole file holds. Pointers are borrowed. */
typedef struct actz_file_info {
  uint32_t struct_size;
  uint8_t format_major;
  uint8_t format_minor;
  uint16_t reserved; /* 0 */
  uint64_t tensor_count;
  const char* metadata;               /* JSON, or "" */
  const char* const* required_models; /* digests (hex) of models that the file only names */
  uint64_t required_model_count;
} actz_file_info;

#ifdef __cplusplus
}
#endif
#endif
