/* Checks for tests in C: each failure says where and ends the test. */
#ifndef ACTZ_EXPECT_H
#define ACTZ_EXPECT_H

#include <stdio.h>
#include <stdlib.h>

#define EXPECT(condition)                                                     \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

/* The call succeeds; `error` is the struct that it was given. */
#define EXPECT_OK(call, error)                                                                                     \
  do {                                                                                                             \
    const actz_status expect_status = (call);                                                                      \
    if (expect_status != ACTZ_OK) {                                                                                \
      fprintf(stderr, "%s:%d: %s gives %d: %s\n", __FILE__, __LINE__, #call, (int)expect_status, (error).message); \
      exit(1);                                                                                                     \
    }                                                                                                              \
  } while (0)

/* The call fails with this status, and says so in a line. */
#define EXPECT_FAILS(wanted, call, error)                                                                \
  do {                                                                                                   \
    const actz_status expect_status = (call);                                                            \
    if (expect_status != (wanted) || (error).status != (wanted) || (error).message[0] == '\0') {         \
      fprintf(stderr, "%s:%d: %s gives %d, not %d: %s\n", __FILE__, __LINE__, #call, (int)expect_status, \
              (int)(wanted), (error).message);                                                           \
      exit(1);                                                                                           \
    }                                                                                                    \
    memset(&(error), 0, sizeof(error));                                                                  \
    (error).struct_size = sizeof(error);                                                                 \
  } while (0)

#endif
