/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/log_lines.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/utils.h>
#include <osmocom/core/write_queue.h>

#include "lib/log_buffer.h"
#include "lib/log_category.h"

#define PREFIX_SIZE 64 /* room for the names of a category and a level, which are short */

/* Exported for libosmovty, in no header that is installed. */
extern struct llist_head osmo_log_target_list;

/* libosmocore's target has no room for a context of ours. */
static struct adopted {
	struct log_target *target; /* NULL: free */
	struct log_buffer *buffer;
	/* As libosmocore had set them. */
	void (*output)(struct log_target *target, unsigned int level, const char *string);
	void (*raw_output)(struct log_target *target, int subsys, unsigned int level,
			   const char *file, int line, int cont, const char *format, va_list ap);
} adopted[LOG_BUFFERS_MAX];

static struct adopted *adopted_find(const struct log_target *target)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(adopted); i++) {
		if (adopted[i].target == target)
			return &adopted[i];
	}
	return NULL;
}

static void lines_write(struct log_target *target, unsigned int level, const char *line,
			size_t line_len)
{
	struct adopted *a = adopted_find(target);
	unsigned long n_dropped = log_buffer_take_dropped(a->buffer);
	char text[64];
	int len;

	if (n_dropped) {
		len = snprintf(text, sizeof(text), "DMAIN ERROR %lu lines of the log dropped\n",
			       n_dropped);
		log_buffer_put(a->buffer, text, len);
	}
	log_buffer_put(a->buffer, line, line_len);
	if (level >= LOGL_ERROR)
		log_buffer_flush(a->buffer);
}

static void lines_output(struct log_target *target, unsigned int level, const char *line)
{
	lines_write(target, level, line, strlen(line));
}

/* Nothing in front of a line but its category and its level, as _output_buf() of libosmocore's
 * logging.c has them. */
static bool is_plain(const struct log_target *t)
{
	return t->output == lines_output && !t->raw_output && !t->use_color &&
	       !t->print_timestamp && !t->print_ext_timestamp && !t->print_tid &&
	       !t->print_category_hex && t->print_filename2 == LOG_FILENAME_NONE;
}

/* The only target there is; NULL: none, or several. */
static struct log_target *only_target(void)
{
	struct log_target *t =
		llist_first_entry_or_null(&osmo_log_target_list, struct log_target, entry);

	return t && t->entry.next == &osmo_log_target_list ? t : NULL;
}

static size_t put_word(char *out, const char *word)
{
	size_t len = strlen(word);

	memcpy(out, word, len);
	out[len] = ' ';
	return len + 1;
}

void log_lines_put_from(int subsys, unsigned int level, const char *file, int file_line,
			const struct log_line *line)
{
	struct log_target *target = only_target();
	char text[PREFIX_SIZE + LOG_LINE_SIZE];
	size_t len = 0;

	if (!target || !is_plain(target)) {
		LOGPSRC(subsys, level, file, file_line, "%s\n", line->text);
		return;
	}
	OSMO_ASSERT(subsys >= 0 && (size_t)subsys < tegata_log_info.num_cat);
	if (target->print_category)
		len += put_word(text, log_category_name(subsys));
	if (target->print_level)
		len += put_word(text + len, log_level_name(level));
	memcpy(text + len, line->text, line->len);
	len += line->len;
	text[len++] = '\n';
	lines_write(target, level, text, len);
}

/* Where it writes; -1: nowhere, or lines of before still wait in libosmocore's queue. */
static int target_fd(const struct log_target *target)
{
	if (target->type != LOG_TGT_TYPE_STDERR && target->type != LOG_TGT_TYPE_FILE)
		return -1;
	if (target->tgt_file.out)
		return fileno(target->tgt_file.out);
	if (!target->tgt_file.wqueue || target->tgt_file.wqueue->current_length)
		return -1;
	return target->tgt_file.wqueue->bfd.fd;
}

static void target_adopt(void *ctx, struct log_target *target)
{
	struct adopted *a = adopted_find(NULL);
	int fd = target_fd(target);

	if (!a || fd < 0)
		return;
	/* libosmocore closes its own when it likes. */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return;
	a->buffer = log_buffer_new(ctx, fd);
	if (!a->buffer) {
		close(fd);
		return;
	}
	a->target = target;
	a->output = target->output;
	a->raw_output = target->raw_output;
	target->raw_output = NULL;
	target->output = lines_output;
}

/* Unless libosmocore has changed it, or removed the target, since. */
static void target_restore(const struct adopted *a)
{
	struct log_target *target;

	llist_for_each_entry (target, &osmo_log_target_list, entry) {
		if (target != a->target || target->output != lines_output || target->raw_output)
			continue;
		target->output = a->output;
		target->raw_output = a->raw_output;
	}
}

void log_lines_release(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(adopted); i++) {
		struct adopted *a = &adopted[i];

		if (!a->target)
			continue;
		target_restore(a);
		log_buffer_free(a->buffer);
		*a = (struct adopted){};
	}
}

void log_lines_adopt(void *ctx)
{
	struct log_target *target;

	log_lines_release();
	llist_for_each_entry (target, &osmo_log_target_list, entry)
		target_adopt(ctx, target);
}
