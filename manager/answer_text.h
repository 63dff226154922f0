/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What is said in the same words on the display and in a text. */
#include "manager/ledger_sms.h"
#include "manager/text_writer.h"

/* A value on its way to somebody, as the ledger quoted or did it. */
struct answer_transfer {
	int64_t amount_minor;
	const char *currency;
	const char *transferee; /* number or shop's code */
	const char *transferee_name; /* of a shop; empty: not known */
	bool to_shop;
	const char *value; /* its digits, where they are told; else empty */
	int64_t at; /* when it was done before; 0: it is not told */
};

/* "Buy 500 JPY? ..."; the product's name in front of it where there are several. */
void answer_buy_question(struct text_writer *w, const struct ledger *l, const struct product *p,
			 int64_t amount_minor, int64_t fee_minor);
/* The text of a pair that fits whom it goes to. */
void answer_transfer(struct text_writer *w, enum text_id to_phone, enum text_id to_shop,
		     const struct answer_transfer *t);
/* A shop's reference below it; none where it is empty. */
void answer_reference(struct text_writer *w, const char *reference);

/* What a question asks; transferee_name as above. */
void answer_subject(struct text_writer *w, const struct ledger *l, const struct question_subject *s,
		    const char *transferee_name);

/* To the owner. */
void answer_owner(struct text_writer *w, const struct check_item *item);
void answer_balance(struct text_writer *w, const struct balance_result *r);
/* At most max operations. */
void answer_history(struct text_writer *w, const struct history_result *r, size_t max);
/* One value in full. */
void answer_value(struct text_writer *w, const struct list_item *item);
