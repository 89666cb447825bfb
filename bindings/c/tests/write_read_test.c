/* Files written to memory, a path and a callback, and read from memory, a path and a callback. */
#include "expect.h"
#include "smooth_tensor.h"

static smooth_tensor smooth;
static float decoded[SMOOTH_VALUES];
static actz_error error = {.struct_size = sizeof(actz_error)};

typedef struct growing_bytes {
  unsigned char bytes[1 << 16];
  size_t byte_count;
  int calls;
} growing_bytes;

static actz_status keep(void* context, const void* bytes, size_t byte_count) {
  growing_bytes* kept = context;
  if (kept->byte_count + byte_count > sizeof(kept->bytes)) return ACTZ_OUT_OF_MEMORY;
  memcpy(kept->bytes + kept->byte_count, bytes, byte_count);
  kept->byte_count += byte_count;
  ++kept->calls;
  return ACTZ_OK;
}

static actz_status refuse(void* context, const void* bytes, size_t byte_count) {
  (void)context;
  (void)bytes;
  (void)byte_count;
  return ACTZ_IO;
}

static actz_status read_kept(void* context, uint64_t offset_bytes, void* to, size_t byte_count) {
  growing_bytes* kept = context;
  if (offset_bytes > kept->byte_count || byte_count > kept->byte_count - offset_bytes) return ACTZ_IO;
  memcpy(to, kept->bytes + offset_bytes, byte_count);
  ++kept->calls;
  return ACTZ_OK;
}

static actz_status read_smooth(void* context, uint64_t first_elem, void* to, size_t byte_count) {
  const smooth_tensor* from = context;
  memcpy(to, from->values + first_elem, byte_count);
  return ACTZ_OK;
}

static void write_both(actz_writer* writer) {
  const actz_array array = smooth_array(&smooth);
  actz_encode_options options = {.struct_size = sizeof(options)};
  actz_encode_report report = {.struct_size = sizeof(report)};
  EXPECT_OK(actz_writer_add_metadata(writer, "{\"layer\": 3}", &error), error);
  options.target = ACTZ_TARGET_LOSSLESS;
  EXPECT_OK(actz_writer_add_tensor(writer, "exact", &array, &options, &report, &error), error);
  EXPECT(report.values == SMOOTH_VALUES && report.max_abs_error == 0);
  options.target = ACTZ_TARGET_NMSE;
  options.target_value = 0.01;
  EXPECT_OK(actz_writer_add_tensor(writer, "near", &array, &options, &report, &error), error);
  EXPECT(report.nmse > 0.001 && report.nmse < 0.02);
  EXPECT(report.output_bytes < report.input_bytes / 4);
  EXPECT_OK(actz_writer_finish(writer, &error), error);
}

static void check_both(actz_reader* reader) {
  actz_file_info file = {.struct_size = sizeof(file)};
  actz_tensor_info info = {.struct_size = sizeof(info)};
  uint64_t near = 99;
  EXPECT_OK(actz_reader_file(reader, &file, &error), error);
  EXPECT(file.tensor_count == 2 && actz_reader_tensor_count(reader) == 2);
  EXPECT(strcmp(file.metadata, "{\"layer\": 3}") == 0 && file.required_model_count == 0);
  EXPECT_OK(actz_reader_tensor(reader, 0, &info, &error), error);
  EXPECT(strcmp(info.name, "exact") == 0 && strcmp(info.codec, "lossless") == 0 && strlen(info.digest) > 0);
  EXPECT(info.dtype == ACTZ_F32 && info.rank == 3 && info.shape[1] == SMOOTH_ROWS);
  EXPECT(info.rows * info.channels == SMOOTH_VALUES);
  EXPECT_OK(actz_reader_read_rows(reader, 0, 0, info.rows, decoded, sizeof(decoded), &error), error);
  EXPECT(memcmp(decoded, smooth.values, sizeof(decoded)) == 0);
  EXPECT_OK(actz_reader_find(reader, "near", &near, &error), error);
  EXPECT(near == 1);
  EXPECT_OK(actz_reader_tensor(reader, near, &info, &error), error);
  EXPECT_OK(actz_reader_read_rows(reader, near, 0, info.rows, decoded, sizeof(decoded), &error), error);
  EXPECT(smooth_nmse(smooth.values, decoded) < 0.02);
  {
    float some[3 * SMOOTH_CHANNELS];
    EXPECT_OK(actz_reader_read_rows(reader, near, 7, 10, some, sizeof(some), &error), error);
    EXPECT(memcmp(some, decoded + 7 * SMOOTH_CHANNELS, sizeof(some)) == 0);
    EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_reader_read_rows(reader, near, 7, 10, some, sizeof(some) - 1, &error), error);
    EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_reader_read_rows(reader, near, 10, 7, some, 0, &error), error);
    EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_reader_read_rows(reader, near, 0, info.rows + 1, some, 0, &error), error);
    EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_reader_read_rows(reader, 2, 0, 1, some, sizeof(some), &error), error);
    EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_reader_find(reader, "far", &near, &error), error);
  }
}

