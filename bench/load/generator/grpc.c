/*
 * A gRPC call with one message each way, over HTTP/2 (RFC 9113) without TLS; one stream at a time on each connection. Request headers
 * go into the table of HPACK (RFC 7541) with the first request and are one byte each from then on, as those of real clients.
 * Answers' headers are not read: a refusal is known by having no message.
 */
#include "protocol.h"
#include <stdio.h>
#include <string.h>

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };
enum { frame_head_bytes = 9, frame_bytes_max = 16384, static_entries = 61 };
static const uint32_t window_max = 0x7fffffff;
static const size_t acknowledged_bytes = 1 << 20;

static void put_uint32(uint8_t *at, uint32_t value) {
  at[0] = value >> 24, at[1] = value >> 16, at[2] = value >> 8, at[3] = value;
}

static uint32_t get_uint32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void append_frame(Buffer *out, uint8_t type, uint8_t flags, uint32_t stream, const void *bytes, size_t length) {
  uint8_t head[frame_head_bytes] = {length >> 16, length >> 8, length, type, flags};
  put_uint32(head + 5, stream);
  buffer_append(out, head, sizeof head);
  buffer_append(out, bytes, length);
}

static void append_window(Buffer *out, uint32_t stream, uint32_t bytes) {
  uint8_t increment[4];
  put_uint32(increment, bytes);
  append_frame(out, WINDOW_UPDATE, 0, stream, increment, sizeof increment);
}

static void begin(Connection *connection) {
  static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  buffer_append(&connection->out, preface, sizeof preface - 1);
  /* No pushing, and windows that never close. */
  uint8_t settings[12] = {0, 2, 0, 0, 0, 0, 0, 4};
  put_uint32(settings + 8, window_max);
  append_frame(&connection->out, SETTINGS, 0, 0, settings, sizeof settings);
  append_window(&connection->out, 0, window_max - 65535);
  connection->initial_window = 65535;
  connection->connection_window = 65535;
  connection->stream = 1;
}

static void append_literal(Buffer *block, const char *name, size_t name_length, const char *value) {
  uint8_t literal = 0x40, lengths[2] = {name_length, strlen(value)};
  buffer_append(block, &literal, 1);
  buffer_append(block, &lengths[0], 1);
  buffer_append(block, name, name_length);
  /* Below 127, the length is one byte. */
  buffer_append(block, &lengths[1], 1);
  buffer_append(block, value, lengths[1]);
}

static void append_headers(Connection *connection, const Target *target) {
  static const char *const fixed[][2] = {
      {":method", "POST"}, {":scheme", "http"}, {"te", "trailers"}, {"content-type", "application/grpc"}};
  static _Thread_local Buffer block;
  block.length = 0;
  const size_t fixed_count = sizeof fixed / sizeof *fixed, count = fixed_count + 2 + target->header_count;
  if (connection->has_begun) {
    /* The newest entry is the first behind the static table. */
    for (size_t at = 0; at < count; at++) {
      uint8_t indexed = 0x80 | (static_entries + count - at);
      buffer_append(&block, &indexed, 1);
    }
  } else {
    append_literal(&block, fixed[0][0], 7, fixed[0][1]);
    append_literal(&block, fixed[1][0], 7, fixed[1][1]);
    append_literal(&block, ":path", 5, target->path);
    append_literal(&block, ":authority", 10, target->host);
    append_literal(&block, fixed[2][0], 2, fixed[2][1]);
    append_literal(&block, fixed[3][0], 12, fixed[3][1]);
    for (size_t at = 0; at < target->header_count; at++) {
      const char *name = target->headers[at], *colon = strstr(name, ": ");
      append_literal(&block, name, colon - name, colon + 2);
    }
  }
  append_frame(&connection->out, HEADERS, END_HEADERS, connection->stream, block.bytes, block.length);
}

/* As much of the message as the server takes. */
static void append_message(Connection *connection) {
  while (connection->body_sent < connection->body.length) {
    int64_t window = connection->connection_window < connection->stream_window ? connection->connection_window
                                                                              : connection->stream_window;
    size_t length = connection->body.length - connection->body_sent;
    if (length > frame_bytes_max) length = frame_bytes_max;
    if (window <= 0) return;
    if ((int64_t)length > window) length = window;
    bool is_last = connection->body_sent + length == connection->body.length;
    append_frame(&connection->out, DATA, is_last ? END_STREAM : 0, connection->stream,
                 connection->body.bytes + connection->body_sent, length);
    connection->body_sent += length;
    connection->connection_window -= length;
    connection->stream_window -= length;
  }
}

static void send_request(Connection *connection, const Target *target, Body body) {
  if (!connection->has_begun) begin(connection);
  append_headers(connection, target);
  connection->has_begun = true;
  connection->has_message = false;
  connection->body = body;
  connection->body_sent = 0;
  connection->stream_window = connection->initial_window;
  append_message(connection);
}

static void heed_settings(Connection *connection, const uint8_t *payload, size_t length) {
  enum { INITIAL_WINDOW_SIZE = 4 };
  for (size_t at = 0; at + 6 <= length; at += 6) {
    if (payload[at] != 0 || payload[at + 1] != INITIAL_WINDOW_SIZE) continue;
    uint32_t window = get_uint32(payload + at + 2);
    connection->stream_window += (int64_t)window - connection->initial_window;
    connection->initial_window = window;
  }
  append_frame(&connection->out, SETTINGS, ACK, 0, NULL, 0);
}

static void acknowledge(Connection *connection, size_t bytes) {
  connection->unacknowledged += bytes;
  if (connection->unacknowledged < acknowledged_bytes) return;
  append_window(&connection->out, 0, connection->unacknowledged);
  connection->unacknowledged = 0;
}

static Answer take_frame(Connection *connection, const uint8_t *frame, size_t length) {
  const uint8_t type = frame[3], flags = frame[4], *payload = frame + frame_head_bytes;
  const uint32_t stream = get_uint32(frame + 5);
  switch (type) {
    case SETTINGS:
      if (!(flags & ACK)) heed_settings(connection, payload, length);
      break;
    case PING:
      if (!(flags & ACK)) append_frame(&connection->out, PING, ACK, 0, payload, length);
      break;
    case WINDOW_UPDATE:
      if (stream == 0) connection->connection_window += get_uint32(payload);
      else if (stream == connection->stream) connection->stream_window += get_uint32(payload);
      break;
    case RST_STREAM:
    case GOAWAY:
      return ANSWER_BROKEN;
    case DATA:
      if (length > 0) connection->has_message = true;
      acknowledge(connection, length);
      break;
  }
  bool is_end = (type == DATA || type == HEADERS) && (flags & END_STREAM) && stream == connection->stream;
  if (!is_end) return ANSWER_PENDING;
  connection->stream += 2;
  return connection->has_message ? ANSWER_GOOD : ANSWER_REFUSED;
}

static Answer receive(Connection *connection) {
  Buffer *in = &connection->in;
  Answer answer = ANSWER_PENDING;
  size_t at = 0;
  while (answer == ANSWER_PENDING && in->length - at >= frame_head_bytes) {
    const uint8_t *frame = in->bytes + at;
    size_t length = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];
    if (in->length - at < frame_head_bytes + length) break;
    answer = take_frame(connection, frame, length);
    at += frame_head_bytes + length;
  }
  buffer_consume(in, at);
  if (answer == ANSWER_PENDING) append_message(connection);
  return answer;
}

const Protocol grpc = {send_request, receive};
