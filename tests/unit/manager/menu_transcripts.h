/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What subscribers see and type, as transcripts; for test_menu.c. */
#include "dialogue_fake.h"

#define STEPS_MAX 14

struct step {
	const char *input; /* the first one dials */
	const char *expect[3]; /* parts of what is then on the display */
};

struct transcript {
	const char *name;
	void (*prepare)(struct fake *f);
	struct step steps[STEPS_MAX];
	bool ends; /* with the last step */
};

static void two_products(struct fake *f)
{
	struct product *p = &f->ledger.products[1];

	f->ledger.n_products = 2;
	*p = (struct product){ .code = "euro",
			       .name = "Travel",
			       .currency = "EUR",
			       .n_amounts = 1,
			       .amounts_minor = { 2000 },
			       .min_minor = 500,
			       .max_minor = 10000,
			       .step_minor = 50,
			       .fee_permille = 10 };
}

static void free_only(struct fake *f)
{
	two_products(f);
	f->ledger.products[0] = f->ledger.products[1];
	f->ledger.products[0].n_amounts = 0;
	f->ledger.n_products = 1;
	OSMO_STRLCPY_ARRAY(f->ledger.issue.currency, "EUR");
}

static void no_products(struct fake *f)
{
	f->ledger.n_products = 0;
}

static void products_unread(struct fake *f)
{
	f->ledger.starts = true;
	f->ledger.n_products = 0;
}

static void maintenance(struct fake *f)
{
	f->ledger.maintenance = true;
	fake_values(&f->ledger, 1);
}

static void poor(struct fake *f)
{
	f->ledger.issue.outcome = OUTCOME_FUNDS_INSUFFICIENT;
}

static void uncertain(struct fake *f)
{
	fake_values(&f->ledger, 1);
	f->ledger.issue.outcome = OUTCOME_UNCERTAIN;
	f->ledger.transfer.outcome = OUTCOME_UNCERTAIN;
}

static void pending(struct fake *f)
{
	f->ledger.issue.outcome = OUTCOME_PENDING;
}

static void busy(struct fake *f)
{
	f->ledger.issue.outcome = OUTCOME_BUSY;
	f->ledger.quote.outcome = OUTCOME_BUSY;
	f->ledger.list_outcome = OUTCOME_BUSY;
	f->ledger.check_outcome = OUTCOME_BUSY;
	f->ledger.balance.outcome = OUTCOME_BUSY;
	f->ledger.history.outcome = OUTCOME_BUSY;
}

static void repeat(struct fake *f)
{
	f->ledger.issue_once = OUTCOME_REPEAT_SUSPECTED;
}

static void one_value(struct fake *f)
{
	fake_values(&f->ledger, 1);
}

static void one_value_shop(struct fake *f)
{
	one_value(f);
	fake_shop(&f->ledger);
}

static void expired_value(struct fake *f)
{
	fake_values(&f->ledger, 2);
	f->ledger.states[0] = VALUE_STATE_EXPIRED;
}

static void transfer_repeat_gone(struct fake *f)
{
	one_value(f);
	f->ledger.quote = (struct quote_result){ .outcome = OUTCOME_REPEAT_SUSPECTED, .at = NOON };
}

static void transfer_repeat_back(struct fake *f)
{
	one_value(f);
	f->ledger.quote.outcome = OUTCOME_REPEAT_SUSPECTED;
	f->ledger.quote.at = NOON;
}

static void accounts(struct fake *f)
{
	f->ledger.balance = (struct balance_result){
		.n_items = 3,
		.items = { { "JPY", false, 1500, 0, 500, 1 },
			   { "USD", false, 0, 0, 0, 0 },
			   { "EUR", true, 1250, 10000, 0, 0 } },
	};
}

static void empty_accounts(struct fake *f)
{
	f->ledger.balance = (struct balance_result){
		.n_items = 2,
		.items = { { "JPY", false, 0, 0, 0, 0 }, { "USD", false, 0, 0, 0, 0 } },
	};
}

