/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is let in, and by which files. */
#include "stream_tls_pair.h"

/* --- who is let in --------------------------------------------------------------- */

static void both_certificates_are_checked(void **state)
{
	struct pair *p = pair_up();

	assert_string_equal(stream_peer_cn(p->client.s), "gateway-1");
	assert_string_equal(stream_peer_cn(p->server.s), "manager-1");
	assert_non_null(strstr(stream_peer_name(p->server.s), " CN=manager-1"));
	assert_string_equal(stream_peer_ip(p->server.s), "127.0.0.1");
	stream_close(p->client.s);
	loop_until(p->server.n_down);
	assert_int_equal(p->server.error, 0); /* an orderly end */
	talloc_free(p);
}

/* The client learns of a refusal after its own side of the handshake, so it may be up shortly. */
static void assert_client_refused(const char *client, const char *server_wants)
{
	struct pair *p = pair_new(client, "ca", "gateway-1", "gateway-1", server_wants);

	loop_until(p->client.n_down);
	assert_true(p->client.error < 0);
	assert_int_equal(p->n_accepted, 0);
	talloc_free(p);
}

static void clients_refused(void **state)
{
	assert_client_refused("stranger", "stranger"); /* another CA */
	assert_client_refused("expired", "expired");
	assert_client_refused("gateway-2", "manager-1"); /* another name */
}

static void servers_refused(void **state)
{
	struct pair *p = pair_new("manager-1", "ca", "gateway-2", "gateway-1", "manager-1");

	loop_until(p->client.n_down);
	assert_int_equal(p->client.error, -EACCES);
	assert_int_equal(p->client.n_up, 0);
	talloc_free(p);

	p = pair_new("manager-1", "other-ca", "gateway-1", "gateway-1", "manager-1");
	loop_until(p->client.n_down);
	assert_int_equal(p->client.error, -EACCES);
	assert_int_equal(p->client.n_up, 0);
	assert_int_equal(p->n_accepted, 0);
	talloc_free(p);
}

static int raw_connect(struct pair *p)
{
	const char *port = strchr(stream_listener_address(p->l), ':') + 1;
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(0x7f000001),
				   .sin_port = htons(atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (void *)&sin, sizeof(sin)), 0);
	return fd;
}

static bool closed_by_peer(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		;
	return n == 0 || errno == ECONNRESET;
}

