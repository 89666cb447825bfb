/* What is left of a damaged file. */
#ifndef ACTZ_C_RECOVER_H
#define ACTZ_C_RECOVER_H

#include "actz/c/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct actz_recover_report {
  uint32_t struct_size;
  uint8_t complete;  /* 1: every row of every tensor came back, and nothing was damaged */
  uint8_t end_found; /* 0: the end is missing, and with it perhaps tensors behind the last one found */
  uint16_t reserved; /* 0 */
  uint64_t tensors;  /* whose headers were found */
  uint64_t rows;     /* that these had */
  uint64_t recovered_rows;
  uint64_t chunks;        /* that came back */
  uint64_t lost_chunks;   /* that are whole, but not what they need */
  uint64_t damaged_bytes; /* of the input, in no section that is whole */
  char loss[256];         /* why the first of the lost chunks was lost, or "" */
} actz_recover_report;

/* Writes every chunk of a damaged file that is whole to a new file, coded as it was. A tensor that lost rows comes as
 * several of the rows between the gaps, named NAME[first:end], each of shape [rows, channels].
 * overwrite: not 0: an existing file is replaced. options, report: may be NULL.
 * Errors: corrupt (nothing is left), unsupported (a profile is missing, or the file is newer), limit, io, bad argument
 * (a profile, or `to` exists). No file is left then. */
ACTZ_API ACTZ_CHECKED actz_status actz_recover_path(const char* from, const char* to, int overwrite,
                                                    const actz_decode_options* options, actz_recover_report* report,
                                                    actz_error* error);

#ifdef __cplusplus
}
#endif
#endif
