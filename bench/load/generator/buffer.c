#include "protocol.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_reserve(Buffer *buffer, size_t more) {
  size_t needed = buffer->length + more;
  if (needed <= buffer->capacity) return;
  buffer->capacity = needed > 2 * buffer->capacity ? needed : 2 * buffer->capacity;
  buffer->bytes = realloc(buffer->bytes, buffer->capacity);
  if (buffer->bytes == NULL) {
    fputs("load: out of memory\n", stderr);
    exit(1);
  }
}

void buffer_append(Buffer *buffer, const void *bytes, size_t length) {
  buffer_reserve(buffer, length);
  memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
}

void buffer_consume(Buffer *buffer, size_t length) {
  buffer->length -= length;
  memmove(buffer->bytes, buffer->bytes + length, buffer->length);
}