static void paths(void) {
  const char* path = "write_read_test.actz";
  const actz_array array = smooth_array(&smooth);
  actz_writer* writer = NULL;
  actz_reader* reader = NULL;
  remove(path);
  EXPECT_OK(actz_writer_open_path(path, 0, &writer, &error), error);
  EXPECT_FAILS(ACTZ_IO, actz_reader_open_path(path, NULL, &reader, &error), error); /* not before it is finished */
  write_both(writer);
  actz_writer_close(writer);
  EXPECT_OK(actz_reader_open_path(path, NULL, &reader, &error), error);
  check_both(reader);
  actz_reader_close(reader);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_writer_open_path(path, 0, &writer, &error), error);

  EXPECT_OK(actz_writer_append_path(path, NULL, &writer, &error), error);
  EXPECT_OK(actz_writer_add_tensor(writer, "lost", &array, NULL, NULL, &error), error);
  actz_writer_close(writer); /* unfinished: as it was */
  EXPECT_OK(actz_reader_open_path(path, NULL, &reader, &error), error);
  check_both(reader);
  actz_reader_close(reader);
  EXPECT_OK(actz_writer_append_path(path, NULL, &writer, &error), error);
  EXPECT_OK(actz_writer_add_tensor(writer, "more", &array, NULL, NULL, &error), error);
  EXPECT_OK(actz_writer_finish(writer, &error), error);
  actz_writer_close(writer);
  EXPECT_OK(actz_reader_open_path(path, NULL, &reader, &error), error);
  EXPECT(actz_reader_tensor_count(reader) == 3);
  actz_reader_close(reader);
  EXPECT_FAILS(ACTZ_IO, actz_reader_open_path("no_such_directory/x.actz", NULL, &reader, &error), error);
  remove(path);
}

static int allocations;

static void* counted(void* context, size_t byte_count) {
  ++allocations;
  return context == NULL ? NULL : malloc(byte_count);
}