static void plain_text_and_silence(void **state)
{
	struct stream_limits soon = limits;
	struct pair *p = talloc_zero(NULL, struct pair);
	int http, silent, error = 0;

	soon.connect_timeout_ms = 100;
	p->server_tls = tls_new(p, "gateway-1", "ca", "manager-1", true);
	p->l = stream_listen(p, "127.0.0.1:0", 0, p->server_tls, &soon, pair_accept, p, &error);
	http = raw_connect(p);
	silent = raw_connect(p);
	assert_int_equal(send(http, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
	loop_until(closed_by_peer(http));
	loop_until(closed_by_peer(silent));
	assert_int_equal(p->n_accepted, 0);
	close(http);
	/* one that is gone within the handshake */
	close(silent);
	silent = raw_connect(p);
	assert_int_equal(send(silent, "\x16\x03\x01", 3, 0), 3);
	close(silent);
	loop_turns(20);
	/* a handshake under way does not outlive its listener */
	silent = raw_connect(p);
	loop_turns(10);
	stream_listener_close(p->l);
	assert_true(closed_by_peer(silent));
	close(silent);
	talloc_free(p);
}

static void tls_1_2_and_no_certificate(void **state)
{
	struct pair *p = talloc_zero(NULL, struct pair);
	int i, fd, rc;
	SSL_CTX *ctx;
	SSL *ssl;

	p->server_tls = tls_new(p, "gateway-1", "ca", "manager-1", true);
	pair_listen(p);
	for (i = 0; i < 2; i++) {
		ctx = SSL_CTX_new(TLS_client_method());
		if (i == 0)
			SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
		ssl = SSL_new(ctx);
		SSL_set_connect_state(ssl);
		fd = raw_connect(p);
		loop_turns(5);
		assert_int_equal(SSL_set_fd(ssl, fd), 1);
		/* one call sends, the loop answers, until it fails or the server closes */
		assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
		do {
			rc = SSL_do_handshake(ssl);
			if (rc == 1) {
				char c;

				rc = SSL_read(ssl, &c, 1);
			}
			loop_turn();
		} while (rc <= 0 && SSL_get_error(ssl, rc) == SSL_ERROR_WANT_READ);
		/* an alert of the server's, not a fault of the test's */
		assert_int_equal(SSL_get_error(ssl, rc), SSL_ERROR_SSL);
		assert_int_equal(ERR_GET_REASON(ERR_get_error()),
				 i == 0 ? SSL_R_TLSV1_ALERT_PROTOCOL_VERSION
					: SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
		assert_int_equal(p->n_accepted, 0);
		SSL_free(ssl);
		SSL_CTX_free(ctx);
		close(fd);
	}
	talloc_free(p);
}

/* --- files -------------------------------------------------------------------------- */

static bool loads(const char *certificate, const char *key, const char *ca)
{
	struct stream_tls_config config = { certificate, key, ca, "manager-1" };
	char why[256] = "";
	struct stream_tls *tls = stream_tls_new(NULL, &config, true, why, sizeof(why));

	assert_int_equal(tls == NULL, why[0] != '\0'); /* a refusal says why */
	talloc_free(tls);
	return tls;
}

static void files_refused(void **state)
{
	void *ctx = talloc_new(NULL);
	char *cert = in_dir(ctx, "gateway-1", ".pem"), *key = in_dir(ctx, "gateway-1", ".key");
	char *ca = in_dir(ctx, "ca", ".pem"), *other = in_dir(ctx, "gateway-2", ".key");

	assert_true(loads(cert, key, ca));
	assert_false(loads("/nonexistent", key, ca));
	assert_false(loads(cert, "/nonexistent", ca));
	assert_false(loads(cert, key, "/nonexistent"));
	assert_false(loads(key, key, ca)); /* no certificate in it */
	assert_false(loads(cert, cert, ca));
	assert_false(loads(cert, other, ca)); /* another certificate's key */
	assert_false(loads(cert, "/dev/null", ca));
	assert_int_equal(chmod(key, 0644), 0);
	assert_false(loads(cert, key, ca));
	assert_int_equal(chmod(key, 0602), 0);
	assert_false(loads(cert, key, ca));
	assert_int_equal(chmod(key, 0640), 0);
	/* root's key that the daemon's own group reads is how a package installs it */
	assert_int_equal(loads(cert, key, ca), getuid() == 0);
	if (getuid() == 0) {
		assert_int_equal(chown(key, 65534, getgid()), 0);
		assert_false(loads(cert, key, ca));
		assert_int_equal(chown(key, 0, 65534), 0);
		assert_false(loads(cert, key, ca));
		assert_int_equal(chown(key, 0, getgid()), 0);
	}
	assert_int_equal(chmod(key, 0600), 0);
	assert_true(loads(cert, key, ca));
	talloc_free(ctx);
}

static int copy_file(const char *from, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command), "cp -p %s/%s %s/%s", test_dir, from, test_dir, to);
	return system(command);
}

static void reload_takes_new_files_or_keeps_the_old(void **state)
{
	struct pair *p = talloc_zero(NULL, struct pair);
	char why[256] = "";

	assert_int_equal(copy_file("gateway-1.pem", "own.pem"), 0);
	assert_int_equal(copy_file("gateway-1.key", "own.key"), 0);
	p->server_tls = tls_new(p, "own", "ca", "manager-1", true);
	p->client_tls = tls_new(p, "manager-1", "ca", "gateway-1", false);
	pair_listen(p);
	/* half of a change is no change */
	assert_int_equal(copy_file("gateway-2.pem", "own.pem"), 0);
	assert_int_equal(stream_tls_reload(p->server_tls, why, sizeof(why)), -EINVAL);
	assert_true(why[0]);
	pair_dial(p);
	loop_until(p->client.n_up);
	assert_string_equal(stream_peer_cn(p->client.s), "gateway-1");
	assert_int_equal(copy_file("gateway-2.key", "own.key"), 0);
	assert_int_equal(stream_tls_reload(p->server_tls, why, sizeof(why)), 0);
	loop_turns(5);
	assert_true(stream_is_up(p->client.s)); /* those that are up keep theirs */
	stream_close(p->client.s);
	p->client_tls = tls_new(p, "manager-1", "ca", "gateway-2", false);
	pair_dial(p);
	loop_until(p->client.n_up);
	assert_string_equal(stream_peer_cn(p->client.s), "gateway-2");
	talloc_free(p);
}

/* Without a name it would be anybody whom the CA signed, the peer's own kind too. */
static void a_peer_without_a_name_is_refused(void **state)
{
	void *ctx = talloc_new(NULL);
	struct stream_tls *tls = tls_new(ctx, "gateway-1", "ca", "manager-1", true);
	struct stream_tls_config config = { .certificate_file = in_dir(ctx, "gateway-1", ".pem"),
					    .key_file = in_dir(ctx, "gateway-1", ".key"),
					    .ca_file = in_dir(ctx, "ca", ".pem") };
	static const char *const none[] = { NULL, "" };
	char why[256];

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		config.peer_cn = none[i];
		why[0] = '\0';
		assert_null(stream_tls_new(ctx, &config, true, why, sizeof(why)));
		assert_true(why[0]);
		assert_int_equal(stream_tls_change(tls, &config, why, sizeof(why)), -EINVAL);
	}
	talloc_free(ctx);
}

