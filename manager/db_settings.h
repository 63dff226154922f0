/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Where the database is and how to get in: from the configuration to libpq's
 * keywords.  Names are never looked up, since that would block the loop: an
 * address is numeric or a directory of Unix sockets.
 *
 * Over TCP to another host TLS with verify-full is used, against the CA file
 * and the name on the server's certificate, unless plaintext is allowed.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DB_KEYWORDS_MAX 32
#define DB_PASSWORD_SIZE 1024

struct db_settings {
	char *address; /* "unix:/run/postgresql", "127.0.0.1:5432", "[::1]:5432" */
	char *name; /* of the database */
	char *user;
	char *password_file; /* NULL: none; its first line; readable by its owner only */
	char *tls_ca_file;
	char *tls_name; /* on the server's certificate */
	char *tls_certificate_file; /* our own, NULL: none */
	char *tls_key_file;
	bool allow_plaintext;
};

/* What one session asks for. */
struct db_session {
	const char *application_name;
	bool read_only;
	unsigned int statement_timeout_ms;
	unsigned int lock_timeout_ms;
};

struct db_address {
	char host[108]; /* numeric address, or a directory */
	char port[6];
	bool is_unix;
	bool is_loopback;
};

struct db_keywords {
	size_t n;
	const char *keys[DB_KEYWORDS_MAX + 1]; /* ends with NULL */
	const char *values[DB_KEYWORDS_MAX + 1];
	struct db_address address;
	char options[512];
	char password[DB_PASSWORD_SIZE];
};

/* "unix:/dir", "unix:/dir/.s.PGSQL.5433", "192.0.2.1", "192.0.2.1:5432", "[2001:db8::1]:5432".
 * -EINVAL for anything else, a name above all. */
int db_address_parse(struct db_address *address, const char *text)
	__attribute__((warn_unused_result));

bool db_settings_equal(const struct db_settings *a, const struct db_settings *b);
/* Texts are children of ctx; those that to had are freed. */
void db_settings_copy(void *ctx, struct db_settings *to, const struct db_settings *from);

/* Can this be connected with?  -EINVAL, and why (size bytes) says what is wrong. */
int db_settings_check(const struct db_settings *settings, char *why, size_t size)
	__attribute__((warn_unused_result));

/* Can the files that it names be read?  Negative errno, and why. */
int db_settings_files_check(const struct db_settings *settings, char *why, size_t size)
	__attribute__((warn_unused_result));

/* Pointers go to settings, to session and into kw.  Negative errno as of db_settings_check(), or
 * where the password file cannot be used; why says so.  db_keywords_wipe() when libpq has taken
 * its copy. */
int db_keywords_make(struct db_keywords *kw, const struct db_settings *settings,
		     const struct db_session *session, char *why, size_t size)
	__attribute__((warn_unused_result));
void db_keywords_wipe(struct db_keywords *kw);
