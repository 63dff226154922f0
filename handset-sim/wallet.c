/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/file.h"
#include "handset-sim/wallet.h"
#include "handset-sim/wallet_file.h"
#include "lib/log_category.h"
#include "lib/value_id.h"

static const struct value_string state_names[] = {
	{ WALLET_RECEIVED, "received" },
	{ WALLET_HANDED_OVER, "handed-over" },
	{ WALLET_CONFIRMED, "confirmed" },
	{ WALLET_REFUSED, "refused" },
	{ 0, NULL },
};

const char *wallet_state_name(enum wallet_state state)
{
	return get_value_string(state_names, state);
}

int wallet_state_by_name(const char *name)
{
	return get_string_value(state_names, name);
}

static struct wallet_note *note_find(struct wallet *w, int64_t value_id)
{
	struct wallet_note *note;

	hash_for_each_possible(w->by_id, note, by_id,
			       value_id) if (note->value_id == value_id) return note;
	return NULL;
}

const struct wallet_note *wallet_find(struct wallet *w, int64_t value_id)
{
	return note_find(w, value_id);
}

int wallet_note_add(struct wallet *w, const struct wallet_note *note)
{
	struct wallet_note *own;

	if (note_find(w, note->value_id))
		return -EEXIST;
	if (w->n_notes >= WALLET_NOTES_MAX)
		return -ENOSPC;
	own = talloc_memdup(w, note, sizeof(*note));
	OSMO_ASSERT(own);
	llist_add_tail(&own->list, &w->notes);
	hash_add(w->by_id, &own->by_id, own->value_id);
	w->n_notes++;
	return 0;
}

static void note_drop(struct wallet *w, struct wallet_note *note)
{
	llist_del(&note->list);
	hash_del(&note->by_id);
	talloc_free(note);
	w->n_notes--;
}

static int wallet_lock(struct wallet *w)
{
	char *path = talloc_asprintf(w, "%s/%s.lock", w->dir, w->owner);
	int rc = 0;

	w->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	talloc_free(path);
	if (w->lock_fd < 0)
		return -errno;
	if (flock(w->lock_fd, LOCK_EX | LOCK_NB) < 0)
		rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
	return rc;
}

static int wallet_destroy(struct wallet *w)
{
	if (w->lock_fd >= 0)
		close(w->lock_fd);
	return 0;
}

static int wallet_begin(struct wallet *w, bool write, char why[WALLET_WHY_SIZE])
{
	int rc = write ? file_make_dir(w->dir) : 0;

	if (rc == 0 && write)
		rc = wallet_lock(w);
	if (rc == -EBUSY) {
		snprintf(why, WALLET_WHY_SIZE, "another tegata-handset has it open");
		return rc;
	}
	if (rc < 0) {
		snprintf(why, WALLET_WHY_SIZE, "%s", strerror(-rc));
		return rc;
	}
	rc = wallet_file_load(w, why);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	/* Written at once, so that other phones know that this one is simulated here. */
	if (write && rc == -ENOENT)
		rc = wallet_file_save(w);
	if (write && rc == 0)
		rc = wallet_take_inbox(w);
	if (write && rc < 0)
		snprintf(why, WALLET_WHY_SIZE, "cannot be written: %s", strerror(-rc));
	return write && rc < 0 ? rc : 0;
}

struct wallet *wallet_open(void *ctx, const char *dir, const char *owner, bool write, int *error,
			   char why[WALLET_WHY_SIZE])
{
	char reason[WALLET_WHY_SIZE] = "";
	struct wallet *w = talloc_zero(ctx, struct wallet);

	OSMO_ASSERT(w);
	INIT_LLIST_HEAD(&w->notes);
	hash_init(w->by_id);
	w->lock_fd = -1;
	talloc_set_destructor(w, wallet_destroy);
	w->dir = talloc_strdup(w, dir);
	w->path = talloc_asprintf(w, "%s/%s.wallet", dir, owner);
	OSMO_STRLCPY_ARRAY(w->owner, owner);
	*error = wallet_begin(w, write, reason);
	if (*error < 0) {
		snprintf(why, WALLET_WHY_SIZE, "wallet %.100s %s: %.100s", w->path,
			 *error == -EBADMSG ? "is damaged" : "cannot be used", reason);
		talloc_free(w);
		return NULL;
	}
	return w;
}

void wallet_close(struct wallet *w)
{
	talloc_free(w);
}

/* Saves; where that fails the note is put back as it was. */
static int note_save(struct wallet *w, struct wallet_note *note, const struct wallet_note *before)
{
	int rc = wallet_file_save(w);

	if (rc < 0) {
		struct wallet_note links = *note;

		*note = *before;
		note->list = links.list;
		note->by_id = links.by_id;
	}
	return rc;
}

