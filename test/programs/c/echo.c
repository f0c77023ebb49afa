/* The echo program with libc's printf: see README.md. */
#include <stdio.h>

#include "plugin.h"

#define FAIL "fail:"
#define FAIL_LEN 5

answer_t handle(uint8_t *request, uint32_t len) {
  printf("got %u", (unsigned)len);
  fflush(stdout);
  printf(" bytes\n");
  fprintf(stderr, "no newline");
  fflush(stdout);
  if (len >= FAIL_LEN && memcmp(request, FAIL, FAIL_LEN) == 0) {
    memmove(request, request + FAIL_LEN, len - FAIL_LEN);
    return (answer_t){1, request, len - FAIL_LEN};
  }
  return (answer_t){0, request, len};
}
