/*
 * Sends requests over so many connections, one at a time on each, and prints what it saw as JSON; what it takes of the machine
 * is printed, too, since the server has the rest. Its threads share the connections and have nothing else in common.
 *
 * load --port P --protocol http1|grpc --path PATH --bodies FILE --connections N (--seconds S | --requests N)
 *      [--threads T] [--rate R] [--header "name: value"]...
 *
 * FILE holds bodies one after the other, each behind its length in four bytes, the lowest first; they are sent in turn. With a
 * rate, requests are due at fixed times, and count from then on though they may have to wait for a connection.
 */
#define _GNU_SOURCE
#include "protocol.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const uint64_t ns_per_second = 1000000000;

typedef struct {
  const Protocol *protocol;
  Target target;
  uint16_t port;
  size_t thread_count, connection_count, request_count;
  double seconds, rate;
  Body *bodies;
  size_t body_count, first_body;
} Load;

/* Of one thread. */
typedef struct {
  Load load;
  Connection *connections;
  int poll;
  uint64_t start_ns, end_ns;
  size_t sent, answered, refused;
  /* Of each answer, in microseconds. */
  uint32_t *latencies;
  size_t latency_capacity;
} Run;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * ns_per_second + now.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, errno == 0 ? "refused" : strerror(errno));
  exit(1);
}

static void read_bodies(Load *load, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail(path);
  uint8_t length[4];
  while (fread(length, 1, sizeof length, file) == sizeof length) {
    size_t bytes = length[0] | length[1] << 8 | length[2] << 16 | (size_t)length[3] << 24;
    uint8_t *body = malloc(bytes + 1);
    if (body == NULL || fread(body, 1, bytes, file) != bytes) fail(path);
    load->bodies = realloc(load->bodies, (load->body_count + 1) * sizeof(Body));
    load->bodies[load->body_count++] = (Body){body, bytes};
  }
  fclose(file);
  if (load->body_count == 0) fail(path);
}

static void usage(void) {
  fputs("load: see the comment of load.c for its options\n", stderr);
  exit(2);
}

static Load parse(int count, char **words) {
  Load load = {.protocol = &http1, .thread_count = 1, .connection_count = 1};
  load.target.headers = calloc(count, sizeof(char *));
  for (int at = 1; at + 1 < count; at += 2) {
    const char *name = words[at], *value = words[at + 1];
    if (strcmp(name, "--port") == 0) load.port = atoi(value);
    else if (strcmp(name, "--protocol") == 0) load.protocol = strcmp(value, "grpc") == 0 ? &grpc : &http1;
    else if (strcmp(name, "--path") == 0) load.target.path = value;
    else if (strcmp(name, "--bodies") == 0) read_bodies(&load, value);
    else if (strcmp(name, "--threads") == 0) load.thread_count = atoi(value);
    else if (strcmp(name, "--connections") == 0) load.connection_count = atoi(value);
    else if (strcmp(name, "--seconds") == 0) load.seconds = atof(value);
    else if (strcmp(name, "--requests") == 0) load.request_count = atoll(value);
    else if (strcmp(name, "--rate") == 0) load.rate = atof(value);
    else if (strcmp(name, "--header") == 0) load.target.headers[load.target.header_count++] = value;
    else usage();
  }
  bool has_end = load.seconds > 0 || load.request_count > 0;
  bool has_target = load.port != 0 && load.target.path != NULL && load.body_count > 0;
  if (!has_target || !has_end || load.connection_count == 0) usage();
  /* A thread without a connection has nothing to do. */
  if (load.thread_count > load.connection_count) load.thread_count = load.connection_count;
  if (load.request_count > 0 && load.thread_count > load.request_count) load.thread_count = load.request_count;
  if (load.thread_count == 0) load.thread_count = 1;
  static char host[32];
  snprintf(host, sizeof host, "127.0.0.1:%u", load.port);
  load.target.host = host;
  return load;
}

static void open_connection(Run *run, Connection *connection) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(run->load.port)};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  connection->socket = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  int on = 1;
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(run->poll, EPOLL_CTL_ADD, connection->socket, &event);
}

static void flush(Run *run, Connection *connection) {
  Buffer *out = &connection->out;
  size_t written = 0;
  while (written < out->length) {
    ssize_t count = send(connection->socket, out->bytes + written, out->length - written, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) fail("send");
    if (count < 0) break;
    written += count;
  }
  buffer_consume(out, written);
  bool waits = out->length > 0;
  if (waits == connection->waits_to_write) return;
  connection->waits_to_write = waits;
  struct epoll_event event = {.events = EPOLLIN | (waits ? EPOLLOUT : 0), .data.ptr = connection};
  epoll_ctl(run->poll, EPOLL_CTL_MOD, connection->socket, &event);
}

static uint64_t due_ns(const Run *run) {
  return run->start_ns + (uint64_t)(run->sent * (ns_per_second / run->load.rate));
}

static void send_next(Run *run, Connection *connection) {
  const Load *load = &run->load;
  const uint64_t now = now_ns();
  const bool is_over = run->end_ns != 0 && now >= run->end_ns;
  if (is_over || (load->request_count > 0 && run->sent == load->request_count)) return;
  if (load->rate > 0 && due_ns(run) > now) return;
  connection->since_ns = load->rate > 0 ? due_ns(run) : now;
  connection->is_busy = true;
  load->protocol->send(connection, &load->target, load->bodies[(load->first_body + run->sent) % load->body_count]);
  run->sent += 1;
  flush(run, connection);
}

