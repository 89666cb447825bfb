/* Encodes a tensor into a file with the C library and decodes some of its rows. */
#include <actz/actz.h>
#include <stdio.h>

enum { ROWS = 500, CHANNELS = 32 };

static int failed(const actz_error* error) {
  fprintf(stderr, "%s: %s\n", actz_code_name(error->code), error->message);
  return 1;
}

int main(void) {
  static float hidden[ROWS * CHANNELS];
  const uint64_t shape[2] = {ROWS, CHANNELS};
  const actz_array tensor = {.struct_size = sizeof tensor,
                             .dtype = ACTZ_F32,
                             .rank = 2,
                             .shape = shape,
                             .elements = hidden,
                             .byte_count = sizeof hidden};
  const actz_encode_options options = {
      .struct_size = sizeof options, .target = ACTZ_TARGET_MAX_ERROR, .target_value = 0.01};
  actz_error error = {.struct_size = sizeof error};
  actz_writer* writer;
  actz_reader* reader;
  float ten_rows[10 * CHANNELS];
  int i;
  for (i = 0; i < ROWS * CHANNELS; ++i) hidden[i] = (float)(i % 97) / 97.0f;

  if (actz_writer_open_path("hidden.actz", 1, &writer, &error)) return failed(&error);
  if (actz_writer_add_tensor(writer, "hidden", &tensor, &options, NULL, &error)) return failed(&error);
  if (actz_writer_finish(writer, &error)) return failed(&error);
  actz_writer_close(writer);

  if (actz_reader_open_path("hidden.actz", NULL, &reader, &error)) return failed(&error);
  if (actz_reader_read_rows(reader, 0, 100, 110, ten_rows, sizeof ten_rows, &error)) return failed(&error);
  actz_reader_close(reader);
  for (i = 0; i < 10 * CHANNELS; ++i) {
    const float difference = ten_rows[i] - hidden[100 * CHANNELS + i];
    if (difference > 0.01f || difference < -0.01f) return 1;
  }
  printf("ten rows decoded, actz %s\n", actz_version());
  return 0;
}
