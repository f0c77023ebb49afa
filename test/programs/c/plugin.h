/* The core-level shape of one hook: what a code generator would write for
 *   acme:echo/echo@1.0.0  handle: func(request: list<u8>) -> result<list<u8>, list<u8>>
 */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Where the host reads the answer: tag at 0, pointer at 4, length at 8. */
typedef struct {
  uint8_t is_error;
  uint8_t *ptr;
  uint32_t len;
} answer_t;

/* Written by the program. The request belongs to it; the answer's bytes are freed after the host has read them. */
answer_t handle(uint8_t *request, uint32_t len);

static answer_t result_area;

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  (void)align;
  /* An empty list gets memory too, so that every request and every answer can be freed alike. */
  return realloc(old, size == 0 ? 1 : size);
}

__attribute__((export_name("acme:echo/echo@1.0.0#handle"))) answer_t *plugin_handle(uint8_t *request, uint32_t len) {
  result_area = handle(request, len);
  return &result_area;
}

__attribute__((export_name("cabi_post_acme:echo/echo@1.0.0#handle"))) void plugin_post(answer_t *answer) {
  free(answer->ptr);
}

#endif
