#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <string>

#include "../src/guard.hpp"
#include "cli/exit_codes.hpp"

namespace actz::c_abi {

TEST_CASE("statuses_are_the_exit_codes_of_the_program") {
  for (int id = 0; id <= 255; ++id) {
    const auto code = static_cast<ErrorCode>(id);
    if (to_string(code) == "unknown") continue;
    CHECK(status_of(code) == static_cast<int>(cli::exit_code(code)));
  }
  CHECK(status_of(ErrorCode::limit_exceeded) == ACTZ_LIMIT);
  CHECK(status_of(ErrorCode::out_of_memory) == ACTZ_OUT_OF_MEMORY);
}

TEST_CASE("what_a_callback_returns_comes_back") {
  for (actz_status status = ACTZ_OK; status <= ACTZ_OUT_OF_MEMORY; ++status) {
    const Status result = from_callback(status, "said so");
    CHECK((result ? ACTZ_OK : status_of(result.error().code)) == status);
  }
  CHECK(status_of(from_callback(-5, "said so").error().code) == ACTZ_IO);
}

TEST_CASE("long_messages_are_cut_between_characters") {
  actz_error error{};
  error.struct_size = sizeof(error);
  std::string message(254, 'a');
  message += "\xC3\xA4";  // its second byte would be the last that fits
  CHECK(fail({ErrorCode::io, 5, message}, &error) == ACTZ_IO);
  CHECK(std::string(error.message) == std::string(254, 'a'));
  CHECK(error.byte_offset == 5);
}

TEST_CASE("no_exception_passes") {
  actz_error error{};
  error.struct_size = sizeof(error);
  CHECK(guarded(&error, []() -> Status { throw std::bad_alloc(); }) == ACTZ_OUT_OF_MEMORY);
  CHECK(std::string(error.message) == "out_of_memory");
  CHECK(guarded(&error, []() -> Status { throw 5; }) == ACTZ_INTERNAL);
  CHECK(error.code == 80);
}

}  // namespace actz::c_abi
