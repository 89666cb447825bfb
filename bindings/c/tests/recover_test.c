/* A file that lost its end, and one that lost all. */
#include <stdio.h>

#include "expect.h"
#include "smooth_tensor.h"

static smooth_tensor smooth;
static actz_error error = {.struct_size = sizeof(actz_error)};

static void write_file(const char* path, const void* bytes, size_t byte_count) {
  FILE* file = fopen(path, "wb");
  EXPECT(file != NULL && fwrite(bytes, 1, byte_count, file) == byte_count && fclose(file) == 0);
}

int main(void) {
  const char* damaged = "c_recover_test_damaged.actz";
  const char* saved = "c_recover_test_saved.actz";
  actz_writer* writer = NULL;
  void* bytes = NULL;
  size_t byte_count = 0;
  actz_encode_options options = {.struct_size = sizeof(options), .chunk_rows = 8};
  actz_recover_report report = {.struct_size = sizeof(report)};
  smooth_fill(&smooth);
  const actz_array array = smooth_array(&smooth);
  options.target = ACTZ_TARGET_LOSSLESS;
  EXPECT_OK(actz_writer_open_memory(&writer, &error), error);
  EXPECT_OK(actz_writer_add_tensor(writer, "smooth", &array, &options, NULL, &error), error);
  EXPECT_OK(actz_writer_finish(writer, &error), error);
  EXPECT_OK(actz_writer_take_bytes(writer, NULL, &bytes, &byte_count, &error), error);
  actz_writer_close(writer);

  write_file(damaged, bytes, byte_count);
  EXPECT_OK(actz_recover_path(damaged, saved, 1, NULL, &report, &error), error);
  EXPECT(report.complete == 1 && report.recovered_rows == report.rows && report.rows > 8 && report.loss[0] == 0);
  EXPECT(actz_recover_path(damaged, saved, 0, NULL, NULL, &error) == ACTZ_BAD_ARGUMENT);
  write_file(damaged, bytes, byte_count * 3 / 4);
  EXPECT_OK(actz_recover_path(damaged, saved, 1, NULL, &report, &error), error);
  EXPECT(report.complete == 0 && report.end_found == 0 && report.tensors == 1);
  EXPECT(report.recovered_rows > 0 && report.recovered_rows < report.rows && report.chunks > 0);
  actz_reader* reader = NULL;
  EXPECT_OK(actz_reader_open_path(saved, NULL, &reader, &error), error);
  actz_reader_close(reader);
  write_file(damaged, bytes, 30);
  EXPECT(actz_recover_path(damaged, saved, 1, NULL, NULL, &error) == ACTZ_CORRUPT);
  EXPECT(actz_recover_path(NULL, saved, 1, NULL, NULL, &error) == ACTZ_BAD_ARGUMENT);
  actz_free(bytes);
  remove(damaged);
  remove(saved);
  return 0;
}
