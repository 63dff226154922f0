/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as what an HLR's control interface answers, at once and in two pieces: only numbers
 * come out, and a stream that is none is dropped. */
#include "fuzz.h"

#include "lib/number.h"
#include "lib/stream.h"
#include "manager/msisdn_ctrl.h"

/* In place of lib/stream.c: the far end is the input. */
struct stream {
	const struct stream_handler *handler;
	void *data;
};

static struct stream the_stream;
static bool is_open;

struct stream *stream_connect(void *ctx, const char *address, const char *local,
			      struct stream_tls *tls, const struct stream_limits *limits,
			      const struct stream_handler *handler, void *data, int *error)
{
	the_stream = (struct stream){ handler, data };
	is_open = true;
	return &the_stream;
}

void stream_close(struct stream *s)
{
	is_open = is_open && !s;
}

bool stream_is_up(const struct stream *s)
{
	return true;
}

int stream_write(struct stream *s, const void *out, size_t len)
{
	return 0;
}

static unsigned int n_numbers;

static void on_up(void *data)
{
}

static void on_answer(void *data, uint32_t id, const char *msisdn)
{
	OSMO_ASSERT(!msisdn || (number_is_e164(msisdn) && strlen(msisdn) < NUMBER_SIZE));
	n_numbers += msisdn != NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_quiet();
	return 0;
}

/* As lib/stream.c does: what was not taken comes again with what follows. */
static unsigned int receive(const uint8_t *in, size_t len, size_t first)
{
	static const struct msisdn_ctrl_handler handler = { on_up, on_answer, on_up };
	struct msisdn_ctrl *c = msisdn_ctrl_new(NULL, "127.0.0.1:4259", &handler, NULL);
	size_t taken = 0, size = first;

	n_numbers = 0;
	the_stream.handler->up(the_stream.data, &the_stream);
	OSMO_ASSERT(msisdn_ctrl_ask(c, 7, "001010000000001") == 0);
	for (;;) {
		uint8_t *piece = malloc(size - taken + 1);
		int rc;

		memcpy(piece, in + taken, size - taken);
		rc = the_stream.handler->received(the_stream.data, &the_stream, piece,
						  size - taken);
		free(piece);
		if (rc < 0) {
			the_stream.handler->down(the_stream.data, &the_stream, rc, "not a frame");
			break;
		}
		OSMO_ASSERT((size_t)rc <= size - taken);
		taken += rc;
		if (size == len)
			break;
		size = len;
	}
	msisdn_ctrl_free(c);
	return n_numbers;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	unsigned int at_once = receive(in, len, len);

	OSMO_ASSERT(receive(in, len, len / 2) == at_once);
	return 0;
}
