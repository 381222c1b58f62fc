/* HTTP/1.1, connections kept open. Answers must have a content-length, or come in chunks. */
#define _GNU_SOURCE
#include "protocol.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of an answer in chunks: it ends with an empty one. */
static const size_t until_last_chunk = SIZE_MAX;

static void append_text(Buffer *buffer, const char *text) { buffer_append(buffer, text, strlen(text)); }

static void send_request(Connection *connection, const Target *target, Body body) {
  Buffer *out = &connection->out;
  char line[64];
  append_text(out, "POST ");
  append_text(out, target->path);
  append_text(out, " HTTP/1.1\r\nhost: ");
  append_text(out, target->host);
  for (size_t at = 0; at < target->header_count; at++) {
    append_text(out, "\r\n");
    append_text(out, target->headers[at]);
  }
  snprintf(line, sizeof line, "\r\ncontent-length: %zu\r\n\r\n", body.length);
  append_text(out, line);
  buffer_append(out, body.bytes, body.length);
  connection->has_head = false;
}

/* The value of a header in the head, which ends with an empty line; NULL where there is none. */
static const char *header(const char *head, const char *end, const char *name) {
  size_t length = strlen(name);
  for (const char *line = memchr(head, '\n', end - head); line != NULL && line + 1 < end;
       line = memchr(line + 1, '\n', end - line - 1)) {
    if (strncasecmp(line + 1, name, length) == 0 && line[1 + length] == ':') return line + length + 2;
  }
  return NULL;
}

static bool take_head(Connection *connection) {
  Buffer *in = &connection->in;
  const char *head = (const char *)in->bytes;
  const char *end = in->length == 0 ? NULL : memmem(head, in->length, "\r\n\r\n", 4);
  if (end == NULL) return false;
  /* 207: some documents of a batch were refused. */
  bool is_good = strncmp(head, "HTTP/1.1 2", 10) == 0 && strncmp(head, "HTTP/1.1 207", 12) != 0;
  const char *length = header(head, end + 2, "content-length");
  connection->answer = is_good ? ANSWER_GOOD : ANSWER_REFUSED;
  connection->body_left = length == NULL ? until_last_chunk : strtoull(length, NULL, 10);
  connection->has_head = true;
  if (!is_good && getenv("LOAD_SHOWS_REFUSALS") != NULL) fprintf(stderr, "%.*s\n", (int)in->length, head);
  buffer_consume(in, end + 4 - head);
  return true;
}

static Answer receive(Connection *connection) {
  Buffer *in = &connection->in;
  if (!connection->has_head && !take_head(connection)) return ANSWER_PENDING;
  if (connection->body_left == until_last_chunk) {
    bool is_whole = in->length >= 5 && memcmp(in->bytes + in->length - 5, "0\r\n\r\n", 5) == 0;
    if (!is_whole) return ANSWER_PENDING;
    in->length = 0;
    return connection->answer;
  }
  size_t taken = in->length < connection->body_left ? in->length : connection->body_left;
  connection->body_left -= taken;
  buffer_consume(in, taken);
  return connection->body_left == 0 ? connection->answer : ANSWER_PENDING;
}

const Protocol http1 = {send_request, receive};
