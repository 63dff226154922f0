/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/log_buffer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#define FIRST_SIZE (16 * 1024)
/* Until the descriptor is tried again. */
#define RETRY_FULL_S 1
#define RETRY_SLOW_US (100 * 1000)

struct log_buffer {
	int fd;
	bool regular; /* a file: takes any amount, or has an error */
	char *octets;
	size_t len, size;
	unsigned long n_dropped;
	struct osmo_timer_list timer;
};

/* Of the process: for its end. */
static struct log_buffer *buffers[LOG_BUFFERS_MAX];

static const int fatal_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
static struct sigaction before[ARRAY_SIZE(fatal_signals)];

/* --- writing ---------------------------------------------------------------- */

/* Would a write of up to PIPE_BUF wait? */
static bool takes_now(const struct log_buffer *b, int timeout_ms)
{
	struct pollfd fd = { .fd = b->fd, .events = POLLOUT };

	return b->regular || poll(&fd, 1, timeout_ms) != 0;
}

/* One write from offset; octets, 0: it takes nothing now, -errno. */
static ssize_t write_some(const struct log_buffer *b, size_t offset, int timeout_ms)
{
	size_t len = b->len - offset;
	ssize_t n;

	if (!takes_now(b, timeout_ms))
		return 0;
	/* A pipe that takes something takes this much without waiting. */
	n = write(b->fd, b->octets + offset, b->regular ? len : OSMO_MIN(len, PIPE_BUF));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return n;
}

/* All that it takes; the last of write_some(). */
static ssize_t write_all(struct log_buffer *b, int timeout_ms)
{
	size_t offset = 0;
	ssize_t n = 0;

	while (offset < b->len && (n = write_some(b, offset, timeout_ms)) > 0)
		offset += n;
	b->len -= offset;
	if (offset)
		memmove(b->octets, b->octets + offset, b->len);
	return n;
}

void log_buffer_flush(struct log_buffer *b)
{
	ssize_t n = write_all(b, 0);

	if (!b->len)
		osmo_timer_del(&b->timer);
	else if (n < 0)
		osmo_timer_schedule(&b->timer, RETRY_FULL_S, 0);
	else
		osmo_timer_schedule(&b->timer, 0, RETRY_SLOW_US);
}

static void buffer_timeout(void *data)
{
	log_buffer_flush(data);
}

/* --- lines ------------------------------------------------------------------ */

static bool make_room(struct log_buffer *b, size_t len)
{
	size_t size = b->size ? b->size : FIRST_SIZE;

	if (len > LOG_BUFFER_MAX - b->len)
		return false;
	while (size - b->len < len)
		size *= 2;
	if (size != b->size) {
		b->octets = talloc_realloc(b, b->octets, char, size);
		OSMO_ASSERT(b->octets);
		b->size = size;
	}
	return true;
}

void log_buffer_put(struct log_buffer *b, const char *line, size_t len)
{
	if (!make_room(b, len)) {
		b->n_dropped++;
		return;
	}
	memcpy(b->octets + b->len, line, len);
	b->len += len;
	/* A timer that runs is for the next turn, or for a descriptor that took nothing. */
	if (osmo_timer_pending(&b->timer)) {
		if (b->len >= LOG_BUFFER_WRITE && b->len - len < LOG_BUFFER_WRITE)
			log_buffer_flush(b);
	} else {
		osmo_timer_schedule(&b->timer, 0, 0);
	}
}

unsigned long log_buffer_take_dropped(struct log_buffer *b)
{
	unsigned long n = b->len <= LOG_BUFFER_MAX / 2 ? b->n_dropped : 0;

	if (n)
		b->n_dropped = 0;
	return n;
}

/* --- the end of the process ------------------------------------------------- */

static void buffers_write_out(int timeout_ms)
{
	size_t i;

	for (i = 0; i < LOG_BUFFERS_MAX; i++) {
		if (buffers[i])
			write_all(buffers[i], timeout_ms);
	}
}

static void at_exit(void)
{
	buffers_write_out(LOG_BUFFER_END_MS);
}

/* Only what a signal handler may do: poll, write, memmove.  The signal goes on to whoever was to
 * have it, a sanitizer or the kernel. */
static void at_signal(int signal_number, siginfo_t *info, void *context)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		sigaction(fatal_signals[i], &before[i], NULL);
	buffers_write_out(0);
	/* A fault comes again as soon as this returns; what was sent does not. */
	if (info->si_code <= 0)
		raise(signal_number);
}

static void end_prepare(void)
{
	struct sigaction action = { .sa_sigaction = at_signal, .sa_flags = SA_SIGINFO };
	static bool prepared;
	size_t i;

	if (prepared)
		return;
	prepared = true;
	for (i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		sigaction(fatal_signals[i], &action, &before[i]);
	atexit(at_exit);
}

/* --- life ------------------------------------------------------------------- */

static void fd_take(struct log_buffer *b, int fd)
{
	struct stat st;

	b->fd = fd;
	b->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static struct log_buffer **slot_of(const struct log_buffer *b)
{
	size_t i;

	for (i = 0; i < LOG_BUFFERS_MAX; i++) {
		if (buffers[i] == b)
			return &buffers[i];
	}
	return NULL;
}

struct log_buffer *log_buffer_new(void *ctx, int fd)
{
	struct log_buffer **slot = slot_of(NULL);
	struct log_buffer *b;

	if (!slot)
		return NULL;
	end_prepare();
	b = talloc_zero(ctx, struct log_buffer);
	OSMO_ASSERT(b);
	osmo_timer_setup(&b->timer, buffer_timeout, b);
	fd_take(b, fd);
	*slot = b;
	return b;
}

void log_buffer_set_fd(struct log_buffer *b, int fd)
{
	log_buffer_flush(b);
	close(b->fd);
	fd_take(b, fd);
	if (b->len)
		log_buffer_flush(b);
}

void log_buffer_free(struct log_buffer *b)
{
	if (!b)
		return;
	write_all(b, LOG_BUFFER_END_MS);
	osmo_timer_del(&b->timer);
	*slot_of(b) = NULL;
	close(b->fd);
	talloc_free(b);
}
