/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Where the database is and how to get in: from the configuration to libpq's
 * keywords.  Names are never looked up, since that would block the loop: an
 * address is numeric or a directory of Unix sockets.
 *
 * There may be several servers, of which one takes writes and the others are its
 * standbys: each attempt to connect goes to one of them, and one that is not
 * the primary is as good as one that is not there (db_conn.c).  libpq would try
 * a list by itself, but with PQconnectPoll() it waits for each without an end.
 *
 * Over TCP to another host TLS with verify-full is used, against the CA file
 * and the name on the server's certificate, unless plaintext is allowed.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DB_KEYWORDS_MAX 32
#define DB_ADDRESSES_MAX 4
#define DB_PASSWORD_SIZE 1024

struct db_settings {
	char *address; /* "unix:/run/postgresql", "127.0.0.1:5432 [::1]:5432": one to four */
	char *name; /* of the database */
	char *user;
	char *password_file; /* NULL: none; its first line; readable by its owner only */
	char *tls_ca_file;
	char *tls_name; /* on the server's certificate */
	char *tls_certificate_file; /* our own, NULL: none */
	char *tls_key_file;
	bool allow_plaintext;
	/* Value moves only while a standby of the primary takes part in each commit. */
	bool require_synchronous_standby;
};

/* What one session asks for. */
struct db_session {
	const char *application_name;
	bool read_only;
	/* Commits are flushed by the primary only: for what need not outlive it, and must go on
	 * where a standby is missing. */
	bool commits_locally;
	unsigned int statement_timeout_ms;
	unsigned int lock_timeout_ms;
	/* One boolean that must be true before the session is up, where the settings require a
	 * synchronous standby; guard_why is what is said where it is not.  NULL: none. */
	const char *guard_sql, *guard_why;
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

/* How many servers are named; 1 to DB_ADDRESSES_MAX once checked. */
unsigned int db_settings_addresses(const struct db_settings *settings);

bool db_settings_equal(const struct db_settings *a, const struct db_settings *b);
/* Texts are children of ctx; those that to had are freed. */
void db_settings_copy(void *ctx, struct db_settings *to, const struct db_settings *from);

/* Can this be connected with?  -EINVAL, and why (size bytes) says what is wrong. */
int db_settings_check(const struct db_settings *settings, char *why, size_t size)
	__attribute__((warn_unused_result));

/* Can the files that it names be read?  Negative errno, and why. */
int db_settings_files_check(const struct db_settings *settings, char *why, size_t size)
	__attribute__((warn_unused_result));

/* For a session with server number which (modulo their number).  Pointers go to settings, to
 * session and into kw.  Negative errno as of db_settings_check(), or
 * where the password file cannot be used; why says so.  db_keywords_wipe() when libpq has taken
 * its copy. */
int db_keywords_make(struct db_keywords *kw, const struct db_settings *settings, unsigned int which,
		     const struct db_session *session, char *why, size_t size)
	__attribute__((warn_unused_result));
void db_keywords_wipe(struct db_keywords *kw);
