/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A daemon's configuration file from memory.  What is read without a fault is
 * written, reset and read again: that must succeed, and be written as the same.
 *
 * Lines that would open files, sockets or processes of libosmovty's own (log,
 * stats, write) are left out.
 */
#include "fuzz.h"

#include <ctype.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/buffer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/config_text.h"

#define FUZZ_CONFIG_MAX (256 * 1024)

struct fuzz_config {
	void (*reset)(void);
	/* The file was read to its end. */
	void (*commit)(void);
	int (*check)(void);
};

static inline bool fuzz_config_is_foreign(const char *line, size_t len)
{
	static const char *const words[] = { "lo", "st", "w", "no lo", "no st", "banner" };
	size_t i;

	while (len > 0 && isspace((unsigned char)*line)) {
		line++;
		len--;
	}
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (len >= strlen(words[i]) && strncmp(line, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static inline int fuzz_config_read(const struct fuzz_config *c, const char *text, size_t len)
{
	char *kept = malloc(len + 2);
	const char *at = text, *end = text + len;
	size_t n = 0;
	char why[CONFIG_TEXT_WHY_SIZE];
	FILE *file;
	int rc;

	while (at < end) {
		const char *next = memchr(at, '\n', end - at);

		next = next ? next + 1 : end;
		if (!fuzz_config_is_foreign(at, next - at)) {
			memcpy(kept + n, at, next - at);
			n += next - at;
		}
		at = next;
	}
	kept[n++] = '\n';
	file = fmemopen(kept, n, "r");
	OSMO_ASSERT(file);
	c->reset();
	/* As lib/daemon.c does. */
	rc = config_text_check(file, why);
	rewind(file);
	if (rc == 0)
		rc = vty_read_config_filep(file, NULL);
	fclose(file);
	free(kept);
	return rc;
}

/* What "write terminal" prints, as a file; free() it. */
static inline char *fuzz_config_written(void)
{
	struct vty *vty = vty_new();
	vector words = cmd_make_strvec("show running-config");
	char *text, *start, *out = malloc(FUZZ_CONFIG_MAX), *p = out;

	vty->type = VTY_TERM;
	vty->node = ENABLE_NODE;
	OSMO_ASSERT(cmd_execute_command(words, vty, NULL, 0) == CMD_SUCCESS);
	cmd_free_strvec(words);
	text = buffer_getstr(vty->obuf);
	start = strchr(text, '!');
	OSMO_ASSERT(start && strlen(start) < FUZZ_CONFIG_MAX);
	for (; *start; start++)
		if (*start != '\r')
			*p++ = *start;
	*p = '\0';
	talloc_free(text);
	buffer_free(vty->obuf);
	talloc_free(vty);
	return out;
}

static inline void fuzz_config_try(const struct fuzz_config *c, const uint8_t *in, size_t len)
{
	char *first, *second;

	if (fuzz_config_read(c, (const char *)in, len) < 0 || c->check() < 0)
		return;
	c->commit();
	first = fuzz_config_written();
	OSMO_ASSERT(fuzz_config_read(c, first, strlen(first)) == 0);
	c->commit();
	second = fuzz_config_written();
	OSMO_ASSERT(strcmp(first, second) == 0);
	free(first);
	free(second);
}
