/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settings that are one number each: a table from which come command, help, check and
 * `write terminal`. */
#include "gateway/gateway_vty.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>

#include "gateway/gateway.h"
#include "gateway/http_server.h"

struct number_setting {
	struct cmd_element cmd;
	const char *name; /* "limit connections" */
	const char *range;
	const char *help; /* of the last word and of the number */
	size_t offset; /* in struct gateway_config */
};

#define LIMIT(member) offsetof(struct gateway_config, limits.member)
#define TIMEOUT(member) offsetof(struct gateway_config, timeouts.member)

static struct number_setting settings[] = {
	{ {},
	  "limit connections",
	  "<1-100000>",
	  "Open connections of all addresses; set at start (default 4096)\nConnections\n",
	  LIMIT(connections) },
	{ {},
	  "limit connections-per-address",
	  "<1-100000>",
	  "Open https connections from one address; set at start (default 256)\nConnections\n",
	  LIMIT(connections_per_address) },
	{ {},
	  "limit connection-memory",
	  "<4096-262144>",
	  "Memory of a connection for header fields, twice header-size at least; set at start "
	  "(default 6144)\nOctets\n",
	  LIMIT(connection_memory) },
	{ {},
	  "limit header-size",
	  "<1024-65536>",
	  "All header fields of a request together; past it 431 (default 3072)\nOctets\n",
	  LIMIT(header_size) },
	{ {},
	  "limit in-flight",
	  "<1-100000>",
	  "Requests that wait for a manager; past it 503 at once (default 8192)\nRequests\n",
	  LIMIT(in_flight) },
	{ {},
	  "limit shops",
	  "<1-1000000>",
	  "Shops whose rate is kept; set at start (default 16384)\nShops\n",
	  LIMIT(shops) },
	{ {},
	  "limit addresses",
	  "<1-1000000>",
	  "Addresses whose refused keys are counted; set at start (default 16384)\nAddresses\n",
	  LIMIT(addresses) },
	{ {},
	  "limit new-key-rate",
	  "<1-1000000>",
	  "What a key may ask until the manager told its shop's rate (default 100)\n"
	  "Items a second\n",
	  LIMIT(new_key_rate_per_s) },
	{ {},
	  "limit new-key-burst",
	  "<1-1000000>",
	  "What such a key may ask at once (default 1000)\nItems\n",
	  LIMIT(new_key_burst) },
	{ {},
	  "limit refused-key-rate",
	  "<1-100000>",
	  "Keys that an address may try in vain; past it 429 (default 30)\nKeys a minute\n",
	  LIMIT(failure_rate_per_min) },
	{ {},
	  "limit refused-key-burst",
	  "<1-100000>",
	  "Keys that an address may try in vain at once (default 20)\nKeys\n",
	  LIMIT(failure_burst) },
	{ {},
	  "link ping-interval",
	  "<1-60>",
	  "A manager that owes three answers to pings is given up; set at start (default 1)\n"
	  "Seconds\n",
	  offsetof(struct gateway_config, link_ping_interval_s) },
	{ {},
	  "timeout header",
	  "<1-60>",
	  "TLS handshake and header fields; past it the connection ends (default 10)\nSeconds\n",
	  TIMEOUT(header_s) },
	{ {},
	  "timeout body",
	  "<1-60>",
	  "The whole body of a request; past it 408 (default 10)\nSeconds\n",
	  TIMEOUT(body_s) },
	{ {},
	  "timeout answer",
	  "<100-4500>",
	  "The answer of a manager; past it 503 (default 3000)\nMilliseconds\n",
	  TIMEOUT(answer_ms) },
	{ {},
	  "timeout write",
	  "<1-300>",
	  "The client's reading of an answer; past it the connection ends (default 20)\n"
	  "Seconds\n",
	  TIMEOUT(write_s) },
	{ {},
	  "timeout idle",
	  "<1-3600>",
	  "Between two requests; past it the connection ends (default 75)\nSeconds\n",
	  TIMEOUT(idle_s) },
};

static struct gateway *the_gateway;

static uint32_t *setting_number(const struct number_setting *s)
{
	return (uint32_t *)((char *)the_gateway->config + s->offset);
}

/* The shell has checked the range. */
static int setting_set(struct cmd_element *self, struct vty *vty, int argc, const char *argv[])
{
	const struct number_setting *s = container_of(self, struct number_setting, cmd);

	*setting_number(s) = strtoul(argv[0], NULL, 10);
	/* A file's are taken when all of it was read. */
	if (vty->type != VTY_FILE)
		http_server_set_times(the_gateway->http);
	return CMD_SUCCESS;
}

/* Help of the first word. */
static const char *first_help(const char *name)
{
	if (strncmp(name, "limit", 5) == 0)
		return "What one gateway process takes\n";
	if (strncmp(name, "timeout", 7) == 0)
		return "How long the gateway waits\n";
	return "The link to managers, who connect here\n";
}

void gateway_number_vty_init(struct gateway *gw, int node)
{
	size_t i;

	the_gateway = gw;
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		struct number_setting *s = &settings[i];
		s->cmd.string = talloc_asprintf(gw, "%s %s", s->name, s->range);
		s->cmd.doc = talloc_asprintf(gw, "%s%s", first_help(s->name), s->help);
		s->cmd.func = setting_set;
		install_element(node, &s->cmd);
	}
}

void gateway_number_vty_write(struct vty *vty)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		vty_out(vty, " %s %u%s", settings[i].name, *setting_number(&settings[i]),
			VTY_NEWLINE);
}