static int note_receive(struct wallet *w, const struct wallet_note *received)
{
	struct wallet_note *note = note_find(w, received->value_id);
	int rc;

	if (note && (note->state == WALLET_RECEIVED || note->state == WALLET_HANDED_OVER ||
		     !received->from[0]))
		return 0;
	if (note)
		note_drop(w, note);
	rc = wallet_note_add(w, received);
	return rc < 0 ? rc : 1;
}

int wallet_receive(struct wallet *w, int64_t value_id, const char *amount, const char *currency,
		   const char *from)
{
	struct wallet_note note = {
		.value_id = value_id,
		.state = WALLET_RECEIVED,
		.received_at = time(NULL),
	};
	int rc;

	if (w->lock_fd < 0)
		return -EROFS;
	OSMO_STRLCPY_ARRAY(note.amount, amount);
	OSMO_STRLCPY_ARRAY(note.currency, currency);
	OSMO_STRLCPY_ARRAY(note.from, from);
	rc = note_receive(w, &note);
	if (rc <= 0)
		return rc;
	rc = wallet_file_save(w);
	if (rc < 0)
		note_drop(w, note_find(w, value_id));
	return rc;
}

int wallet_hand_over(struct wallet *w, int64_t value_id, const char *to, const char *reference)
{
	struct wallet_note *note = note_find(w, value_id), before;

	if (w->lock_fd < 0)
		return -EROFS;
	if (!note)
		return -ENOENT;
	before = *note;
	note->state = WALLET_HANDED_OVER;
	note->handed_at = time(NULL);
	note->settled_at = 0;
	OSMO_STRLCPY_ARRAY(note->to, to);
	OSMO_STRLCPY_ARRAY(note->reference, reference);
	return note_save(w, note, &before);
}

int wallet_settle(struct wallet *w, int64_t value_id, bool accepted)
{
	struct wallet_note *note = note_find(w, value_id), before;

	if (w->lock_fd < 0)
		return -EROFS;
	if (!note)
		return -ENOENT;
	before = *note;
	note->state = accepted ? WALLET_CONFIRMED : WALLET_REFUSED;
	note->settled_at = time(NULL);
	return note_save(w, note, &before);
}

bool wallet_exists(const char *dir, const char *owner)
{
	char *path = talloc_asprintf(NULL, "%s/%s.wallet", dir, owner);
	bool exists = access(path, F_OK) == 0;

	talloc_free(path);
	return exists;
}

int wallet_inbox_put(const char *dir, const char *transferee, const struct wallet_note *note,
		     const char *from)
{
	struct wallet_note copy = {
		.value_id = note->value_id,
		.state = WALLET_RECEIVED,
		.received_at = time(NULL),
	};
	char line[WALLET_LINE_MAX], id[VALUE_ID_STR_SIZE];
	char *inbox = talloc_asprintf(NULL, "%s/%s.inbox", dir, transferee);
	char *path = talloc_asprintf(inbox, "%s/%s", inbox, value_id_format(id, note->value_id));
	int rc = file_make_dir(inbox);

	OSMO_STRLCPY_ARRAY(copy.amount, note->amount);
	OSMO_STRLCPY_ARRAY(copy.currency, note->currency);
	OSMO_STRLCPY_ARRAY(copy.from, from);
	if (rc == 0)
		rc = file_replace(path, line, wallet_note_format(line, &copy), 0600);
	talloc_free(inbox);
	return rc;
}

/* A file that is no note is left where it is: it is somebody's, and not understood. */
static bool inbox_file_take(struct wallet *w, const char *path)
{
	struct wallet_note note;
	size_t len;
	int rc;
	char *line = file_read(w, path, WALLET_LINE_MAX, &len, &rc);
	const char *wrong = line ? wallet_note_parse(&note, line) : strerror(-rc);

	talloc_free(line);
	if (!wrong && note_receive(w, &note) < 0)
		wrong = "the wallet is full";
	if (wrong)
		LOGP(DSIM, LOGL_ERROR, "%s is not taken: %s\n", path, wrong);
	return !wrong;
}

int wallet_take_inbox(struct wallet *w)
{
	char *inbox = talloc_asprintf(w, "%s/%s.inbox", w->dir, w->owner);
	char **taken = talloc_array(inbox, char *, 0);
	struct dirent *entry;
	int n = 0, i, rc = 0;
	DIR *dir = w->lock_fd < 0 ? NULL : opendir(inbox);

	while (dir && (entry = readdir(dir))) {
		char *path = talloc_asprintf(inbox, "%s/%s", inbox, entry->d_name);

		if (entry->d_name[0] == '.' || strchr(entry->d_name, '.'))
			continue; /* not a note, or one that is being written */
		if (!inbox_file_take(w, path))
			continue;
		taken = talloc_realloc(inbox, taken, char *, n + 1);
		OSMO_ASSERT(taken);
		taken[n++] = path;
	}
	if (dir)
		closedir(dir);
	if (n > 0)
		rc = wallet_file_save(w);
	for (i = 0; i < n && rc == 0; i++)
		unlink(taken[i]);
	talloc_free(inbox);
	return rc < 0 ? rc : n;
}
