/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* VTY of the database: its node, "show lanes", "show products". */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/amount.h"
#include "manager/ledger_priv.h"
#include "manager/vty_nodes.h"

#define LANES_STR "Connections to the database; each carries one batch at a time\n"
#define BATCH_STR "Requests that share a statement and a commit\n"
#define QUEUE_STR "Requests that wait for the next batch\n"
#define TLS_STR "TLS towards a database on another host (1.3, verified in full)\n"
#define AT_START "(taken when the program starts)"
#define PASSWORD_FILE_STR \
	"File with the password in its first line; owner-readable only (default: none)\n"

/* VTY commands have no data of their own. */
static struct ledger *vty_ledger;

static struct cmd_node database_node = { DATABASE_NODE, "%s(config-database)# ", 1 };

DEFUN(cfg_database, cfg_database_cmd, "database", "PostgreSQL, where the record is\n")
{
	vty->node = DATABASE_NODE;
	return CMD_SUCCESS;
}

/* What is typed is in force at once; what a file says, when it was read to its end. */
static int changed(const struct vty *vty)
{
	if (vty->type != VTY_FILE)
		ledger_settings_apply(vty_ledger);
	return CMD_SUCCESS;
}

static int set_string(const struct vty *vty, char **field, const char *value)
{
	osmo_talloc_replace_string(vty_ledger, field, value);
	return changed(vty);
}

#define ADDRESS_STR                                                                    \
	"'unix:/directory', '127.0.0.1:5432' or '[::1]:5432'; names are not looked up" \
	" (default unix:/run/postgresql)\n"
#define STANDBY_ADDRESS_STR "Another server, which may be the primary after a failover\n"

