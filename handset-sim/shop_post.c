/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "handset-sim/shop_post.h"

struct shop_post {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct osmo_timer_list timer;
	char error[CURL_ERROR_SIZE];
	char answer[SHOP_ANSWER_MAX + 1];
	size_t answer_len;
	shop_post_cb done;
	void *data;
};

static int post_destroy(struct shop_post *p)
{
	osmo_timer_del(&p->timer);
	if (p->multi && p->easy)
		curl_multi_remove_handle(p->multi, p->easy);
	curl_easy_cleanup(p->easy);
	curl_multi_cleanup(p->multi);
	curl_slist_free_all(p->headers);
	return 0;
}

static void post_ended(struct shop_post *p, CURLcode result)
{
	char why[CURL_ERROR_SIZE + 64];
	long status = 0;
	bool taken;

	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	taken = result == CURLE_OK && status >= 200 && status < 300;
	if (result == CURLE_OK)
		snprintf(why, sizeof(why), "HTTP status %ld", status);
	else
		snprintf(why, sizeof(why), "%s",
			 p->error[0] ? p->error : curl_easy_strerror(result));
	p->answer[p->answer_len] = '\0';
	/* Whoever is told may free our parent. */
	talloc_steal(NULL, p);
	p->done(p->data, taken, why, p->answer);
	talloc_free(p);
}

/* Lets libcurl act, and looks whether it is through. */
static void post_drive(struct shop_post *p, curl_socket_t fd, int events)
{
	int running, left;
	CURLMsg *msg;

	curl_multi_socket_action(p->multi, fd, events, &running);
	while ((msg = curl_multi_info_read(p->multi, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		post_ended(p, msg->data.result);
		return;
	}
}

static void on_timer(void *data)
{
	post_drive(data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_fd(struct osmo_fd *ofd, unsigned int what)
{
	int events = (what & OSMO_FD_READ ? CURL_CSELECT_IN : 0) |
		     (what & OSMO_FD_WRITE ? CURL_CSELECT_OUT : 0);

	post_drive(ofd->data, ofd->fd, events);
	return 0;
}

static int ofd_destroy(struct osmo_fd *ofd)
{
	if (osmo_fd_is_registered(ofd))
		osmo_fd_unregister(ofd);
	return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
	struct shop_post *p = data;
	struct osmo_fd *ofd = socket_data;
	unsigned int when = (what & CURL_POLL_IN ? OSMO_FD_READ : 0) |
			    (what & CURL_POLL_OUT ? OSMO_FD_WRITE : 0);

	if (what == CURL_POLL_REMOVE) {
		talloc_free(ofd);
		return 0;
	}
	if (ofd) {
		osmo_fd_update_when(ofd, 0, when);
		return 0;
	}
	ofd = talloc_zero(p, struct osmo_fd);
	OSMO_ASSERT(ofd);
	osmo_fd_setup(ofd, fd, when, on_fd, p, 0);
	if (osmo_fd_register(ofd) < 0) {
		talloc_free(ofd);
		return -1;
	}
	talloc_set_destructor(ofd, ofd_destroy);
	curl_multi_assign(p->multi, fd, ofd);
	return 0;
}

static int on_timeout(CURLM *multi, long ms, void *data)
{
	struct shop_post *p = data;

	if (ms < 0)
		osmo_timer_del(&p->timer);
	else
		osmo_timer_schedule(&p->timer, ms / 1000, (ms % 1000) * 1000);
	return 0;
}

static size_t on_answer(char *in, size_t size, size_t n, void *data)
{
	struct shop_post *p = data;

	if (n > SHOP_ANSWER_MAX - p->answer_len)
		return 0;
	memcpy(p->answer + p->answer_len, in, n);
	p->answer_len += n;
	return n;
}

static bool easy_setup(struct shop_post *p, const struct shop_post_request *r)
{
	p->headers = curl_slist_append(NULL, "Content-Type: application/json");
	return p->headers && curl_easy_setopt(p->easy, CURLOPT_URL, r->url) == CURLE_OK &&
	       curl_easy_setopt(p->easy, CURLOPT_COPYPOSTFIELDS, r->body) == CURLE_OK &&
	       curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers) == CURLE_OK &&
	       curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, p->error) == CURLE_OK &&
	       curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_answer) == CURLE_OK &&
	       curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p) == CURLE_OK &&
	       (!r->ca || curl_easy_setopt(p->easy, CURLOPT_CAINFO, r->ca) == CURLE_OK);
}

static bool multi_setup(struct shop_post *p)
{
	return curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
	       curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p) == CURLM_OK &&
	       curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, on_timeout) == CURLM_OK &&
	       curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p) == CURLM_OK &&
	       curl_multi_add_handle(p->multi, p->easy) == CURLM_OK;
}

struct shop_post *shop_post_start(void *ctx, const struct shop_post_request *request,
				  shop_post_cb done, void *data)
{
	struct shop_post *p;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	p = talloc_zero(ctx, struct shop_post);
	OSMO_ASSERT(p);
	p->done = done;
	p->data = data;
	osmo_timer_setup(&p->timer, on_timer, p);
	p->easy = curl_easy_init();
	p->multi = curl_multi_init();
	talloc_set_destructor(p, post_destroy);
	if (p->easy && p->multi && easy_setup(p, request) && multi_setup(p))
		return p;
	talloc_free(p);
	return NULL;
}
