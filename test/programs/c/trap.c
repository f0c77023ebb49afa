/* Traps in a function that another one called: `divide`, `abort`, or an access outside of memory. */
#include "plugin.h"

static int starts_with(const uint8_t *request, uint32_t len, const char *word) {
  return len >= strlen(word) && memcmp(request, word, strlen(word)) == 0;
}

__attribute__((noinline)) static uint32_t decode(const uint8_t *request, uint32_t len) {
  if (starts_with(request, len, "divide")) {
    return 100 / (len - 6);
  }
  if (starts_with(request, len, "abort")) {
    abort();
  }
  return *(const volatile uint32_t *)(uintptr_t)(0x7fffffffu - len);
}

answer_t handle(uint8_t *request, uint32_t len) {
  request[0] = (uint8_t)decode(request, len);
  return (answer_t){0, request, len};
}