/* To servers of others a client may go without a certificate; not the other way round. */
static void what_a_side_must_give(void **state)
{
	void *ctx = talloc_new(NULL);
	struct stream_tls_config config = { .ca_file = in_dir(ctx, "ca", ".pem"),
					    .peer_name = "smsc.example.net" };
	char why[256] = "";

	assert_non_null(stream_tls_new(ctx, &config, false, why, sizeof(why)));
	assert_null(stream_tls_new(ctx, &config, true, why, sizeof(why)));
	config.peer_cn = "manager-1";
	assert_null(stream_tls_new(ctx, &config, true, why, sizeof(why)));
	config.key_file = in_dir(ctx, "gateway-1", ".key");
	assert_null(stream_tls_new(ctx, &config, false, why, sizeof(why)));
	config.certificate_file = in_dir(ctx, "gateway-1", ".pem");
	assert_non_null(stream_tls_new(ctx, &config, false, why, sizeof(why)));
	config.ca_file = "";
	assert_null(stream_tls_new(ctx, &config, false, why, sizeof(why)));
	talloc_free(ctx);
}

static void another_peer_from_now_on(void **state)
{
	struct pair *p = pair_up();
	struct stream_tls_config config = { .certificate_file = in_dir(p, "gateway-1", ".pem"),
					    .key_file = in_dir(p, "gateway-1", ".key"),
					    .ca_file = in_dir(p, "ca", ".pem"),
					    .peer_cn = "manager-2" };
	char why[256] = "";

	assert_int_equal(stream_tls_change(p->server_tls, &config, why, sizeof(why)), 0);
	loop_turns(5);
	assert_true(stream_is_up(p->client.s));
	stream_close(p->client.s);
	loop_until(p->server.n_down);
	pair_dial(p);
	loop_until(p->client.n_down);
	assert_int_equal(p->n_accepted, 1);
	talloc_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_refused),
		cmocka_unit_test(clients_refused),
		cmocka_unit_test(servers_refused),
		cmocka_unit_test(plain_text_and_silence),
		cmocka_unit_test(tls_1_2_and_no_certificate),
		cmocka_unit_test(both_certificates_are_checked),
		cmocka_unit_test(reload_takes_new_files_or_keeps_the_old),
		cmocka_unit_test(a_peer_without_a_name_is_refused),
		cmocka_unit_test(another_peer_from_now_on),
		cmocka_unit_test(what_a_side_must_give),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
