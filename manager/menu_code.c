/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_code.h"

#include "manager/menu_buy.h"
#include "manager/menu_nav.h"
#include "manager/menu_pin.h"
#include "manager/menu_question.h"
#include "manager/menu_read.h"
#include "manager/menu_transfer.h"

static bool moves_value(const struct oneshot *code)
{
	return code->action == '1' || code->action == '3' || code->action == '4';
}

/* Does the code say all there is to say? */
static bool is_complete(const struct oneshot *code)
{
	switch (code->action) {
	case '\0':
	case '9':
		return false;
	case '1':
	case '5':
		return code->n_fields == 1;
	case '3':
		return code->n_fields == 2;
	case '4':
		return code->n_fields == 3;
	default:
		return true;
	}
}

/* Goes where it dialled. */
static void code_go(struct dialogue *d)
{
	const struct oneshot *code = &d->code;

	switch (code->action) {
	case '0':
		menu_go(d, NODE_HELP);
		break;
	case '1':
		menu_buy_code(d);
		break;
	case '2':
		menu_go(d, NODE_LIST);
		break;
	case '3':
	case '4':
		menu_transfer_code(d);
		break;
	case '5':
		menu_check_code(d);
		break;
	case '6':
		menu_go(d, NODE_BALANCE);
		break;
	case '7':
		menu_go(d, NODE_HISTORY);
		break;
	case '9':
		menu_pin_set(d);
		break;
	default:
		menu_replace(d, NODE_ROOT);
		break;
	}
}

void menu_go_on(struct dialogue *d)
{
	d->node = NODE_ROOT;
	/* What is asked comes before what is dialled; who answers it lands in the menu. */
	d->brief = !d->is_asked && is_complete(&d->code);
	if (d->is_asked)
		menu_question_start(d);
	else
		code_go(d);
}

void menu_start(struct dialogue *d)
{
	bool asks = d->is_asked || (moves_value(&d->code) && d->ds->settings.confirm_oneshot);

	d->brief = is_complete(&d->code);
	d->node = NODE_ROOT;
	/* A page of its own, unless the code's answer can stand below it. */
	if (d->has_unseen && (!d->brief || asks))
		menu_replace(d, NODE_UNSEEN);
	else
		menu_go_on(d);
}
