/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

struct identity {
	gnutls_pcert_st chain[HTTP_TLS_CHAIN_MAX];
	unsigned int n_chain;
	gnutls_privkey_t key;
	time_t expires_at;
	struct osmo_timer_list retire_timer;
	struct llist_head list; /* of retired */
};

static struct identity *current;
static LLIST_HEAD(retired);

/* --- one identity ----------------------------------------------------------- */

static int identity_destroy(struct identity *i)
{
	unsigned int n;

	for (n = 0; n < i->n_chain; n++)
		gnutls_pcert_deinit(&i->chain[n]);
	if (i->key)
		gnutls_privkey_deinit(i->key);
	osmo_timer_del(&i->retire_timer);
	return 0;
}

static int size_get(int fd, off_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > HTTP_TLS_FILE_MAX)
		return -EFBIG;
	*size = st.st_size;
	return 0;
}

/* All of it; closes fd. */
static int file_read(void *ctx, int fd, gnutls_datum_t *data)
{
	off_t size = 0;
	ssize_t n;
	int rc = size_get(fd, &size);

	if (rc == 0) {
		data->data = talloc_size(ctx, size + 1);
		n = read(fd, data->data, size);
		rc = n == size ? 0 : -EIO;
		data->size = size;
	}
	close(fd);
	return rc;
}

static int certificate_read(void *ctx, const char *path, gnutls_datum_t *data, char *why, int size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const int rc = fd < 0 ? -errno : file_read(ctx, fd, data);

	if (rc < 0)
		snprintf(why, size, "tls certificate %s: %s", path, strerror(-rc));
	return rc;
}

static int key_read(void *ctx, const char *path, gnutls_datum_t *data, char *why, int size)
{
	char reason[200];
	const int fd = secret_file_open(path, HTTP_TLS_READERS, reason, sizeof(reason));
	const int rc = fd < 0 ? fd : file_read(ctx, fd, data);

	if (fd < 0)
		snprintf(why, size, "tls key %s", reason);
	else if (rc < 0)
		snprintf(why, size, "tls key %s: %s", path, strerror(-rc));
	return rc;
}

#define KEY_ID_MAX 64

/* Is the key that of the certificate?  Both have one public key then. */
static int identity_compare(const struct identity *i)
{
	uint8_t of_certificate[KEY_ID_MAX], of_key[KEY_ID_MAX];
	size_t certificate_len = sizeof(of_certificate), key_len = sizeof(of_key);
	gnutls_pubkey_t public_key;
	int rc;

	rc = gnutls_pubkey_get_key_id(i->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, of_certificate,
				      &certificate_len);
	if (rc < 0)
		return rc;
	rc = gnutls_pubkey_init(&public_key);
	if (rc < 0)
		return rc;
	rc = gnutls_pubkey_import_privkey(public_key, i->key, 0, 0);
	if (rc >= 0)
		rc = gnutls_pubkey_get_key_id(public_key, GNUTLS_KEYID_USE_SHA256, of_key,
					      &key_len);
	gnutls_pubkey_deinit(public_key);
	if (rc < 0)
		return rc;
	if (certificate_len != key_len || memcmp(of_certificate, of_key, key_len) != 0)
		return GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
	return 0;
}

