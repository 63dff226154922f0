/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration of the links to mobile exchanges: what its nodes have in common. */
#include "manager/exchange_vty.h"

#include <arpa/inet.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/sms_number.h"
#include "lib/stream_addr.h"

static struct exchanges *exchanges;

struct exchanges_config *exchange_vty_config(const struct vty *vty)
{
	return exchanges_config_for(exchanges, vty->type == VTY_FILE);
}

int exchange_vty_changed(const struct vty *vty)
{
	if (vty->type != VTY_FILE)
		exchanges_apply_soon(exchanges);
	return CMD_SUCCESS;
}

bool exchange_vty_address_check(struct vty *vty, const char *text)
{
	struct stream_addr a;

	if (stream_addr_parse(&a, text, true) == 0 && !stream_addr_is_unix(&a) &&
	    strlen(text) < EXCHANGE_ADDRESS_SIZE)
		return true;
	vty_out(vty, "%% %s: not an IP address with a port%s", text, VTY_NEWLINE);
	return false;
}

bool exchange_vty_ip_check(struct vty *vty, char out[EXCHANGE_ADDRESS_SIZE], const char *text)
{
	uint8_t ip[16];

	if (inet_pton(AF_INET, text, ip) == 1)
		return inet_ntop(AF_INET, ip, out, EXCHANGE_ADDRESS_SIZE) != NULL;
	if (inet_pton(AF_INET6, text, ip) == 1)
		return inet_ntop(AF_INET6, ip, out, EXCHANGE_ADDRESS_SIZE) != NULL;
	vty_out(vty, "%% %s: not an IP address%s", text, VTY_NEWLINE);
	return false;
}

bool exchange_vty_source_check(struct vty *vty, char out[SMS_SHORT_CODE_SIZE], const char *text)
{
	const bool digits = text[strspn(text, "0123456789")] == '\0';
	struct sms_number number = { .ton = digits ? SMS_TON_UNKNOWN : SMS_TON_ALPHANUMERIC };
	uint8_t octets[SMS_NUMBER_MAX_SIZE];

	if (strlen(text) < SMS_SHORT_CODE_SIZE) {
		OSMO_STRLCPY_ARRAY(number.digits, text);
		if (sms_number_put(octets, &number) > 0) {
			osmo_strlcpy(out, text, SMS_SHORT_CODE_SIZE);
			return true;
		}
	}
	vty_out(vty, "%% %s: neither a number nor a name of up to 11 characters%s", text,
		VTY_NEWLINE);
	return false;
}

void exchanges_vty_init(struct exchanges *x)
{
	exchanges = x;
	exchange_hlr_vty_init(x);
	exchange_direct_vty_init(x);
	exchange_show_init(x);
}
