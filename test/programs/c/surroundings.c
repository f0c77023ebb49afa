/* Looks for anything of the host that WASI might show, and can exit, sleep or print a lot: the request says what. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

#include "plugin.h"

extern char **environ;

static char text[4096];

static int count_environ(void) {
  int count = 0;
  /* getenv makes libc read the environment; before that, environ is empty by itself. */
  getenv("PATH");
  while (environ != NULL && environ[count] != NULL) {
    count++;
  }
  return count;
}

static const char *try_open(const char *path, const char *mode) {
  errno = 0;
  FILE *file = fopen(path, mode);
  if (file == NULL) {
    return strerror(errno);
  }
  fclose(file);
  return "opened";
}

static int count_preopens(void) {
  int count = 0;
  for (__wasi_fd_t fd = 3; fd < 32; fd++) {
    __wasi_prestat_t prestat;
    if (__wasi_fd_prestat_get(fd, &prestat) == 0) {
      count++;
    }
  }
  return count;
}

static void look_around(void) {
  size_t argc = 0;
  size_t arg_bytes = 0;
  char cwd[256];
  uint8_t random[16] = {0};
  struct timespec wall;
  struct timespec monotonic;
  __wasi_errno_t args_error = __wasi_args_sizes_get(&argc, &arg_bytes);
  const char *passwd = try_open("/etc/passwd", "r");
  const char *relative = try_open("package.json", "r");
  const char *written = try_open("/tmp/wasm-plugin-escape", "w");
  int stdin_end = fgetc(stdin) == EOF;
  getentropy(random, sizeof random);
  clock_gettime(CLOCK_REALTIME, &wall);
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  snprintf(text, sizeof text,
           "environ=%d argc=%zu/%d preopens=%d cwd=%s passwd=%s relative=%s written=%s stdin-end=%d tty=%d "
           "random=%02x%02x wall=%lld.%09ld monotonic=%lld.%09ld",
           count_environ(), argc, (int)args_error, count_preopens(), getcwd(cwd, sizeof cwd) == NULL ? "none" : cwd, passwd,
           relative, written, stdin_end, isatty(1), random[0], random[15], (long long)wall.tv_sec, wall.tv_nsec,
           (long long)monotonic.tv_sec, monotonic.tv_nsec);
}

static void sleep_ms(long ms) {
  struct timespec duration = {ms / 1000, (ms % 1000) * 1000000L};
  int result = nanosleep(&duration, NULL);
  snprintf(text, sizeof text, "slept %d", result);
}

/* One line of 10,000 bytes in one write, then a short one. */
static void print_long(void) {
  static char line[10001];
  memset(line, 'x', sizeof line - 1);
  puts(line);
  puts("end");
  fflush(stdout);
  snprintf(text, sizeof text, "printed");
}

static int starts_with(const uint8_t *request, uint32_t len, const char *word) {
  return len >= strlen(word) && memcmp(request, word, strlen(word)) == 0;
}

answer_t handle(uint8_t *request, uint32_t len) {
  if (starts_with(request, len, "exit 3")) {
    printf("leaving");
    exit(3);
  } else if (starts_with(request, len, "exit 0")) {
    exit(0);
  } else if (starts_with(request, len, "abort")) {
    abort();
  } else if (starts_with(request, len, "sleep short")) {
    sleep_ms(2);
  } else if (starts_with(request, len, "sleep long")) {
    sleep_ms(3600000L);
  } else if (starts_with(request, len, "print long")) {
    print_long();
  } else {
    look_around();
  }
  free(request);
  char *copy = strdup(text);
  return (answer_t){0, (uint8_t *)copy, strlen(copy)};
}