static void note(Run *run, const Connection *connection, Answer answer) {
  if (answer == ANSWER_BROKEN) fail("the server broke a connection");
  if (answer == ANSWER_REFUSED) run->refused += 1;
  if (run->answered == run->latency_capacity) {
    run->latency_capacity = 2 * run->latency_capacity + 1024;
    run->latencies = realloc(run->latencies, run->latency_capacity * sizeof(uint32_t));
  }
  run->latencies[run->answered++] = (now_ns() - connection->since_ns) / 1000;
}

static void receive(Run *run, Connection *connection) {
  enum { read_bytes = 65536 };
  Buffer *in = &connection->in;
  buffer_reserve(in, read_bytes);
  ssize_t count = recv(connection->socket, in->bytes + in->length, read_bytes, MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) fail("the server closed a connection");
  in->length += count;
  const Answer answer = run->load.protocol->receive(connection);
  if (connection->is_busy && answer != ANSWER_PENDING) {
    connection->is_busy = false;
    note(run, connection, answer);
    send_next(run, connection);
  }
  flush(run, connection);
}

static bool is_finished(const Run *run) {
  const Load *load = &run->load;
  if (run->answered < run->sent) return false;
  return load->request_count > 0 ? run->sent == load->request_count : now_ns() >= run->end_ns;
}

/* Whoever is free takes what is due; with a rate, somebody may be free while nothing is. */
static void send_due(Run *run) {
  for (size_t at = 0; at < run->load.connection_count; at++) {
    if (!run->connections[at].is_busy) send_next(run, &run->connections[at]);
  }
}

static void wait_for_events(Run *run) {
  struct epoll_event events[64];
  struct timespec timeout = {1, 0};
  if (run->load.rate > 0) {
    uint64_t now = now_ns(), due = due_ns(run);
    uint64_t wait = due > now ? due - now : 0;
    if (wait < ns_per_second) timeout = (struct timespec){0, wait};
  }
  int count = epoll_pwait2(run->poll, events, 64, &timeout, NULL);
  for (int at = 0; at < count; at++) {
    if (events[at].events & EPOLLOUT) flush(run, events[at].data.ptr);
    if (events[at].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(run, events[at].data.ptr);
  }
}

static int ascending(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return left < right ? -1 : left > right;
}

static double percentile_ms(const Run *run, double share) {
  if (run->answered == 0) return 0;
  size_t at = share * run->answered;
  return run->latencies[at < run->answered ? at : run->answered - 1] / 1000.0;
}

static void report(Run *run) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  double cpu = use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
  double seconds = (double)(now_ns() - run->start_ns) / ns_per_second;
  qsort(run->latencies, run->answered, sizeof(uint32_t), ascending);
  printf("{\"requests\":%zu,\"refused\":%zu,\"seconds\":%.4f,\"p50Ms\":%.3f,\"p95Ms\":%.3f,\"p99Ms\":%.3f,\"cpuSeconds\":%.3f}\n",
         run->answered, run->refused, seconds, percentile_ms(run, 0.5), percentile_ms(run, 0.95),
         percentile_ms(run, 0.99), cpu);
}

static size_t share_of(size_t whole, size_t count, size_t at) { return whole / count + (at < whole % count); }

static void prepare(Run *run, const Load *whole, size_t at) {
  const size_t count = whole->thread_count;
  run->load = *whole;
  run->load.connection_count = share_of(whole->connection_count, count, at);
  run->load.request_count = share_of(whole->request_count, count, at);
  run->load.rate = whole->rate / count;
  run->load.first_body = whole->body_count * at / count;
  run->connections = calloc(run->load.connection_count, sizeof(Connection));
  run->poll = epoll_create1(0);
  for (size_t each = 0; each < run->load.connection_count; each++) open_connection(run, &run->connections[each]);
}

static void *work(void *context) {
  Run *run = context;
  run->start_ns = now_ns();
  if (run->load.seconds > 0) run->end_ns = run->start_ns + (uint64_t)(run->load.seconds * ns_per_second);
  while (!is_finished(run)) {
    send_due(run);
    wait_for_events(run);
  }
  return NULL;
}

/* Puts what another thread saw to what this one did. */
static void add(Run *sum, const Run *run) {
  const size_t count = sum->answered + run->answered;
  if (run->start_ns < sum->start_ns) sum->start_ns = run->start_ns;
  sum->latencies = realloc(sum->latencies, count * sizeof(uint32_t) + 1);
  if (run->answered > 0) memcpy(sum->latencies + sum->answered, run->latencies, run->answered * sizeof(uint32_t));
  sum->answered = count;
  sum->refused += run->refused;
}

int main(int count, char **words) {
  const Load load = parse(count, words);
  Run *runs = calloc(load.thread_count, sizeof(Run));
  pthread_t *threads = calloc(load.thread_count, sizeof(pthread_t));
  for (size_t at = 0; at < load.thread_count; at++) prepare(&runs[at], &load, at);
  for (size_t at = 1; at < load.thread_count; at++) {
    errno = pthread_create(&threads[at], NULL, work, &runs[at]);
    if (errno != 0) fail("a thread");
  }
  work(&runs[0]);
  for (size_t at = 1; at < load.thread_count; at++) {
    pthread_join(threads[at], NULL);
    add(&runs[0], &runs[at]);
  }
  report(&runs[0]);
  return 0;
}
