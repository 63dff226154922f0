/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/log_json.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_buffer.h"
#include "lib/log_category.h"

#define REQUEST_MARK "request="
#define UUID_LEN 36

/* libosmocore's target has no room for a context of ours, so the (one) log is found here. */
static struct log_json {
	struct log_target *target;
	char *path;
	struct log_buffer *buffer;
} * the_log;

static size_t json_escape(char *out, size_t size, const char *in, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len && n + 7 < size; i++) {
		unsigned char c = in[i];

		if (c == '"' || c == '\\') {
			out[n++] = '\\';
			out[n++] = c;
		} else if (c < 0x20 || c == 0x7f) {
			n += snprintf(out + n, size - n, "\\u%04x", c);
		} else {
			out[n++] = c;
		}
	}
	out[n] = '\0';
	return n;
}

static size_t line_time(char *out, size_t size)
{
	struct timeval tv;
	struct tm tm;
	size_t n;

	gettimeofday(&tv, NULL);
	gmtime_r(&tv.tv_sec, &tm);
	n = strftime(out, size, "{\"time\":\"%Y-%m-%dT%H:%M:%S", &tm);
	return n + snprintf(out + n, size - n, ".%06ldZ\"", (long)tv.tv_usec);
}

static void log_dropped(struct log_json *log)
{
	unsigned long n_dropped = log_buffer_take_dropped(log->buffer);
	char line[160];
	size_t n;

	if (!n_dropped)
		return;
	n = line_time(line, sizeof(line));
	n += snprintf(
		line + n, sizeof(line) - n,
		",\"level\":\"ERROR\",\"category\":\"DMAIN\",\"message\":\"%lu lines dropped\"}\n",
		n_dropped);
	log_buffer_put(log->buffer, line, n);
}

static const char *category_name(int subsys)
{
	if (subsys >= 0 && (size_t)subsys < tegata_log_info.num_cat)
		return tegata_log_info.cat[subsys].name;
	return "LIB";
}

/* The first request id (a UUID in its usual form) in text; NULL where there is none. */
static const char *request_find(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	const char *hyphen = text;
	int i;

	while ((hyphen = strchr(hyphen, '-')) != NULL) {
		const char *start = hyphen - 8;

		hyphen++;
		if (start < text)
			continue;
		for (i = 0; form[i]; i++)
			if (form[i] == '-' ? start[i] != '-' : !isxdigit((unsigned char)start[i]))
				break;
		if (!form[i])
			return start;
	}
	return NULL;
}

static void log_line(struct log_target *target, int subsys, unsigned int level, const char *file,
		     int line_no, int cont, const char *format, va_list ap)
{
	struct log_json *log = the_log;
	char message[LOG_JSON_LINE / 2], line[LOG_JSON_LINE];
	const char *request;
	int len;
	size_t n;

	if (!log || cont)
		return;
	len = vsnprintf(message, sizeof(message), format, ap);
	if (len < 0)
		return;
	len = OSMO_MIN((size_t)len, sizeof(message) - 1);
	while (len > 0 && message[len - 1] == '\n')
		message[--len] = '\0';
	log_dropped(log);
	n = line_time(line, sizeof(line));
	n += snprintf(line + n, sizeof(line) - n, ",\"level\":\"%s\",\"category\":\"%s\"",
		      log_level_name(level), category_name(subsys));
	request = request_find(message);
	if (request) {
		n += snprintf(line + n, sizeof(line) - n, ",\"request\":\"");
		n += json_escape(line + n, sizeof(line) - n, request, UUID_LEN);
		n += snprintf(line + n, sizeof(line) - n, "\"");
	}
	n += snprintf(line + n, sizeof(line) - n, ",\"message\":\"");
	/* 160 octets stay for the rest of the line. */
	n += json_escape(line + n, sizeof(line) - n - 160, message, len);
	n += snprintf(line + n, sizeof(line) - n, "\",\"file\":\"%.100s\",\"line\":%d}\n", file,
		      line_no);
	log_buffer_put(log->buffer, line, OSMO_MIN(n, sizeof(line) - 1));
}

/* -errno */
static int log_open_fd(const char *path)
{
	int fd;

	if (!strcmp(path, "stderr"))
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
	return fd < 0 ? -errno : fd;
}

int log_json_check(const char *path)
{
	char *dir;
	int rc;

	if (!strcmp(path, "stderr") || access(path, W_OK) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	/* It will be made. */
	dir = talloc_strdup(NULL, path);
	rc = access(dirname(dir), W_OK | X_OK) < 0 ? -errno : 0;
	talloc_free(dir);
	return rc;
}

struct log_target *log_json_open(void *ctx, const char *path)
{
	struct log_json *log;
	int fd = log_open_fd(path);

	OSMO_ASSERT(!the_log);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	log = talloc_zero(ctx, struct log_json);
	log->path = talloc_strdup(log, path);
	log->buffer = log_buffer_new(log, fd);
	if (!log->buffer) {
		close(fd);
		talloc_free(log);
		errno = ENFILE;
		return NULL;
	}
	log->target = log_target_create();
	log->target->type = LOG_TGT_TYPE_VTY; /* nothing of libosmocore's own hangs on it */
	log->target->raw_output = log_line;
	the_log = log;
	return log->target;
}

int log_json_reopen(struct log_target *target)
{
	struct log_json *log = the_log;
	int fd;

	OSMO_ASSERT(log && log->target == target);
	fd = log_open_fd(log->path);
	if (fd < 0)
		return fd;
	log_buffer_set_fd(log->buffer, fd);
	return 0;
}

void log_json_close(struct log_target *target)
{
	struct log_json *log = the_log;

	if (!log)
		return;
	OSMO_ASSERT(log->target == target);
	log_buffer_free(log->buffer);
	log_target_destroy(target);
	the_log = NULL;
	talloc_free(log);
}
