/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/sealer_worker.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/it_q.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/utils.h>

#include "lib/seal_key.h"
#include "manager/sealer_priv.h"

#define US_PER_S 1000000LL

int64_t sealer_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

/* --- what the loop is told ------------------------------------------------------------ */

struct sealer_event *sealer_event_new(enum sealer_event_type type, const char *text, size_t len)
{
	struct sealer_event *e = calloc(1, sizeof(*e) + len + 1);

	if (!e)
		return NULL;
	e->type = type;
	memcpy(e->text, text, len);
	return e;
}

/* A queue that is full loses what the next round says again. */
void sealer_event_send(struct sealer_worker *w, struct sealer_event *e)
{
	if (e && osmo_it_q_enqueue(w->queue, e, entry) < 0)
		free(e);
}

void sealer_say(struct sealer_worker *w, int level, const char *format, ...)
{
	char text[512];
	struct sealer_event *e;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	e = sealer_event_new(SEALER_LOG, text, strlen(text));
	if (e)
		e->level = level;
	sealer_event_send(w, e);
}

void sealer_status_send(struct sealer_worker *w)
{
	struct sealer_event *e = sealer_event_new(SEALER_STATUS, "", 0);

	if (e)
		e->status = w->status;
	sealer_event_send(w, e);
}

bool sealer_fail(struct sealer_worker *w, const char *what, const char *why)
{
	snprintf(w->why, sizeof(w->why), "%s: %.200s", what, why);
	return false;
}

/* --- the thread ---------------------------------------------------------------------- */

static void round_tell(struct sealer_worker *w, bool ok)
{
	if (ok) {
		if (w->said[0])
			sealer_say(w, LOGL_NOTICE, "history is sealed again");
		w->said[0] = '\0';
	} else if (!atomic_load(&w->stop)) {
		w->status.failures++;
		w->status.connected = w->db.conn != NULL;
		/* Once, not every few seconds. */
		if (strcmp(w->said, w->why))
			sealer_say(w, LOGL_ERROR, "not sealed: %s", w->why);
		osmo_strlcpy(w->said, w->why, sizeof(w->said));
	}
	sealer_status_send(w);
}

static void *thread_main(void *data)
{
	struct sealer_worker *w = data;
	bool ran = false;

	while (!atomic_load(&w->stop)) {
		if (atomic_load(&w->run)) {
			round_tell(w, sealer_round(w));
			ran = true;
		} else if (ran) {
			/* Whoever seals now has no use for what we knew. */
			ran = false;
			w->status.sealing = w->status.connected = false;
			sealer_db_close(&w->db);
			sealer_status_send(w);
		}
		sealer_db_sleep(&w->db, w->config.interval_s * 1000);
	}
	sealer_db_close(&w->db);
	atomic_store(&w->ended, true);
	return NULL;
}

/* --- from the loop
 * --------------------------------------------------------------------------------- */

static void worker_free(struct sealer_worker *w)
{
	seal_key_free(w->config.key);
	seal_hasher_free(w->hasher);
	seal_hasher_free(w->list_hasher);
	seal_row_free(&w->row);
	free(w->chunk);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

/* Signals are the loop's. */
static int thread_start(struct sealer_worker *w)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, thread_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -rc;
}

struct sealer_worker *sealer_worker_start(const struct sealer_worker_config *config,
					  struct osmo_it_q *queue)
{
	struct sealer_worker *w = calloc(1, sizeof(*w));

	if (!w) {
		seal_key_free(config->key);
		return NULL;
	}
	w->config = *config;
	w->queue = queue;
	w->span = INT64_MAX;
	pthread_mutex_init(&w->mutex, NULL);
	w->publish.dir = config->publish_dir;
	w->publish.lock_fd = -1;
	w->hasher = seal_hasher_new();
	w->list_hasher = seal_hasher_new();
	w->chunk = malloc(SEALER_CHUNK_ENTRIES * SEAL_ENTRY_SIZE);
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->db.wake_fd = w->wake_fd;
	w->db.stop = &w->stop;
	if (w->hasher && w->list_hasher && w->chunk && w->wake_fd >= 0 && thread_start(w) == 0)
		return w;
	worker_free(w);
	return NULL;
}

static void wake(struct sealer_worker *w)
{
	const uint64_t one = 1;

	/* Fails only where it is awake already. */
	if (write(w->wake_fd, &one, sizeof(one)) < 0)
		return;
}

void sealer_worker_run(struct sealer_worker *w, bool run)
{
	atomic_store(&w->run, run);
	wake(w);
}

void sealer_worker_new_epoch(struct sealer_worker *w, const char *reason)
{
	pthread_mutex_lock(&w->mutex);
	w->new_epoch = true;
	osmo_strlcpy(w->new_epoch_reason, reason, sizeof(w->new_epoch_reason));
	pthread_mutex_unlock(&w->mutex);
	wake(w);
}

void sealer_worker_stop(struct sealer_worker *w)
{
	atomic_store(&w->stop, true);
	wake(w);
}

bool sealer_worker_join(struct sealer_worker *w, bool wait)
{
	if (!wait && !atomic_load(&w->ended))
		return false;
	pthread_join(w->thread, NULL);
	worker_free(w);
	return true;
}
