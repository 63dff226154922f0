/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The root of the menu, its help, and the page that tells how something ended. */
#include "manager/dialogue_text.h"
#include "manager/menu_list.h"
#include "manager/menu_nav.h"
#include "manager/menu_pin.h"
#include "manager/menu_transfer.h"

static void root_show(struct dialogue *d)
{
	d->depth = 0;
	body_clear(d);
	body_add(d, TEXT_MENU_ROOT, NULL);
	menu_show(d);
}

static void root_answer(struct dialogue *d, const char *text)
{
	static const enum menu_node_id targets[] = {
		NODE_BUY, NODE_LIST, NODE_PICK, NODE_PICK, NODE_CHECK, NODE_BALANCE, NODE_HISTORY,
	};
	unsigned int n = menu_position(text, 1, 7);

	if (text[0] == '0' && text[1] == '\0') {
		menu_go(d, NODE_HELP);
		return;
	}
	if (text[0] == '9' && text[1] == '\0') {
		menu_pin_set(d);
		return;
	}
	if (n == 0) {
		menu_again(d, TEXT_MENU_INVALID);
		return;
	}
	menu_list_reset(d);
	menu_transfer_reset(d, n == 4);
	menu_go(d, targets[n - 1]);
}

const struct menu_node menu_root_node = {
	.name = "menu",
	.foot = TEXT_COUNT,
	.zero_is_input = true,
	.show = root_show,
	.answer = root_answer,
};

static void help_show(struct dialogue *d)
{
	body_clear(d);
	body_add(d, TEXT_MENU_HELP, VARS({ "code", d->ds->settings.service_code }));
	menu_tell(d);
}

const struct menu_node menu_help_node = {
	.name = "help",
	.foot = TEXT_NAV_MENU,
	.show = help_show,
};

/* The body is there already: menu_tell(). */
const struct menu_node menu_result_node = {
	.name = "result",
	.foot = TEXT_NAV_MENU,
	.reading = true,
	.show = menu_show,
};