static void memory(void) {
  actz_writer* writer = NULL;
  actz_reader* reader = NULL;
  actz_allocator allocator = {sizeof(allocator), 0, &allocations, counted};
  void *own = NULL, *mine = NULL;
  size_t own_bytes = 0, mine_bytes = 0;
  EXPECT_OK(actz_writer_open_memory(&writer, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_writer_take_bytes(writer, NULL, &own, &own_bytes, &error), error);
  write_both(writer);
  EXPECT_OK(actz_writer_take_bytes(writer, NULL, &own, &own_bytes, &error), error);
  EXPECT_OK(actz_writer_take_bytes(writer, &allocator, &mine, &mine_bytes, &error), error);
  EXPECT(allocations == 1 && own_bytes == mine_bytes && memcmp(own, mine, own_bytes) == 0);
  EXPECT(actz_writer_written_bytes(writer) == own_bytes);
  allocator.context = NULL;
  EXPECT_FAILS(ACTZ_OUT_OF_MEMORY, actz_writer_take_bytes(writer, &allocator, &mine, &mine_bytes, &error), error);
  actz_writer_close(writer);
  EXPECT_OK(actz_reader_open_memory(own, own_bytes, NULL, &reader, &error), error);
  check_both(reader);
  actz_reader_close(reader);
  EXPECT_FAILS(ACTZ_CORRUPT, actz_reader_open_memory(own, own_bytes / 2, NULL, &reader, &error), error);
  ((unsigned char*)own)[0] ^= 1;
  EXPECT_FAILS(ACTZ_CORRUPT, actz_reader_open_memory(own, own_bytes, NULL, &reader, &error), error);
  actz_free(own);
  free(mine);
}

static void callbacks(void) {
  static growing_bytes kept;
  const actz_array array = smooth_array(&smooth);
  actz_writer* writer = NULL;
  actz_reader* reader = NULL;
  actz_element_source elements = {sizeof(elements), 1, &smooth, read_smooth};
  actz_encode_options options = {.struct_size = sizeof(options)};
  actz_byte_source source = {sizeof(source), 0, &kept, 0, read_kept};
  EXPECT_OK(actz_writer_open_callback(keep, &kept, &writer, &error), error);
  write_both(writer);
  actz_writer_close(writer);
  source.size_bytes = kept.byte_count;
  kept.calls = 0;
  EXPECT_OK(actz_reader_open_source(&source, NULL, &reader, &error), error);
  check_both(reader);
  actz_reader_close(reader);
  EXPECT(kept.calls > 0);
  source.size_bytes += 100; /* then reads go past the end, and what the callback says comes back */
  EXPECT_FAILS(ACTZ_IO, actz_reader_open_source(&source, NULL, &reader, &error), error);

  EXPECT_OK(actz_writer_open_callback(refuse, NULL, &writer, &error), error);
  EXPECT_FAILS(ACTZ_IO, actz_writer_add_tensor(writer, "x", &array, NULL, NULL, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_writer_finish(writer, &error), error); /* an earlier call failed */
  actz_writer_close(writer);

  EXPECT_OK(actz_writer_open_memory(&writer, &error), error);
  options.target = ACTZ_TARGET_MAX_ERROR;
  options.target_value = 0.125;
  options.keep_as_reference = 1;
  EXPECT_OK(actz_writer_add_elements(writer, "x", &array, &elements, &options, NULL, &error), error);
  {
    const char* const references[] = {"x"};
    options.references = references;
    options.reference_count = 1;
    EXPECT_OK(actz_writer_add_tensor(writer, "y", &array, &options, NULL, &error), error);
    EXPECT_OK(actz_writer_finish(writer, &error), error);
  }
  {
    void* bytes = NULL;
    size_t byte_count = 0;
    actz_tensor_info info = {.struct_size = sizeof(info)};
    int i;
    EXPECT_OK(actz_writer_take_bytes(writer, NULL, &bytes, &byte_count, &error), error);
    EXPECT_OK(actz_reader_open_memory(bytes, byte_count, NULL, &reader, &error), error);
    EXPECT_OK(actz_reader_tensor(reader, 0, &info, &error), error);
    EXPECT_OK(actz_reader_read_rows(reader, 0, 0, info.rows, decoded, sizeof(decoded), &error), error);
    for (i = 0; i < SMOOTH_VALUES; ++i) {
      const float difference = decoded[i] - smooth.values[i];
      EXPECT(difference <= 0.125f && difference >= -0.125f);
    }
    EXPECT_OK(actz_reader_tensor(reader, 1, &info, &error), error);
    EXPECT(strcmp(info.reference, "x") == 0);
    actz_reader_close(reader);
    actz_free(bytes);
  }
  actz_writer_close(writer);
}

int main(void) {
  smooth_fill(&smooth);
  memory();
  paths();
  callbacks();
  return 0;
}
