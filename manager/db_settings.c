/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/secret_file.h"

#define DEFAULT_PORT "5432"
#define SOCKET_FILE "/.s.PGSQL."

static int port_parse(char port[6], const char *text)
{
	char *end;
	unsigned long n;

	if (*text < '1' || *text > '9')
		return -EINVAL;
	n = strtoul(text, &end, 10);
	if (*end || n > 65535)
		return -EINVAL;
	snprintf(port, 6, "%lu", n);
	return 0;
}

static int unix_parse(struct db_address *a, const char *path)
{
	char *file;

	if (path[0] != '/' || osmo_strlcpy(a->host, path, sizeof(a->host)) >= sizeof(a->host))
		return -EINVAL;
	a->is_unix = true;
	file = strstr(a->host, SOCKET_FILE);
	if (!file)
		return 0;
	if (file == a->host)
		return -EINVAL;
	*file = '\0';
	return port_parse(a->port, file + strlen(SOCKET_FILE));
}

int db_address_parse(struct db_address *address, const char *text)
{
	struct in6_addr v6;
	struct in_addr v4;
	const char *port;
	size_t len;

	*address = (struct db_address){ .port = DEFAULT_PORT };
	if (strncmp(text, "unix:", 5) == 0)
		return unix_parse(address, text + 5);
	if (text[0] == '[') {
		text++;
		len = strcspn(text, "]");
		port = text + len;
		if (*port++ != ']')
			return -EINVAL;
	} else {
		len = strcspn(text, ":");
		port = text + len;
	}
	if (len >= sizeof(address->host))
		return -EINVAL;
	memcpy(address->host, text, len);
	address->host[len] = '\0';
	if (inet_pton(AF_INET, address->host, &v4) == 1)
		address->is_loopback = ntohl(v4.s_addr) >> 24 == 127;
	else if (inet_pton(AF_INET6, address->host, &v6) == 1)
		address->is_loopback = IN6_IS_ADDR_LOOPBACK(&v6);
	else
		return -EINVAL;
	if (*port == '\0')
		return 0;
	return *port == ':' ? port_parse(address->port, port + 1) : -EINVAL;
}

/* The next word of a list, without what separates it; NULL: there is none. */
static const char *word_next(const char **list, size_t *len)
{
	const char *word = *list + strspn(*list, " ");

	*len = strcspn(word, " ");
	*list = word + *len;
	return *len ? word : NULL;
}

unsigned int db_settings_addresses(const struct db_settings *settings)
{
	const char *list = settings->address;
	unsigned int n = 0;
	size_t len;

	while (word_next(&list, &len))
		n++;
	return n;
}

static int address_get(struct db_address *address, const struct db_settings *s, unsigned int which)
{
	const char *list = s->address, *word;
	char text[sizeof(address->host) + 16];
	size_t len;

	while ((word = word_next(&list, &len)) && which > 0)
		which--;
	if (!word || len >= sizeof(text))
		return -EINVAL;
	memcpy(text, word, len);
	text[len] = '\0';
	return db_address_parse(address, text);
}

static const size_t texts[] = {
	offsetof(struct db_settings, address),
	offsetof(struct db_settings, name),
	offsetof(struct db_settings, user),
	offsetof(struct db_settings, password_file),
	offsetof(struct db_settings, tls_ca_file),
	offsetof(struct db_settings, tls_name),
	offsetof(struct db_settings, tls_certificate_file),
	offsetof(struct db_settings, tls_key_file),
};

static char **text_of(const struct db_settings *s, size_t i)
{
	return (char **)((char *)s + texts[i]);
}

bool db_settings_equal(const struct db_settings *a, const struct db_settings *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *x = *text_of(a, i), *y = *text_of(b, i);

		if (x && y ? strcmp(x, y) != 0 : x != y)
			return false;
	}
	return a->allow_plaintext == b->allow_plaintext &&
	       a->require_synchronous_standby == b->require_synchronous_standby;
}

void db_settings_copy(void *ctx, struct db_settings *to, const struct db_settings *from)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		osmo_talloc_replace_string(ctx, text_of(to, i), *text_of(from, i));
	to->allow_plaintext = from->allow_plaintext;
	to->require_synchronous_standby = from->require_synchronous_standby;
}

static int address_check(const struct db_settings *s, unsigned int which, char *why, size_t size)
{
	struct db_address address;

	if (address_get(&address, s, which) < 0) {
		snprintf(why, size, "'%s' is not 'unix:/directory' or a numeric address",
			 s->address);
		return -EINVAL;
	}
	if (!address.is_unix && !address.is_loopback && !s->allow_plaintext &&
	    (!s->tls_ca_file || !s->tls_name)) {
		snprintf(why, size,
			 "%s is another host: needs 'tls ca' and 'tls name', or 'allow-plaintext'",
			 address.host);
		return -EINVAL;
	}
	return 0;
}

