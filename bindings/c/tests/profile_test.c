/* Profiles: learned, kept, named by files that then need them. */
#include "expect.h"
#include "smooth_tensor.h"

static smooth_tensor smooth;
static float decoded[SMOOTH_VALUES];
static actz_error error = {.struct_size = sizeof(actz_error)};

static actz_profile* fit(void) {
  const actz_array array = smooth_array(&smooth);
  const double targets[] = {0.01, 0.05};
  const uint16_t lags[] = {1};
  actz_profile* profile = NULL;
  actz_fit_options options = {.struct_size = sizeof(options)};
  options.nmse = targets;
  options.nmse_count = 2;
  options.lags = lags;
  options.lag_count = 1;
  options.no_transform = 1;
  EXPECT_OK(actz_profile_fit(&array, 1, &options, &profile, &error), error);
  options.density = 99;
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_profile_fit(&array, 1, &options, &profile, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_profile_fit(NULL, 0, NULL, &profile, &error), error);
  return profile;
}

static void look_at(const actz_profile* profile) {
  actz_training_info training = {.struct_size = sizeof(training)};
  actz_rung_info rung = {.struct_size = sizeof(rung)};
  EXPECT_OK(actz_profile_training(profile, &training, &error), error);
  EXPECT(training.channels == SMOOTH_CHANNELS && training.rows == SMOOTH_SEQUENCES * SMOOTH_ROWS);
  EXPECT(training.lag_count == 1 && training.lags[0] == 1 && training.reference[0] == '\0');
  EXPECT(actz_profile_rung_count(profile) == 2);
  EXPECT_OK(actz_profile_rung(profile, 1, &rung, &error), error);
  EXPECT(rung.target_nmse == 0.05 && rung.held_out_bits_per_value > 0 && strlen(rung.digest) == 64);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_profile_rung(profile, 2, &rung, &error), error);
}

static void* encode_with(const actz_profile* profile, size_t* byte_count) {
  const actz_array array = smooth_array(&smooth);
  actz_encode_options options = {.struct_size = sizeof(options)};
  actz_writer* writer = NULL;
  void* bytes = NULL;
  options.profile = profile;
  options.name_profile = 1;
  options.target = ACTZ_TARGET_NMSE;
  options.target_value = 0.01;
  EXPECT_OK(actz_writer_open_memory(&writer, &error), error);
  EXPECT_OK(actz_writer_add_tensor(writer, "x", &array, &options, NULL, &error), error);
  EXPECT_OK(actz_writer_finish(writer, &error), error);
  EXPECT_OK(actz_writer_take_bytes(writer, NULL, &bytes, byte_count, &error), error);
  actz_writer_close(writer);
  return bytes;
}

int main(void) {
  actz_profile *profile, *parsed = NULL, *loaded = NULL;
  const actz_profile* known[1];
  actz_reader* reader = NULL;
  actz_file_info file = {.struct_size = sizeof(file)};
  actz_decode_options options = {.struct_size = sizeof(options)};
  void *bytes = NULL, *coded;
  size_t byte_count = 0, coded_bytes = 0;
  const char* path = "profile_test.actp";
  smooth_fill(&smooth);
  profile = fit();
  look_at(profile);
  EXPECT_OK(actz_profile_serialise(profile, NULL, &bytes, &byte_count, &error), error);
  EXPECT_OK(actz_profile_parse(bytes, byte_count, &parsed, &error), error);
  look_at(parsed);
  EXPECT_FAILS(ACTZ_CORRUPT, actz_profile_parse(bytes, byte_count - 1, &loaded, &error), error);
  EXPECT_OK(actz_profile_save(profile, path, 1, &error), error);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_profile_save(profile, path, 0, &error), error);
  EXPECT_OK(actz_profile_load(path, &loaded, &error), error);
  look_at(loaded);
  remove(path);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_reader_open_memory(bytes, byte_count, NULL, &reader, &error), error);

  coded = encode_with(profile, &coded_bytes);
  EXPECT_OK(actz_reader_open_memory(coded, coded_bytes, NULL, &reader, &error), error);
  EXPECT_OK(actz_reader_file(reader, &file, &error), error);
  EXPECT(file.required_model_count == 1 && strlen(file.required_models[0]) == 64);
  EXPECT_FAILS(ACTZ_UNSUPPORTED,
               actz_reader_read_rows(reader, 0, 0, SMOOTH_SEQUENCES * SMOOTH_ROWS, decoded, sizeof(decoded), &error),
               error);
  actz_reader_close(reader);
  known[0] = parsed;
  options.profiles = known;
  options.profile_count = 1;
  EXPECT_OK(actz_reader_open_memory(coded, coded_bytes, &options, &reader, &error), error);
  EXPECT_OK(actz_reader_read_rows(reader, 0, 0, SMOOTH_SEQUENCES * SMOOTH_ROWS, decoded, sizeof(decoded), &error),
            error);
  EXPECT(smooth_nmse(smooth.values, decoded) < 0.02);
  actz_reader_close(reader);
  EXPECT_FAILS(ACTZ_BAD_ARGUMENT, actz_profile_parse(coded, coded_bytes, &loaded, &error), error);
  actz_free(coded);
  actz_free(bytes);
  actz_profile_close(loaded);
  actz_profile_close(parsed);
  actz_profile_close(profile);
  return 0;
}
