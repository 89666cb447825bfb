/* The C interface of actz, a codec and file format for transformer activations. C99; nothing else is needed.
 *
 * Handles are opaque: opened by one call, closed by the call named after it, which takes NULL, too.
 *
 * Structs begin with struct_size, which the caller sets to sizeof. All other fields zero ask for the defaults, so
 * `actz_encode_options options = {.struct_size = sizeof options};` is a whole declaration. Fields are only ever
 * appended: a program built against an older header goes on working with a newer library. A newer program with an older
 * library gets ACTZ_BAD_ARGUMENT if it sets a field that the library does not know.
 *
 * Every call that can fail returns an actz_status, equal to the exit code of the program `actz`, and fills an
 * actz_error if the caller gave one. Output parameters are left alone on failure, buffers for elements excepted. There
 * are no globals, and nothing is kept for a thread.
 *
 * Calls on different handles may run at the same time; calls on one handle may not, but an actz_profile and an
 * actz_external_model may be used by any number of calls at once.
 *
 * Elements lie in C order, little-endian, contiguous, aligned as their type. Rows run over all axes but the channels.
 * Strings are UTF-8, ended by a zero byte.
 *
 * The coded bytes may change with a release; what a file decodes to does not. */
#ifndef ACTZ_ACTZ_H
#define ACTZ_ACTZ_H

#include "actz/c/external_model.h"
#include "actz/c/profile.h"
#include "actz/c/reader.h"
#include "actz/c/recover.h"
#include "actz/c/status.h"
#include "actz/c/stream.h"
#include "actz/c/tensor.h"
#include "actz/c/writer.h"

#endif
