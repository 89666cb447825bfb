/* Forward reads: everything comes by in order, tensors can be skipped, a broken byte is found. */
#include "expect.h"
#include "smooth_tensor.h"

static smooth_tensor smooth;
static actz_error error = {.struct_size = sizeof(actz_error)};

typedef struct pipe_of_bytes {
  const unsigned char* bytes;
  size_t byte_count;
  size_t position;
} pipe_of_bytes;

static actz_status read_pipe(void* context, void* to, size_t byte_count, size_t* read_bytes) {
  pipe_of_bytes* pipe = context;
  const size_t left = pipe->byte_count - pipe->position;
  *read_bytes = byte_count < left ? byte_count : left;
  memcpy(to, pipe->bytes + pipe->position, *read_bytes);
  pipe->position += *read_bytes;
  return ACTZ_OK;
}

typedef struct seen_tensors {
  float values[SMOOTH_VALUES];
  size_t byte_count;
  char order[32]; /* b: begins, e: ends, s: summary, f: file */
  const char* skipped;
  actz_status answer;
} seen_tensors;

static void note(seen_tensors* seen, char event) { seen->order[strlen(seen->order)] = event; }

static actz_status on_tensor(void* context, const actz_tensor_info* tensor, int* wanted) {
  seen_tensors* seen = context;
  note(seen, 'b');
  if (seen->skipped != NULL && strcmp(tensor->name, seen->skipped) == 0) *wanted = 0;
  return ACTZ_OK;
}

static actz_status on_elements(void* context, const void* elements, size_t byte_count) {
  seen_tensors* seen = context;
  EXPECT(seen->byte_count + byte_count <= sizeof(seen->values));
  memcpy((char*)seen->values + seen->byte_count, elements, byte_count);
  seen->byte_count += byte_count;
  return seen->answer;
}

static actz_status on_tensor_end(void* context, const actz_tensor_info* tensor) {
  note(context, 'e');
  EXPECT(tensor->values == SMOOTH_VALUES && strlen(tensor->digest) > 0);
  return ACTZ_OK;
}

static actz_status on_summary(void* context, const actz_tensor_info* tensor) {
  note(context, 's');
  EXPECT(tensor->coded_bytes > 0 && tensor->chunks > 0);
  return ACTZ_OK;
}

static actz_status on_file_end(void* context, const actz_file_info* file) {
  note(context, 'f');
  EXPECT(file->tensor_count == 2);
  return ACTZ_OK;
}

static void encode_two(void** bytes, size_t* byte_count) {
  const actz_array array = smooth_array(&smooth);
  actz_encode_options options = {.struct_size = sizeof(options)};
  actz_writer* writer = NULL;
  EXPECT_OK(actz_writer_open_memory(&writer, &error), error);
  options.target = ACTZ_TARGET_LOSSLESS;
  EXPECT_OK(actz_writer_add_tensor(writer, "first", &array, &options, NULL, &error), error);
  EXPECT_OK(actz_writer_add_tensor(writer, "second", &array, &options, NULL, &error), error);
  EXPECT_OK(actz_writer_finish(writer, &error), error);
  EXPECT_OK(actz_writer_take_bytes(writer, NULL, bytes, byte_count, &error), error);
  actz_writer_close(writer);
}

int main(void) {
  static seen_tensors seen;
  actz_stream_visitor visitor = {sizeof(visitor), 0,          &seen,      on_tensor, on_elements,
                                 on_tensor_end,   on_summary, on_file_end};
  pipe_of_bytes pipe = {NULL, 0, 0};
  void* bytes = NULL;
  size_t byte_count = 0, i;
  smooth_fill(&smooth);
  encode_two(&bytes, &byte_count);
  pipe.bytes = bytes;
  pipe.byte_count = byte_count;

  seen.skipped = "first";
  EXPECT_OK(actz_stream_read(read_pipe, &pipe, &visitor, NULL, &error), error);
  EXPECT(strcmp(seen.order, "bbessf") == 0 && pipe.position == byte_count);
  EXPECT(seen.byte_count == sizeof(seen.values) && memcmp(seen.values, smooth.values, sizeof(seen.values)) == 0);
  EXPECT_OK(actz_stream_read_memory(bytes, byte_count, NULL, NULL, &error), error);

  memset(&seen, 0, sizeof(seen));
  seen.answer = ACTZ_LIMIT;
  EXPECT_FAILS(ACTZ_LIMIT, actz_stream_read_memory(bytes, byte_count, &visitor, NULL, &error), error);

  for (i = 0; i < byte_count; i += byte_count / 40 + 1) { /* no byte goes unchecked */
    ((unsigned char*)bytes)[i] ^= 0x10;
    EXPECT(actz_stream_read_memory(bytes, byte_count, NULL, NULL, &error) != ACTZ_OK);
    ((unsigned char*)bytes)[i] ^= 0x10;
  }
  pipe.byte_count = byte_count - 1;
  pipe.position = 0;
  EXPECT_FAILS(ACTZ_CORRUPT, actz_stream_read(read_pipe, &pipe, NULL, NULL, &error), error);
  EXPECT_FAILS(ACTZ_IO, actz_stream_read_path("no_such_file.actz", NULL, NULL, &error), error);
  {
    actz_decode_options low = {.struct_size = sizeof(low)};
    low.max_tensors = 1;
    EXPECT_FAILS(ACTZ_LIMIT, actz_stream_read_memory(bytes, byte_count, NULL, &low, &error), error);
  }
  actz_free(bytes);
  return 0;
}
