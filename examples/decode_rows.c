/* Decodes rows of the first tensor of a file, f32, and prints them as text: decode_rows FILE.actz FIRST_ROW END_ROW */
#include <actz/actz.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(const actz_error* error) {
  fprintf(stderr, "%s: %s\n", actz_code_name(error->code), error->message);
  return 1;
}

static int print_rows(actz_reader* reader, uint64_t first_row, uint64_t end_row) {
  actz_error error = {.struct_size = sizeof error};
  actz_tensor_info tensor = {.struct_size = sizeof tensor};
  if (actz_reader_tensor(reader, 0, &tensor, &error)) return failed(&error);
  if (tensor.dtype != ACTZ_F32 || first_row > end_row || end_row > tensor.rows) {
    fprintf(stderr, "%s: %" PRIu64 " rows, wanted f32 and rows of it\n", tensor.name, tensor.rows);
    return 1;
  }
  const size_t count = (size_t)(end_row - first_row) * tensor.channels;
  float* values = malloc(count * sizeof *values + 1);
  if (values == NULL) return 1;
  const int failure =
      actz_reader_read_rows(reader, 0, first_row, end_row, values, count * sizeof *values, &error) ? failed(&error) : 0;
  for (size_t i = 0; !failure && i < count; ++i)
    printf("%.9g%c", values[i], (i + 1) % tensor.channels == 0 ? '\n' : ' ');
  free(values);
  return failure;
}

int main(int count, char** words) {
  actz_error error = {.struct_size = sizeof error};
  actz_reader* reader;
  if (count != 4) {
    fprintf(stderr, "decode_rows FILE.actz FIRST_ROW END_ROW\n");
    return 2;
  }
  if (actz_reader_open_path(words[1], NULL, &reader, &error)) return failed(&error);
  const int failure = print_rows(reader, strtoull(words[2], NULL, 10), strtoull(words[3], NULL, 10));
  actz_reader_close(reader);
  return failure;
}