static void history(struct fake *f)
{
	struct history_result *h = &f->ledger.history;

	h->n_items = 4;
	h->items[0] = (struct operation_record){ .operation = OPERATION_TRANSFER,
						 .at = NOON,
						 .value_id = fake_value(1),
						 .amount_minor = 500,
						 .currency = "JPY",
						 .peer = "4711",
						 .peer_name = "Book shop" };
	h->items[1] = (struct operation_record){ .operation = OPERATION_ISSUE,
						 .at = NOON,
						 .value_id = fake_value(2),
						 .amount_minor = 700,
						 .currency = "JPY" };
	h->items[2] = h->items[1];
	h->items[2].outcome = OUTCOME_FUNDS_INSUFFICIENT;
	h->items[2].currency[0] = '\0';
	h->items[3] = h->items[1];
	h->items[3].outcome = OUTCOME_PENDING;
}

static void unseen(struct fake *f)
{
	fake_unseen(&f->ledger, OPERATION_ISSUE);
	f->ledger.enter.n_unseen = 3;
	accounts(f);
	f->ledger.balance.n_items = 1;
}

static const struct transcript transcripts[] = {
	{ "root and help",
	  NULL,
	  { { "*188#", { "1 Buy\n2 My values\n", "7 Last operations\n9 PIN\n0 Help" } },
	    { "0", { "*188*1*amount#", "* More" } },
	    { "*", { "# Previous" } },
	    { "#", { "*188*1*amount#" } },
	    { "0", { "1 Buy" } },
	    { "00", { "Ended." } } },
	  true },
	{ "garbage in the root menu",
	  NULL,
	  { { "*188#", { "1 Buy" } },
	    { "8", { "Not understood.\n1 Buy" } },
	    { "", { "Not understood.\n1 Buy" } },
	    { "hello", { "Not understood." } },
	    { "6", { "no account" } },
	    { "0", { "1 Buy" } },
	    { "11", { "Not understood." } },
	    { "1x", { "Not understood." } },
	    { "-1", { "Not understood." } },
	    { "\xff\xfe", { "Not understood." } },
	    { "*#", { "several times", "*188#" } } },
	  true },
	{ "buy",
	  NULL,
	  { { "*188#" },
	    { "1", { "Buy how much?\n1 500 JPY\n2 1000 JPY\n3 3000 JPY\n", "0 Back 00 End" } },
	    { "2", { "Buy 1000 JPY? Fee 5 JPY, 1005 JPY in all\n1 Yes 0 No" } },
	    { "1", { "Bought 1000 JPY, value ", "Until 2026-06-15", "0 Menu" } },
	    { "0", { "1 Buy" } } },
	  false },
	{ "buy, typed amounts",
	  NULL,
	  { { "*188*1#", { "Buy how much?" } },
	    { "4", { "This amount is not on sale", "1 500 JPY" } },
	    { "5.5", { "That is not an amount" } },
	    { "0", { "1 Buy" } },
	    { "1" },
	    { "1000", { "Buy 1000 JPY?" } },
	    { "0", { "Nothing was bought.", "0 Menu" } },
	    { "0", { "1 Buy" } } },
	  false },
	{ "buy, full-width digits",
	  NULL,
	  { { "*188#" },
	    { "\xef\xbc\x91", { "Buy how much?" } },
	    { "\xe3\x80\x80\xef\xbc\x91", { "Buy 500 JPY?" } },
	    { "\xef\xbc\x90\xef\xbc\x90", { "Ended." } } },
	  true },
	{ "buy, several products and a free amount",
	  two_products,
	  { { "*188#" },
	    { "1", { "Buy what?\n1 Tegata\n2 Travel\n" } },
	    { "3", { "Not understood.\nBuy what?" } },
	    { "2", { "1 20.00 EUR\n2 Another amount" } },
	    { "0", { "Buy what?" } },
	    { "2" },
	    { "2", { "Amount from 5.00 EUR to 100.00 EUR?" } },
	    { "4.99", { "This amount is not on sale" } },
	    { "5.01", { "This amount is not on sale" } },
	    { "0", { "1 20.00 EUR" } },
	    { "7.5", { "Travel\nBuy 7.50 EUR? Fee 0.08 EUR, 7.58 EUR in all" } },
	    { "2", { "Not understood.\nTravel" } },
	    { "00", { "Ended." } } },
	  true },
	{ "buy, only free amounts",
	  free_only,
	  { { "*188*1#", { "Amount from 5.00 EUR" } },
	    { "12", { "Buy 12.00 EUR?" } },
	    { "1", { "Bought 12.00 EUR" } } },
	  false },
	{ "buy, nothing on sale",
	  no_products,
	  { { "*188#" }, { "1", { "Nothing is on sale" } }, { "00" } },
	  true },
	{ "buy, balance too small",
	  poor,
	  { { "*188*1*500#", { "Buy 500 JPY?" } },
	    { "1", { "Your balance is too small. Nothing was bought." } } },
	  true },
	{ "buy, uncertain",
	  uncertain,
	  { { "*188#" },
	    { "1" },
	    { "1" },
	    { "1", { "not known yet", "7 Last operations", "0 Menu" } } },
	  false },
	{ "buy, pending",
	  pending,
	  { { "*188*1*500#" }, { "1", { "Not finished yet", "7 Last operations" } } },
	  true },
	{ "buy, busy", busy, { { "*188*1*500#" }, { "1", { "Nothing was done" } } }, true },
	{ "buy again within minutes",
	  repeat,
	  { { "*188*1*500#", { "Buy 500 JPY?" } },
	    { "1", { "You bought 500 JPY at ", "Buy again?\n1 Yes 0 No" } },
	    { "1", { "Bought 500 JPY" } } },
	  true },
	{ "buy again, no",
	  repeat,
	  { { "*188#" },
	    { "1" },
	    { "1" },
	    { "1", { "Buy again?" } },
	    { "0", { "Nothing was bought.\n0 Menu" } } },
	  false },
	{ "one-shot amounts that are none",
	  NULL,
	  { { "*188*1*501#", { "This amount is not on sale" } } },
	  true },
	{ "one-shot amount 0", NULL, { { "*188*1*0#", { "That is not an amount" } } }, true },
	{ "one-shot without products",
	  no_products,
	  { { "*188*1*500#", { "Nothing is on sale" } } },
	  true },
	{ "before products were read",
	  products_unread,
	  { { "*188#" },
	    { "1", { "The service cannot be reached. Nothing was done." } },
	    { "00" } },
	  true },
	{ "one-shot before products were read",
	  products_unread,
	  { { "*188*1*500#", { "The service cannot be reached. Nothing was done." } } },
	  true },
	{ "my values, none", NULL, { { "*188*2#", { "You have no values." } } }, true },
	{ "my values, one, sent from there",
	  one_value,
	  { { "*188#" },
	    { "2", { "Your values:\n1 500 JPY ..", "0 Back" } },
	    { "2", { "Not understood." } },
	    { "1", { "500 JPY, valid\n", "1 Send to a phone" } },
	    { "3", { "Not understood." } },
	    { "1", { "To which number?" } },
	    { "09087654321", { "Send 500 JPY to +819087654321?\n1 Yes 0 No" } },
	    { "1", { "500 JPY now belongs to +819087654321." } } },
	  false },
	{ "my values, expired ones cannot be handed on",
	  expired_value,
	  { { "*188#" },
	    { "2", { " expired\n2 500 JPY" } },
	    { "1", { "500 JPY, expired" } },
	    { "1", { "Not understood." } },
	    { "0", { "Your values" } },
	    { "0", { "1 Buy" } },
	    { "3", { "Send which value?", "1 500 JPY" } } },
	  false },
	{ "send: nothing to send",
	  NULL,
	  { { "*188*3#", { "no value that can be handed on" } }, { "0", { "1 Buy" } } },
	  false },
	{ "send: numbers",
	  one_value,
	  { { "*188#" },
	    { "3", { "Send which value?" } },
	    { "12345678901234567890", { "20 digits, please check" } },
	    { "1", { "To which number?" } },
	    { "123", { "not a number" } },
	    { "4711", { "a shop's code", "To which number?" } },
	    { "0", { "Send which value?" } },
	    { "1" },
	    { "+819087654321", { "Send 500 JPY" } },
	    { "0", { "Nothing was handed on." } } },
	  false },
	{ "pay",
	  one_value_shop,
	  { { "*188#" },
	    { "4", { "Pay with which value?" } },
	    { "1", { "Which shop?" } },
	    { "09087654321", { "not a shop's code", "Which shop?" } },
	    { "4711", { "reference?" } },
	    { "caf\xc3\xa9", { "Reference: at most 64" } },
	    { "", { "Not understood." } },
	    { "0", { "Which shop?" } },
	    { "4711" },
	    { "Order 12-3",
	      { "Pay 500 JPY to Book shop (4711)?\nReference Order 12-3\n1 Yes 0 No" } },
	    { "1", { "500 JPY now belongs to Book shop (4711)." } } },
	  false },
	{ "pay without a reference",
	  one_value_shop,
	  { { "*188#" },
	    { "4" },
	    { "1" },
	    { "4711" },
	    { "#", { "Pay 500 JPY to Book shop (4711)?\n1 Yes 0 No" } } },
	  false },
	{ "transfer uncertain",
	  uncertain,
	  { { "*188#" },
	    { "3" },
	    { "1" },
	    { "09087654321" },
	    { "1", { "not known yet whether this was handed on" } } },
	  false },
	{ "transfer repeated, value gone",
	  transfer_repeat_gone,
	  { { "*188#" },
	    { "3" },
	    { "1" },
	    { "09087654321", { "was handed on to +819087654321 at", "Nothing was done now." } } },
	  false },
	{ "transfer repeated, value back",
	  transfer_repeat_back,
	  { { "*188#" },
	    { "3" },
	    { "1" },
	    { "09087654321", { "You sent 500 JPY to +819087654321 at", "1 Yes 0 No" } },
	    { "1", { "now belongs to" } } },
	  false },
	{ "maintenance in the menu",
	  maintenance,
	  { { "*188#", { "1 Buy" } },
	    { "1", { "Maintenance" } },
	    { "0" },
	    { "3", { "Maintenance" } },
	    { "0" },
	    { "4", { "Maintenance" } },
	    { "0" },
	    { "2", { "Your values" } },
	    { "1", { "500 JPY, valid" } },
	    { "1", { "Maintenance" } },
	    { "0" },
	    { "5", { "Is it mine?" } } },
	  false },
	{ "maintenance, one-shot", maintenance, { { "*188*1*500#", { "Maintenance" } } }, true },
	{ "maintenance does not stop reading",
	  maintenance,
	  { { "*188*2#", { "500 JPY " } } },
	  true },
	{ "is it mine: malformed",
	  NULL,
	  { { "*188#" },
	    { "5", { "The value's 20 digits" } },
	    { "123", { "20 digits, please check" } },
	    { "12345678901234567890", { "20 digits, please check" } },
	    { "0", { "1 Buy" } } },
	  false },
	{ "is it mine, one-shot: malformed",
	  NULL,
	  { { "*188*5*12345678901234567890#", { "20 digits, please check" } } },
	  true },
	{ "balance",
	  accounts,
	  { { "*188*6#",
	      { "Balance 1500 JPY\nValues 500 JPY (1)\nOn your bill",
		"On your bill 12.50 EUR of at most 100.00 EUR" } } },
	  true },
	{ "balance, empty accounts", empty_accounts, { { "*188*6#", { "Balance 0 JPY" } } }, true },
	{ "balance in the menu",
	  accounts,
	  { { "*188#" }, { "6", { "Balance 1500 JPY", "0 Menu" } }, { "0", { "1 Buy" } } },
	  false },
	{ "history",
	  history,
	  { { "*188*7#", { "15/06 15:06 500 JPY ..", " to Book shop (4711)", "* More" } },
	    { "1", { "not finished yet" } } },
	  true },
	{ "history, none", NULL, { { "*188*7#", { "Nothing was done yet." } } }, true },
	{ "reads while the ledger is busy",
	  busy,
	  { { "*188#" },
	    { "2", { "Nothing was done" } },
	    { "0" },
	    { "6", { "Nothing was done" } },
	    { "0" },
	    { "7", { "Nothing was done" } },
	    { "0" } },
	  false },
	{ "unseen in the menu",
	  unseen,
	  { { "*188#", { "Done 15/06 15:06: bought 700 JPY, value ", "and 2 more", "1 Continue" } },
	    { "1", { "1 Buy" } } },
	  false },
	{ "unseen before a step that moves value",
	  unseen,
	  { { "*188*1*500#", { "bought 700 JPY", "1 Continue" } },
	    { "1", { "Buy 500 JPY?" } },
	    { "1", { "Bought 500 JPY" } } },
	  true },
	{ "unseen before what is partly dialled",
	  unseen,
	  { { "*188*5#", { "bought 700 JPY" } }, { "9", { "The value's 20 digits" } } },
	  false },
	{ "cancelled at the unseen page", unseen, { { "*188#" }, { "00", { "Ended." } } }, true },
	{ "unseen with a one-shot read",
	  unseen,
	  { { "*188*6#", { "bought 700 JPY", "\nBalance 1500 JPY" } } },
	  true },
	{ "help, one-shot", NULL, { { "*188*0#", { "*188*1*amount#" } } }, false },
};
