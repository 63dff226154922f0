/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_ticket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/timer.h>

#include "gateway/http_tls.h"
#include "lib/log_category.h"

static unsigned char key[HTTP_TICKET_KEY_SIZE];
static bool key_is_set;
static struct osmo_timer_list renewal;

static void key_set(const void *octets)
{
	memcpy(key, octets, sizeof(key));
	key_is_set = true;
}

static int key_generate(void)
{
	gnutls_datum_t made;
	int rc = gnutls_session_ticket_key_generate(&made);

	if (rc < 0)
		return -EIO;
	rc = made.size == sizeof(key) ? 0 : -EIO;
	if (rc == 0)
		key_set(made.data);
	gnutls_memset(made.data, 0, made.size);
	gnutls_free(made.data);
	return rc;
}

static void renew(void *data)
{
	/* The old one serves on. */
	if (key_generate() < 0)
		LOGP(DHTTP, LOGL_ERROR, "no random numbers for a new ticket key\n");
	osmo_timer_schedule(&renewal, HTTP_TICKET_KEY_S, 0);
}

static int key_read(unsigned char octets[HTTP_TICKET_KEY_SIZE], const char *file, char *why,
		    int size)
{
	char reason[200];
	int rc = secret_file_octets(octets, HTTP_TICKET_KEY_SIZE, file, HTTP_TLS_READERS, reason,
				    sizeof(reason));

	if (rc < 0)
		snprintf(why, size, "tls ticket-key %s", reason);
	return rc;
}

int http_ticket_check(const char *file, char *why, int size)
{
	unsigned char octets[HTTP_TICKET_KEY_SIZE];
	int rc = key_read(octets, file, why, size);

	gnutls_memset(octets, 0, sizeof(octets));
	return rc;
}

static int file_load(const char *file, char *why, int size)
{
	unsigned char octets[HTTP_TICKET_KEY_SIZE];
	int rc = key_read(octets, file, why, size);

	if (rc == 0) {
		osmo_timer_del(&renewal);
		key_set(octets);
	}
	gnutls_memset(octets, 0, sizeof(octets));
	return rc;
}

int http_ticket_load(const char *file, char *why, int size)
{
	int rc;

	if (file)
		return file_load(file, why, size);
	/* A reload does not end what can be resumed. */
	if (osmo_timer_pending(&renewal))
		return 0;
	rc = key_generate();
	if (rc < 0) {
		snprintf(why, size, "no random numbers for a ticket key");
		return rc;
	}
	osmo_timer_setup(&renewal, renew, NULL);
	osmo_timer_schedule(&renewal, HTTP_TICKET_KEY_S, 0);
	return 0;
}

void http_ticket_enable(gnutls_session_t session)
{
	const gnutls_datum_t datum = { .data = key, .size = sizeof(key) };

	/* Where it fails there are no tickets, and each handshake is a whole one. */
	if (key_is_set && gnutls_session_ticket_enable_server(session, &datum) < 0)
		LOGP(DHTTP, LOGL_INFO, "a session without tickets\n");
}

void http_ticket_unload(void)
{
	osmo_timer_del(&renewal);
	gnutls_memset(key, 0, sizeof(key));
	key_is_set = false;
}
