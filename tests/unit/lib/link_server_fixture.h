/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* A gateway, and managers that answer as they are told to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/ipa_frame.h"
#include "lib/link_peer.h"
#include "lib/link_server.h"
#include "lib/log_category.h"
#include "lib/outcome.h"
#include "tests/lib/link_gateway.h"
#include "tests/lib/loop.h"
#include "tests/lib/test_dir.h"

#define KEPT_MAX 8

static uint8_t frame[LINK_FRAME_SIZE];

/* A manager that answers as it is told to. */
struct manager {
	struct link_peer *p;
	int n_up, n_down, n_asked, error;
	bool silent; /* keeps the numbers of questions instead of answering */
	bool die; /* closes at the first question */
	int wrong; /* answers with so many items too many */
	uint32_t kept[KEPT_MAX];
	int n_kept;
};

struct gateway {
	struct link_server *ls;
	struct manager m[3];
	/* answers, in the order in which they came */
	int n_done;
	enum outcome outcomes[100];
	int64_t firsts[100]; /* amount of the first item: the value id that was asked about */
};

static inline void manager_up(void *data, struct link_peer *p)
{
	struct manager *m = data;

	m->n_up++;
}

static inline void answer(struct manager *m, uint32_t number, const struct link_check *check)
{
	static struct link_check_result r;
	size_t i;
	int len;

	memset(&r, 0, sizeof(r));
	r.n_items = check->n_items + m->wrong;
	for (i = 0; i < r.n_items; i++)
		r.items[i] = (struct link_check_item){ .owner = true,
						       .state = 1,
						       .currency = "JPY",
						       .amount_minor = check->value_ids[i] };
	len = link_check_result_encode(frame, sizeof(frame), number, &r);
	assert_true(len > 0);
	assert_int_equal(link_peer_send(m->p, frame, len), 0);
}

static inline int manager_asked(void *data, struct link_peer *p, const struct link_msg *msg)
{
	static struct link_check check;
	struct manager *m = data;

	m->n_asked++;
	assert_int_equal(msg->type, LINK_CHECK);
	assert_int_equal(link_check_decode(&check, msg), 0);
	if (m->die) {
		m->p = NULL;
		link_peer_free(p);
		return 0;
	}
	if (!m->silent)
		answer(m, msg->number, &check);
	else if (m->n_kept < KEPT_MAX)
		m->kept[m->n_kept++] = msg->number;
	return 0;
}

static inline void manager_down(void *data, struct link_peer *p, int error, const char *why)
{
	struct manager *m = data;

	m->n_down++;
	m->error = error;
	m->p = NULL;
	link_peer_free(p);
}

static const struct link_peer_handler manager_handler = { manager_up, manager_asked, NULL,
							  manager_down };

static inline void manager_connect(struct gateway *g, int i)
{
	char name[32];
	int error = 0, n_up = g->m[i].n_up;

	snprintf(name, sizeof(name), "manager-%d", i);
	g->m[i].p = link_peer_connect(g, name, link_server_address(g->ls, 0), NULL, 5,
				      &manager_handler, &g->m[i], &error);
	assert_non_null(g->m[i].p);
	loop_until(g->m[i].n_up > n_up);
	assert_string_equal(link_peer_name(g->m[i].p), "gateway-under-test");
}

static inline struct gateway *gateway_new(int n_managers)
{
	struct gateway *g = talloc_zero(NULL, struct gateway);
	char *address = talloc_asprintf(g, "unix:%s/link.sock", test_dir);
	int i;

	g->ls = link_server_new(g, "gateway-under-test");
	assert_int_equal(link_server_listen(g->ls, address, 0600, NULL), 0);
	for (i = 0; i < n_managers; i++)
		manager_connect(g, i);
	if (n_managers)
		loop_until(link_server_ready(g->ls));
	return g;
}

static inline void done(void *data, const struct link_check_result *result)
{
	struct gateway *g = data;

	assert_true(g->n_done < 100);
	g->outcomes[g->n_done] = result->outcome;
	g->firsts[g->n_done] = result->n_items ? result->items[0].amount_minor : -1;
	g->n_done++;
}

static inline struct link_question *ask(struct gateway *g, int64_t first, size_t n)
{
	static struct link_check check;
	size_t i;

	memset(&check, 0, sizeof(check));
	check.n_items = n;
	for (i = 0; i < n; i++)
		check.value_ids[i] = first + i;
	return link_server_check(g->ls, &check, done, g);
}

static inline int setup(void **state)
{
	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &tegata_log_info);
	return test_dir_make();
}

static inline int teardown(void **state)
{
	return test_dir_remove();
}
