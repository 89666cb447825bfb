/* A tensor that is alike on every machine: rows that follow each other slowly, with noise. */
#ifndef ACTZ_SMOOTH_TENSOR_H
#define ACTZ_SMOOTH_TENSOR_H

#include <stdint.h>
#include <string.h>

#include "actz/actz.h"

enum { SMOOTH_SEQUENCES = 2, SMOOTH_ROWS = 200, SMOOTH_CHANNELS = 16, SMOOTH_VALUES = 2 * 200 * 16 };

typedef struct smooth_tensor {
  uint64_t shape[3];
  float values[SMOOTH_VALUES];
} smooth_tensor;

static inline void smooth_fill(smooth_tensor* tensor) {
  uint32_t state = 12345;
  float row[SMOOTH_CHANNELS] = {0};
  int i;
  tensor->shape[0] = SMOOTH_SEQUENCES;
  tensor->shape[1] = SMOOTH_ROWS;
  tensor->shape[2] = SMOOTH_CHANNELS;
  for (i = 0; i < SMOOTH_VALUES; ++i) {
    state = state * 1664525u + 1013904223u;
    row[i % SMOOTH_CHANNELS] = 0.9f * row[i % SMOOTH_CHANNELS] + (float)(state >> 16) / 65536.0f - 0.5f;
    tensor->values[i] = row[i % SMOOTH_CHANNELS];
  }
}

static inline actz_array smooth_array(const smooth_tensor* tensor) {
  actz_array out;
  memset(&out, 0, sizeof(out));
  out.struct_size = sizeof(out);
  out.dtype = ACTZ_F32;
  out.rank = 3;
  out.shape = tensor->shape;
  out.elements = tensor->values;
  out.byte_count = sizeof(tensor->values);
  return out;
}

/* Sum of squared errors over centred energy. */
static inline double smooth_nmse(const float* values, const float* decoded) {
  double mean = 0, energy = 0, error = 0;
  int i;
  for (i = 0; i < SMOOTH_VALUES; ++i) mean += (double)values[i] / SMOOTH_VALUES;
  for (i = 0; i < SMOOTH_VALUES; ++i) {
    energy += ((double)values[i] - mean) * ((double)values[i] - mean);
    error += ((double)values[i] - (double)decoded[i]) * ((double)values[i] - (double)decoded[i]);
  }
  return error / energy;
}

#endif