static int identity_import(struct identity *i, const gnutls_datum_t *certificate,
			   const gnutls_datum_t *key)
{
	unsigned int n_chain = HTTP_TLS_CHAIN_MAX;
	int rc;

	rc = gnutls_pcert_list_import_x509_raw(i->chain, &n_chain, certificate, GNUTLS_X509_FMT_PEM,
					       GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
	if (rc < 0)
		return rc;
	i->n_chain = n_chain;
	rc = gnutls_privkey_init(&i->key);
	if (rc < 0)
		return rc;
	return gnutls_privkey_import_x509_raw(i->key, key, GNUTLS_X509_FMT_PEM, NULL, 0);
}

static int identity_parse(struct identity *i, const gnutls_datum_t *certificate,
			  const gnutls_datum_t *key)
{
	gnutls_x509_crt_t leaf;
	int rc;

	rc = identity_import(i, certificate, key);
	if (rc < 0)
		return rc;
	rc = identity_compare(i);
	if (rc < 0)
		return rc;
	rc = gnutls_pcert_export_x509(&i->chain[0], &leaf);
	if (rc < 0)
		return rc;
	i->expires_at = gnutls_x509_crt_get_expiration_time(leaf);
	gnutls_x509_crt_deinit(leaf);
	return 0;
}

/* --- the one in use --------------------------------------------------------- */

static void identity_retired(void *data)
{
	struct identity *i = data;

	llist_del(&i->list);
	talloc_free(i);
}

static void identity_use(struct identity *i)
{
	if (current) {
		llist_add_tail(&current->list, &retired);
		osmo_timer_setup(&current->retire_timer, identity_retired, current);
		osmo_timer_schedule(&current->retire_timer, HTTP_TLS_RETIRE_S, 0);
	}
	current = i;
}

static int identity_load(struct identity **identity, void *ctx, const char *certificate_file,
			 const char *key_file, char *why, int size)
{
	struct identity *i = talloc_zero(ctx, struct identity);
	gnutls_datum_t certificate = { 0 }, key = { 0 };
	int rc;

	talloc_set_destructor(i, identity_destroy);
	rc = certificate_read(i, certificate_file, &certificate, why, size);
	if (rc < 0)
		goto fail;
	rc = key_read(i, key_file, &key, why, size);
	if (rc < 0)
		goto fail;
	rc = identity_parse(i, &certificate, &key);
	gnutls_memset(key.data, 0, key.size);
	if (rc < 0) {
		snprintf(why, size, "tls certificate %s, key %s: %s", certificate_file, key_file,
			 gnutls_strerror(rc));
		rc = -EINVAL;
		goto fail;
	}
	*identity = i;
	return 0;
fail:
	talloc_free(i);
	return rc;
}

int http_tls_check(const char *certificate_file, const char *key_file, char *why, int size)
{
	struct identity *i;
	int rc = identity_load(&i, NULL, certificate_file, key_file, why, size);

	if (rc == 0)
		talloc_free(i);
	return rc;
}

int http_tls_load(void *ctx, const char *certificate_file, const char *key_file, char *why,
		  int size)
{
	struct identity *i;
	int rc = identity_load(&i, ctx, certificate_file, key_file, why, size);

	if (rc == 0)
		identity_use(i);
	return rc;
}

time_t http_tls_expires_at(void)
{
	return current ? current->expires_at : 0;
}

int http_tls_retrieve(gnutls_session_t session, const gnutls_datum_t *ca_names, int n_ca_names,
		      const gnutls_pk_algorithm_t *algorithms, int n_algorithms,
		      gnutls_pcert_st **certificate, unsigned int *certificate_len,
		      gnutls_privkey_t *key)
{
	if (!current)
		return -1;
	*certificate = current->chain;
	*certificate_len = current->n_chain;
	*key = current->key;
	return 0;
}

void http_tls_unload(void)
{
	struct identity *i, *next;

	llist_for_each_entry_safe (i, next, &retired, list)
		identity_retired(i);
	talloc_free(current);
	current = NULL;
}

static bool versions_are_modern(gnutls_priority_t cache)
{
	const unsigned int *versions;
	int i, n = gnutls_priority_protocol_list(cache, &versions);

	for (i = 0; i < n; i++) {
		if (versions[i] != GNUTLS_TLS1_2 && versions[i] != GNUTLS_TLS1_3)
			return false;
	}
	return n > 0;
}

static bool ciphers_hide(gnutls_priority_t cache)
{
	const unsigned int *ciphers;
	int i, n = gnutls_priority_cipher_list(cache, &ciphers);

	for (i = 0; i < n; i++) {
		switch (ciphers[i]) {
		case GNUTLS_CIPHER_NULL:
		case GNUTLS_CIPHER_ARCFOUR_128:
		case GNUTLS_CIPHER_3DES_CBC:
			return false;
		}
	}
	return n > 0;
}

static bool servers_prove_who_they_are(gnutls_priority_t cache)
{
	const unsigned int *exchanges;
	int i, n = gnutls_priority_kx_list(cache, &exchanges);

	for (i = 0; i < n; i++) {
		if (exchanges[i] == GNUTLS_KX_ANON_DH || exchanges[i] == GNUTLS_KX_ANON_ECDH)
			return false;
	}
	return true;
}

int http_tls_priorities_check(const char *priorities)
{
	gnutls_priority_t cache;
	bool good;

	if (gnutls_priority_init(&cache, priorities, NULL) < 0)
		return -EINVAL;
	good = versions_are_modern(cache) && ciphers_hide(cache) &&
	       servers_prove_who_they_are(cache);
	gnutls_priority_deinit(cache);
	return good ? 0 : -EINVAL;
}
