/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An SMSC that does no more than SMPP asks for, so that it is not what limits a benchmark; told
 * and telling as the one of sms.js.
 *
 *   sms_smsc ADDRESS     told by lines on standard input:
 *       deliver WINDOW SECONDS     texts to who has bound, as fast as he answers
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/smpp_peer.h"
#include "lib/stream.h"

static const char text[] = "Bought 500 JPY, value 0708 6446 3809 4485 5501\nUntil 2027-05-21";

struct bench {
	struct smpp_peer *esme; /* who has bound last */
	struct osmo_timer_list end;
	struct timespec began;
	size_t window, open;
	long done;
	unsigned int last_id;
	bool over, ended;
};

static void answer(struct smpp_peer *p, const struct smpp_pdu *pdu, const char *id)
{
	struct smpp_pdu response = { .command = pdu->command | SMPP_RESPONSE,
				     .sequence = pdu->sequence,
				     .has_body = true };

	OSMO_STRLCPY_ARRAY(response.message_id, id);
	smpp_peer_respond(p, &response);
}

static void on_request(void *data, struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	struct bench *b = data;
	char id[16];

	switch (pdu->command) {
	case SMPP_SUBMIT_SM:
		snprintf(id, sizeof(id), "%x", ++b->last_id);
		answer(p, pdu, id);
		break;
	case SMPP_BIND_TRANSCEIVER:
		b->esme = p;
		answer(p, pdu, "");
		puts("{\"bound\":\"bind_transceiver\"}");
		break;
	default:
		smpp_peer_respond_status(p, pdu->command, pdu->sequence, SMPP_OK);
	}
}

static void on_down(void *data, struct smpp_peer *p, const char *why)
{
	struct bench *b = data;

	if (b->esme == p)
		b->esme = NULL;
	smpp_peer_close(p);
}

static const struct smpp_peer_handler handler = { .request = on_request, .down = on_down };

static void on_accept(void *data, struct stream *s)
{
	(void)smpp_peer_take(data, s, &smpp_peer_times_default, &handler, data);
}

static void on_delivered(void *data, const struct smpp_pdu *response);

static void deliver(struct bench *b)
{
	struct smpp_pdu pdu = { .command = SMPP_DELIVER_SM };
	struct timespec now;

	OSMO_STRLCPY_ARRAY(pdu.sm.source.digits, "819012345678");
	OSMO_STRLCPY_ARRAY(pdu.sm.destination.digits, "188");
	pdu.sm.octets = (const uint8_t *)text;
	pdu.sm.n_octets = strlen(text);
	while (!b->over && b->open < b->window && b->esme &&
	       smpp_peer_request(b->esme, &pdu, on_delivered, b) == 0)
		b->open++;
	if (!b->over || b->open > 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("{\"done\":%ld,\"per_s\":%.0f}\n", b->done,
	       b->done / (now.tv_sec - b->began.tv_sec + (now.tv_nsec - b->began.tv_nsec) / 1e9));
}

static void on_delivered(void *data, const struct smpp_pdu *response)
{
	struct bench *b = data;

	b->open--;
	b->done += response && response->status == SMPP_OK;
	deliver(b);
}

static void on_end(void *data)
{
	((struct bench *)data)->over = true;
}

static int on_line(struct osmo_fd *ofd, unsigned int what)
{
	struct bench *b = ofd->data;
	unsigned int seconds;
	char line[80];
	ssize_t n = read(ofd->fd, line, sizeof(line) - 1);

	b->ended = n <= 0;
	if (b->ended)
		return 0;
	line[n] = '\0';
	if (sscanf(line, "deliver %zu %u", &b->window, &seconds) != 2)
		return 0;
	b->over = false;
	b->done = 0;
	clock_gettime(CLOCK_MONOTONIC, &b->began);
	osmo_timer_schedule(&b->end, seconds, 0);
	deliver(b);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench *b = talloc_zero(NULL, struct bench);
	struct osmo_fd input;
	int error;

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	osmo_select_init();
	if (log_init(&tegata_log_info, b) < 0)
		return 1;
	osmo_timer_setup(&b->end, on_end, b);
	osmo_fd_setup(&input, STDIN_FILENO, OSMO_FD_READ, on_line, b, 0);
	if (osmo_fd_register(&input) < 0 ||
	    !stream_listen(b, argv[1], 0600, NULL, &smpp_peer_limits, on_accept, b, &error)) {
		fprintf(stderr, "%s: cannot listen\n", argv[1]);
		return 1;
	}
	puts("{\"listening\":true}");
	while (!b->ended)
		osmo_select_main_ctx(0);
	return 0;
}
