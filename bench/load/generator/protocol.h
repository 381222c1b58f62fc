/* What the event loop needs of a protocol: one request at a time on each connection. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t *bytes;
  size_t length, capacity;
} Buffer;

void buffer_reserve(Buffer *buffer, size_t more);
void buffer_append(Buffer *buffer, const void *bytes, size_t length);
/* Takes the first bytes away. */
void buffer_consume(Buffer *buffer, size_t length);

typedef struct {
  const char *host, *path;
  /* "name: value", names in lower case. */
  const char **headers;
  size_t header_count;
} Target;

typedef struct {
  const uint8_t *bytes;
  size_t length;
} Body;

typedef enum { ANSWER_PENDING, ANSWER_GOOD, ANSWER_REFUSED, ANSWER_BROKEN } Answer;

typedef struct {
  int socket;
  /* Not yet read from `in`, not yet written from `out`. */
  Buffer in, out;
  bool is_busy, waits_to_write;
  uint64_t since_ns;
  /* Of the protocol. */
  Body body;
  size_t body_sent;
  /* Of HTTP/1.1. */
  bool has_head;
  Answer answer;
  size_t body_left;
  /* Of HTTP/2. */
  bool has_begun, has_message;
  uint32_t stream, initial_window;
  int64_t connection_window, stream_window;
  size_t unacknowledged;
} Connection;

typedef struct {
  void (*send)(Connection *connection, const Target *target, Body body);
  /* Looks at what has come in. `ANSWER_PENDING` while the answer is not whole. */
  Answer (*receive)(Connection *connection);
} Protocol;

extern const Protocol http1, grpc;
