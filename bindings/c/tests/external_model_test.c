/* Integers with densities of the caller's. */
#include <string.h>

#include "actz/actz.h"
#include "expect.h"

enum { VALUES = 5000, MASSES = 21 };

static actz_error error = {.struct_size = sizeof(actz_error)};
static int32_t values[VALUES], means[VALUES], decoded[VALUES];
static uint16_t class_of[VALUES];

/* Class 0 is narrow, class 1 flat. */
static actz_external_model* make(void) {
  static uint16_t narrow[MASSES + 1], flat[MASSES + 1];
  actz_external_class classes[2] = {{-10, MASSES + 1, narrow}, {-10, MASSES + 1, flat}};
  double masses[MASSES];
  actz_external_model* model = NULL;
  int i;
  for (i = 0; i < MASSES; ++i) masses[i] = 1.0 / (1 + (i - 10) * (i - 10) * (i - 10) * (i - 10));
  EXPECT_OK(actz_external_frequencies(masses, MASSES, 0.001, 12, narrow, &error), error);
  for (i = 0; i < MASSES; ++i) masses[i] = 1;
  EXPECT_OK(actz_external_frequencies(masses, MASSES, 0.01, 12, flat, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_external_frequencies(masses, MASSES, 0.01, 13, flat, &error), error);
  EXPECT_OK(actz_external_model_make(classes, 2, 12, &model, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_external_model_make(classes, 0, 12, &model, &error), error);
  return model;
}

int main(void) {
  actz_external_model* model = make();
  uint32_t state = 1;
  void *bytes = NULL, *without = NULL;
  size_t byte_count = 0, without_bytes = 0;
  int i;
  for (i = 0; i < VALUES; ++i) {
    state = state * 1664525u + 1013904223u;
    class_of[i] = (uint16_t)(state >> 31);
    means[i] = i - 2500;
    values[i] = means[i] + (class_of[i] == 0 ? 0 : (int32_t)(state >> 16) % 21 - 10);
  }
  values[77] = 1000000; /* an escape */
  EXPECT_OK(actz_external_model_encode(model, values, class_of, means, VALUES, NULL, &bytes, &byte_count, &error),
            error);
  EXPECT(byte_count < VALUES); /* 2.2 bits for half of them, next to none for the others */
  EXPECT_OK(actz_external_model_decode(model, bytes, byte_count, class_of, means, VALUES, decoded, &error), error);
  EXPECT(memcmp(values, decoded, sizeof(values)) == 0);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT,
               actz_external_model_decode(model, bytes, byte_count, class_of, means, VALUES - 1, decoded, &error),
               error);
  EXPECT_FAILS(ACTZ_CORRUPT,
               actz_external_model_decode(model, bytes, byte_count - 1, class_of, means, VALUES, decoded, &error),
               error);
  EXPECT_OK(actz_external_model_encode(model, values, class_of, NULL, VALUES, NULL, &without, &without_bytes, &error),
            error);
  EXPECT(without_bytes > byte_count);
  class_of[0] = 2;
  EXPECT_FAILS(
      ACTZ_BAD_ARGUMENT,
      actz_external_model_encode(model, values, class_of, NULL, VALUES, NULL, &without, &without_bytes, &error), error);
  actz_free(bytes);
  actz_free(without);
  actz_external_model_close(model);
  return 0;
}