DEFUN(cfg_address, cfg_address_cmd, "address ADDRESS [ADDRESS2] [ADDRESS3] [ADDRESS4]",
      "Where the servers listen; the one that takes writes is used\n" ADDRESS_STR
	      STANDBY_ADDRESS_STR STANDBY_ADDRESS_STR STANDBY_ADDRESS_STR)
{
	struct db_address address;
	char *list;
	int rc;

	for (int i = 0; i < argc; i++) {
		if (db_address_parse(&address, argv[i]) == 0)
			continue;
		vty_out(vty, "%% '%s' is not 'unix:/directory' or a numeric address%s", argv[i],
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	list = talloc_strdup(vty_ledger, argv[0]);
	for (int i = 1; i < argc; i++)
		list = talloc_asprintf_append(list, " %s", argv[i]);
	rc = set_string(vty, &vty_ledger->config.db.address, list);
	talloc_free(list);
	return rc;
}

DEFUN(cfg_name, cfg_name_cmd, "name NAME", "Which database\nIts name (default tegata)\n")
{
	return set_string(vty, &vty_ledger->config.db.name, argv[0]);
}

DEFUN(cfg_user, cfg_user_cmd, "user NAME",
      "Role to connect as\nIts name; needs no more than tegata_ledger's rights"
      " (default tegata_ledger)\n")
{
	return set_string(vty, &vty_ledger->config.db.user, argv[0]);
}

DEFUN(cfg_password_file, cfg_password_file_cmd, "password-file FILE",
      PASSWORD_FILE_STR "Path; read at each connection\n")
{
	return set_string(vty, &vty_ledger->config.db.password_file, argv[0]);
}

DEFUN(cfg_no_password_file, cfg_no_password_file_cmd, "no password-file", NO_STR PASSWORD_FILE_STR)
{
	return set_string(vty, &vty_ledger->config.db.password_file, NULL);
}

static char **tls_field(const char *word)
{
	struct db_settings *db = &vty_ledger->config.db;

	switch (word[0]) {
	case 'c':
		return word[1] == 'a' ? &db->tls_ca_file : &db->tls_certificate_file;
	case 'n':
		return &db->tls_name;
	default:
		return &db->tls_key_file;
	}
}

#define TLS_FIELD_STR                                                               \
	"File with the authorities that may have signed the server's certificate\n" \
	"Name that the server's certificate must carry\n"                           \
	"File with our own certificate, where the server asks for one\n"            \
	"File with its key\n"

DEFUN(cfg_tls, cfg_tls_cmd, "tls (ca|name|certificate|key) VALUE",
      TLS_STR TLS_FIELD_STR "Path (PEM), or the name (default: none)\n")
{
	return set_string(vty, tls_field(argv[0]), argv[1]);
}

DEFUN(cfg_no_tls, cfg_no_tls_cmd, "no tls (ca|name|certificate|key)", NO_STR TLS_STR TLS_FIELD_STR)
{
	return set_string(vty, tls_field(argv[0]), NULL);
}

#define PLAINTEXT_STR                                                                              \
	"Connect to another host without verified TLS: only inside a protected network (default: " \
	"no)\n"

DEFUN(cfg_plaintext, cfg_plaintext_cmd, "allow-plaintext", PLAINTEXT_STR)
{
	vty_ledger->config.db.allow_plaintext = true;
	return changed(vty);
}

DEFUN(cfg_no_plaintext, cfg_no_plaintext_cmd, "no allow-plaintext", NO_STR PLAINTEXT_STR)
{
	vty_ledger->config.db.allow_plaintext = false;
	return changed(vty);
}

#define REQUIRE_STR                                                                             \
	"What must be there, or else value is not moved and the manager not ready\n"            \
	"A standby of the primary that each commit waits for: synchronous_standby_names and a " \
	"standby that follows (default: no)\n"

static int set_require(const struct vty *vty, bool required)
{
	vty_ledger->config.db.require_synchronous_standby = required;
	return changed(vty);
}

DEFUN(cfg_require, cfg_require_cmd, "require synchronous-standby", REQUIRE_STR)
{
	return set_require(vty, true);
}

DEFUN(cfg_no_require, cfg_no_require_cmd, "no require synchronous-standby", NO_STR REQUIRE_STR)
{
	return set_require(vty, false);
}

DEFUN(cfg_lanes_write, cfg_lanes_write_cmd, "lanes write <1-16>",
      LANES_STR "Lanes that move value; the one that is free first takes what waits\n"
		"Number (default 2) " AT_START "\n")
{
	vty_ledger->config.n_write = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_lanes_read, cfg_lanes_read_cmd, "lanes read <1-16>",
      LANES_STR "Lanes for checks and menus, read-only\n"
		"Number (default 2) " AT_START "\n")
{
	vty_ledger->config.n_read = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_batch_max, cfg_batch_max_cmd, "batch max <1-1024>",
      BATCH_STR "At most\nRequests (default 256)\n")
{
	vty_ledger->config.limits.batch_max = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_queue_max, cfg_queue_max_cmd, "queue max <16-65536>",
      QUEUE_STR "At most, for each lane; beyond it terminals are told to try later\n"
		"Requests (default 8192)\n")
{
	vty_ledger->config.limits.queue_max = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_linger, cfg_linger_cmd, "linger-us <0-10000>",
      "How long an idle lane waits for company, which saves the database work at middling load\n"
      "Microseconds (default 0: not at all)\n")
{
	vty_ledger->config.limits.linger_us = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_latency_goal, cfg_latency_goal_cmd, "latency-goal <0-5000>",
      "A batch is to be back in this time: when the database is slow, batches are made as small as "
      "that needs, but not below 8 requests\n"
      "Milliseconds (default 50); 0: always as large as allowed\n")
{
	vty_ledger->config.limits.latency_goal_ms = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_deadline, cfg_deadline_cmd, "deadline-ms <500-60000>",
      "When a request ends that the database has not answered\n"
      "Milliseconds (default 5000); the database gives up after four fifths of it " AT_START "\n")
{
	vty_ledger->config.deadline_ms = atoi(argv[0]);
	return CMD_SUCCESS;
}

static void write_string(struct vty *vty, const char *command, const char *value)
{
	if (value)
		vty_out(vty, " %s %s%s", command, value, VTY_NEWLINE);
}

static int config_write_database(struct vty *vty)
{
	const struct ledger_config *c = &vty_ledger->config;

	vty_out(vty, "database%s", VTY_NEWLINE);
	write_string(vty, "address", c->db.address);
	write_string(vty, "name", c->db.name);
	write_string(vty, "user", c->db.user);
	write_string(vty, "password-file", c->db.password_file);
	write_string(vty, "tls ca", c->db.tls_ca_file);
	write_string(vty, "tls name", c->db.tls_name);
	write_string(vty, "tls certificate", c->db.tls_certificate_file);
	write_string(vty, "tls key", c->db.tls_key_file);
	if (c->db.allow_plaintext)
		vty_out(vty, " allow-plaintext%s", VTY_NEWLINE);
	if (c->db.require_synchronous_standby)
		vty_out(vty, " require synchronous-standby%s", VTY_NEWLINE);
	vty_out(vty, " lanes write %u%s", c->n_write, VTY_NEWLINE);
	vty_out(vty, " lanes read %u%s", c->n_read, VTY_NEWLINE);
	vty_out(vty, " batch max %zu%s", c->limits.batch_max, VTY_NEWLINE);
	vty_out(vty, " queue max %zu%s", c->limits.queue_max, VTY_NEWLINE);
	vty_out(vty, " linger-us %u%s", c->limits.linger_us, VTY_NEWLINE);
	vty_out(vty, " latency-goal %u%s", c->limits.latency_goal_ms, VTY_NEWLINE);
	vty_out(vty, " deadline-ms %u%s", c->deadline_ms, VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* --- show ------------------------------------------------------------------- */

static double per(uint64_t sum, uint64_t n)
{
	return n ? (double)sum / n : 0;
}

static void show_lane(struct vty *vty, const struct db_lane *lane)
{
	const struct db_lane_stats *s = db_lane_stats(lane);
	const struct db_queue *queue = db_lane_queue(lane);
	const char *error = db_conn_last_error(db_lane_conn(lane));
	const char *server = db_conn_server_name(db_lane_conn(lane));

	vty_out(vty, "%-10s %-18s queue %s waiting %zu, in flight %zu%s%s%s", db_lane_name(lane),
		db_conn_state_name(db_lane_conn(lane)), db_queue_name(queue),
		db_queue_waiting(queue), db_lane_in_flight(lane), *server ? ", at " : "", server,
		VTY_NEWLINE);
	vty_out(vty,
		"  batches %llu, requests %llu (%.1f a batch, largest %zu), %.0f us a batch, last "
		"%llu us%s",
		(unsigned long long)s->batches, (unsigned long long)s->requests,
		per(s->requests, s->batches), s->largest, per(s->busy_us, s->batches),
		(unsigned long long)s->last_us, VTY_NEWLINE);
	vty_out(vty, "  again %llu, races %llu, failures %llu, connections lost %llu%s",
		(unsigned long long)s->again, (unsigned long long)s->races,
		(unsigned long long)s->failures, (unsigned long long)s->lost, VTY_NEWLINE);
	if (*error)
		vty_out(vty, "  last error: %s%s", error, VTY_NEWLINE);
}

DEFUN(show_lanes, show_lanes_cmd, "show lanes",
      SHOW_STR "Connections to the database: state, queue, batches, last error\n")
{
	const struct ledger *l = vty_ledger;
	unsigned int i;

	vty_out(vty, "%s at %s as %s, instance %s%s", l->config.db.name, l->config.db.address,
		l->config.db.user, l->instance, VTY_NEWLINE);
	vty_out(vty, "%s, schema at patch %d (needed %d), maintenance %s, %zu requests open%s",
		ledger_ready(l) ? "ready" : "not ready", l->state.schema_level, LEDGER_SCHEMA_LEVEL,
		l->state.maintenance ? "on" : "off", ledger_in_flight(l), VTY_NEWLINE);
	vty_out(vty, "synchronous standby %s%s%s", l->state.standby ? "follows" : "none",
		l->config.db.require_synchronous_standby ? ", required" : ", not required",
		VTY_NEWLINE);
	for (i = 0; i < l->n_lanes; i++)
		show_lane(vty, l->lanes[i]);
	return CMD_SUCCESS;
}

static void show_product(struct vty *vty, const struct product *p)
{
	char text[AMOUNT_STR_SIZE];
	size_t i;

	vty_out(vty, "%s: %s%s  amounts", p->code, p->name, VTY_NEWLINE);
	for (i = 0; i < p->n_amounts; i++)
		vty_out(vty, " %s", amount_format(text, p->amounts_minor[i], p->currency));
	if (p->max_minor > 0) {
		vty_out(vty, "%s %s", p->n_amounts ? " or" : "",
			amount_format(text, p->min_minor, p->currency));
		vty_out(vty, " to %s", amount_format(text, p->max_minor, p->currency));
		vty_out(vty, " in steps of %s", amount_format(text, p->step_minor, p->currency));
	}
	vty_out(vty, " %s, fee %s", p->currency,
		amount_format(text, p->fee_fixed_minor, p->currency));
	vty_out(vty, " and %u per mille%s", p->fee_permille, VTY_NEWLINE);
}

DEFUN(show_products, show_products_cmd, "show products",
      SHOW_STR "What is on sale, as last read from the database (every minute)\n")
{
	size_t n, i;
	const struct product *products = ledger_products(vty_ledger, &n);

	for (i = 0; i < n; i++)
		show_product(vty, &products[i]);
	if (n == 0)
		vty_out(vty, "No product is on sale, or none was read yet%s", VTY_NEWLINE);
	return CMD_SUCCESS;
}

void ledger_vty_init(struct ledger *l)
{
	vty_ledger = l;
	install_element(CONFIG_NODE, &cfg_database_cmd);
	install_node(&database_node, config_write_database);
	install_element(DATABASE_NODE, &cfg_address_cmd);
	install_element(DATABASE_NODE, &cfg_name_cmd);
	install_element(DATABASE_NODE, &cfg_user_cmd);
	install_element(DATABASE_NODE, &cfg_password_file_cmd);
	install_element(DATABASE_NODE, &cfg_no_password_file_cmd);
	install_element(DATABASE_NODE, &cfg_tls_cmd);
	install_element(DATABASE_NODE, &cfg_no_tls_cmd);
	install_element(DATABASE_NODE, &cfg_plaintext_cmd);
	install_element(DATABASE_NODE, &cfg_no_plaintext_cmd);
	install_element(DATABASE_NODE, &cfg_require_cmd);
	install_element(DATABASE_NODE, &cfg_no_require_cmd);
	install_element(DATABASE_NODE, &cfg_lanes_write_cmd);
	install_element(DATABASE_NODE, &cfg_lanes_read_cmd);
	install_element(DATABASE_NODE, &cfg_batch_max_cmd);
	install_element(DATABASE_NODE, &cfg_queue_max_cmd);
	install_element(DATABASE_NODE, &cfg_linger_cmd);
	install_element(DATABASE_NODE, &cfg_latency_goal_cmd);
	install_element(DATABASE_NODE, &cfg_deadline_cmd);
	install_element_ve(&show_lanes_cmd);
	install_element_ve(&show_products_cmd);
}