int db_settings_check(const struct db_settings *s, char *why, size_t size)
{
	unsigned int n = db_settings_addresses(s);
	int rc;

	if (n < 1 || n > DB_ADDRESSES_MAX) {
		snprintf(why, size, "'%s' is not one to %d addresses", s->address,
			 DB_ADDRESSES_MAX);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < n; i++) {
		rc = address_check(s, i, why, size);
		if (rc < 0)
			return rc;
	}
	if (!s->tls_certificate_file != !s->tls_key_file) {
		snprintf(why, size, "'tls certificate' and 'tls key' go together");
		return -EINVAL;
	}
	return 0;
}

int db_settings_files_check(const struct db_settings *s, char *why, size_t size)
{
	const struct {
		const char *setting, *path;
	} files[] = {
		{ "tls ca", s->tls_ca_file },
		{ "tls certificate", s->tls_certificate_file },
		{ "tls key", s->tls_key_file },
	};
	char password[DB_PASSWORD_SIZE], reason[200];
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (!files[i].path || access(files[i].path, R_OK) == 0)
			continue;
		rc = -errno;
		snprintf(why, size, "%s %s: %s", files[i].setting, files[i].path, strerror(-rc));
		return rc;
	}
	if (!s->password_file)
		return 0;
	rc = secret_file_line(password, sizeof(password), s->password_file, SECRET_OWNER, reason,
			      sizeof(reason));
	explicit_bzero(password, sizeof(password));
	if (rc < 0)
		snprintf(why, size, "password-file %s", reason);
	return rc;
}

static void add(struct db_keywords *kw, const char *key, const char *value)
{
	if (!value)
		return;
	OSMO_ASSERT(kw->n < DB_KEYWORDS_MAX);
	kw->keys[kw->n] = key;
	kw->values[kw->n] = value;
	kw->n++;
	kw->keys[kw->n] = kw->values[kw->n] = NULL;
}

static void add_tls(struct db_keywords *kw, const struct db_settings *s)
{
	if (kw->address.is_unix) {
		add(kw, "host", kw->address.host);
		add(kw, "sslmode", "disable");
		return;
	}
	/* With hostaddr libpq takes host for what the certificate must say, and nothing else. */
	add(kw, "hostaddr", kw->address.host);
	add(kw, "host", s->tls_name);
	add(kw, "sslmode", s->tls_ca_file && s->tls_name ? "verify-full" : "prefer");
	add(kw, "sslrootcert", s->tls_ca_file);
	add(kw, "sslcert", s->tls_certificate_file);
	add(kw, "sslkey", s->tls_key_file);
	add(kw, "ssl_min_protocol_version", "TLSv1.3");
}

int db_keywords_make(struct db_keywords *kw, const struct db_settings *settings, unsigned int which,
		     const struct db_session *session, char *why, size_t size)
{
	int rc;

	*kw = (struct db_keywords){ 0 };
	rc = db_settings_check(settings, why, size);
	if (rc < 0)
		return rc;
	rc = address_get(&kw->address, settings, which % db_settings_addresses(settings));
	if (rc < 0)
		return rc;
	if (settings->password_file) {
		rc = secret_file_line(kw->password, sizeof(kw->password), settings->password_file,
				      SECRET_OWNER, why, size);
		if (rc < 0)
			return rc;
		add(kw, "password", kw->password);
	}
	add_tls(kw, settings);
	add(kw, "port", kw->address.port);
	add(kw, "dbname", settings->name);
	add(kw, "user", settings->user);
	add(kw, "application_name", session->application_name);
	add(kw, "client_encoding", "UTF8");
	/* A standby would answer about owners of a moment ago. */
	add(kw, "target_session_attrs", session->read_only ? "primary" : "read-write");
	add(kw, "gssencmode", "disable");
	/* The kernel finds out within seconds that the other host is gone. */
	add(kw, "keepalives_idle", "5");
	add(kw, "keepalives_interval", "2");
	add(kw, "keepalives_count", "3");
	add(kw, "tcp_user_timeout", "8000");
	/* Plans for arrays of unknown length go by index whatever the statistics of a young table
	 * say, and are made once a session; compiling them costs more than running them. */
	snprintf(kw->options, sizeof(kw->options),
		 "-c synchronous_commit=%s -c statement_timeout=%u -c lock_timeout=%u"
		 " -c idle_in_transaction_session_timeout=10000 -c plan_cache_mode="
		 "force_generic_plan -c jit=off -c TimeZone=UTC%s",
		 session->commits_locally ? "local" : "on", session->statement_timeout_ms,
		 session->lock_timeout_ms,
		 session->read_only ? " -c default_transaction_read_only=on" : "");
	add(kw, "options", kw->options);
	return 0;
}

void db_keywords_wipe(struct db_keywords *kw)
{
	explicit_bzero(kw->password, sizeof(kw->password));
}
