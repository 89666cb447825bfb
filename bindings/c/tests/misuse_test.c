/* Wrong arguments, and structs of older and newer headers, end with a status, not with a crash. */
#include "expect.h"
#include "smooth_tensor.h"

static smooth_tensor smooth;
static actz_error error = {.struct_size = sizeof(actz_error)};

/* What a header of a later release might declare. */
typedef struct newer_encode_options {
  actz_encode_options now;
  uint64_t later;
} newer_encode_options;

typedef struct newer_encode_report {
  actz_encode_report now;
  uint64_t later;
} newer_encode_report;

static void missing_arguments(void) {
  actz_writer* writer = NULL;
  actz_reader* reader = NULL;
  actz_profile* profile = NULL;
  actz_array array = smooth_array(&smooth);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_writer_open_memory(NULL, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_writer_open_path(NULL, 0, &writer, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_writer_open_callback(NULL, NULL, &writer, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_writer_finish(NULL, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_writer_add_tensor(NULL, "x", &array, NULL, NULL, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_reader_open_path(NULL, NULL, &reader, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_reader_open_memory(NULL, 10, NULL, &reader, &error), error);
  EXPECT_FAILS(ACTZ_CORRUPT, actz_reader_open_memory(NULL, 0, NULL, &reader, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_stream_read(NULL, NULL, NULL, NULL, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_profile_load(NULL, &profile, &error), error);
  EXPECT(writer == NULL && reader == NULL && profile == NULL); /* left alone on failure */
  EXPECT(actz_writer_finish(NULL, NULL) == ACTZ_BAD_ARGUMENT); /* nobody asks for the message */
  actz_writer_close(NULL);
  actz_reader_close(NULL);
  actz_profile_close(NULL);
  actz_external_model_close(NULL);
  actz_free(NULL);
  EXPECT(actz_reader_tensor_count(NULL) == 0 && actz_profile_rung_count(NULL) == 0);
}

/* Adds the array to a new file and gives the status. */
static actz_status add(const actz_array* array, const actz_encode_options* options, actz_encode_report* report) {
  actz_writer* writer = NULL;
  actz_status status;
  EXPECT_OK(actz_writer_open_memory(&writer, &error), error);
  status = actz_writer_add_tensor(writer, "x", array, options, report, &error);
  actz_writer_close(writer);
  return status;
}

static void wrong_tensors(void) {
  const actz_array good = smooth_array(&smooth);
  const uint64_t huge[2] = {UINT64_MAX / 2, 4};
  actz_array array = good;
  array.byte_count -= 4;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, NULL, NULL), error);
  array = good;
  array.dtype = 300;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, NULL, NULL), error);
  array = good;
  array.rank = 17;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, NULL, NULL), error);
  array = good;
  array.rank = 2;
  array.shape = huge;
  EXPECT_FAILS(ACTZ_LIMIT, add(&array, NULL, NULL), error);
  array = good;
  array.elements = NULL;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, NULL, NULL), error);
  array = good;
  array.struct_size = 0;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, NULL, NULL), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(NULL, NULL, NULL), error);
}

static void wrong_options(void) {
  const actz_array array = smooth_array(&smooth);
  actz_encode_options options = {.struct_size = sizeof(options)};
  options.target = 7;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, &options, NULL), error);
  options.target = ACTZ_TARGET_NMSE; /* with value 0 */
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, &options, NULL), error);
  options.target = ACTZ_TARGET_DEFAULT;
  options.effort = 10;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, &options, NULL), error);
  options.effort = 0;
  options.reference_count = 1;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, &options, NULL), error);
}

static void other_headers(void) {
  const actz_array array = smooth_array(&smooth);
  newer_encode_options newer = {.now = {.struct_size = sizeof(newer)}};
  newer_encode_report report = {.now = {.struct_size = sizeof(report)}, .later = 77};
  actz_encode_options older = {.struct_size = offsetof(actz_encode_options, profile)};
  actz_encode_report oldest = {.struct_size = 16};
  older.target = ACTZ_TARGET_LOSSLESS;
  older.effort = 10; /* beyond what an older header had: not looked at */
  oldest.output_bytes = 123;
  EXPECT(add(&array, &older, &oldest) == ACTZ_OK);
  EXPECT(oldest.input_bytes == sizeof(smooth.values) && oldest.output_bytes == 123); /* nothing written past 16 bytes */
  newer.now.target = ACTZ_TARGET_LOSSLESS;
  EXPECT(add(&array, &newer.now, &report.now) == ACTZ_OK);
  EXPECT(report.now.values == SMOOTH_VALUES && report.later == 0);
  newer.later = 1;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, add(&array, &newer.now, NULL), error);
}

static void names(void) {
  uint8_t major = 9, minor = 9;
  EXPECT(actz_dtype_bytes(ACTZ_BF16) == 2 && actz_dtype_bytes(0) == 0 && actz_dtype_bytes(-1) == 0);
  EXPECT(strcmp(actz_dtype_name(ACTZ_BF16), "bf16") == 0 && actz_dtype_name(5000) == NULL);
  EXPECT(strcmp(actz_code_name(42), "corrupt_checksum") == 0 && strcmp(actz_code_name(1), "unknown") == 0);
  EXPECT(strlen(actz_version()) >= 5);
  actz_format_version(&major, &minor);
  EXPECT(major == 1 && minor == 0);
}

int main(void) {
  smooth_fill(&smooth);
  missing_arguments();
  wrong_tensors();
  wrong_options();
  other_headers();
  names();
  return 0;
}
