#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# What operators do with tegatactl, under a role of their own, and that it is recorded with it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

acts() {
	env_sql -c "SELECT count(*) FROM tegata.operator_act WHERE operator = 'alice_ops' AND act = '$1' AND outcome = $2"
}

import() {
	printf '%s\n' "$@" >"$ENV_DIR/rows.csv"
	env_ctl terminal import "$ENV_DIR/rows.csv" 2>&1
}

feed() {
	printf '%s\n' action,number,imsi,argument "$@" >"$ENV_DIR/feed.csv"
	env_ctl terminal feed "$ENV_DIR/feed.csv" 2>&1
}

status_of() {
	env_sql -c "SELECT status FROM tegata.terminal WHERE address = '$1' ORDER BY created_at DESC LIMIT 1"
}

env_begin
export PG_FAST=1

# --- the schema
pg_start "$ENV_DIR" && "$PG_BIN/createdb" tegata || exit 1
not_ok 'upgrade refuses a database without a schema' env_ctl db upgrade
not_ok 'status says that patches are missing' env_ctl db status
mkdir -p "$ENV_DIR/sql/patch"
cp -r sql/. "$ENV_DIR/sql"
printf 'SELECT 1/0;\n' >"$ENV_DIR/sql/patch/0099-broken.sql"
like 'patches must be numbered without a gap' "$(env_ctl --sql-dir "$ENV_DIR/sql" db install 2>&1)" 'patch 00.. is expected'
last=$(find sql/patch -name '*.sql' | wc -l)
mv "$ENV_DIR/sql/patch/0099-broken.sql" "$ENV_DIR/sql/patch/$(printf %04d $((last + 1)))-broken.sql"
like 'a patch that fails is named' "$(env_ctl --sql-dir "$ENV_DIR/sql" db install 2>&1)" 'broken.sql: ERROR.*division by zero'
is 'and nothing of the others stays' "$(env_sql -c "SELECT to_regclass('tegata.patch') IS NULL")" t
ok 'install' env_ctl db install
like 'installing twice changes nothing' "$(env_ctl db install 2>&1)" 'up to date'
ok 'upgrade of what is up to date' env_ctl db upgrade
ok 'status is good' env_ctl db status
rm "$ENV_DIR/sql/patch/$(printf %04d $((last + 1)))-broken.sql"
echo '-- changed' >>"$ENV_DIR/sql/patch/0001-registry.sql"
like 'a patch that changed after it was applied is refused' \
	"$(env_ctl --sql-dir "$ENV_DIR/sql" db upgrade 2>&1)" '0001-registry.sql is not what was applied'
for level in $(seq 1 $((last - 1))); do
	"$PG_BIN/createdb" "level$level"
	rm -rf "$ENV_DIR/sql" && cp -r sql "$ENV_DIR/sql"
	for patch in "$ENV_DIR"/sql/patch/*.sql; do
		n=$(basename "$patch" | cut -c 1-4)
		[ $((10#$n)) -le "$level" ] || rm "$patch"
	done
	# The functions of that day are not kept; patches and registry are what matters here.
	rm -f "$ENV_DIR"/sql/function/* "$ENV_DIR"/sql/view/*
	echo "SELECT 1;" >"$ENV_DIR/sql/grant.sql"
	"$ENV_BIN/tegatactl" --db "host=$PGHOST dbname=level$level" --sql-dir "$ENV_DIR/sql" db install \
		>>"$ENV_DIR/ctl.log" 2>&1
	ok "upgrade from patch level $level" "$ENV_BIN/tegatactl" --db "host=$PGHOST dbname=level$level" \
		--sql-dir sql db upgrade
done
ok 'seeds' env_seed

# --- terminals
is 'the operator is recorded by name' "$(acts top_up 0)" 4
like 'an import is idempotent' "$(import number,imsi "$ENV_MSISDN_A,$ENV_IMSI_A")" '1 rows done, 0 refused'
like 'a bad row is refused with its line' \
	"$(import number,imsi 819000000001,001010000000091 12ab, 819000000002,$ENV_IMSI_A)" 'line 3: .*number_malformed'
is 'and the rows beside it are done' "$(status_of 819000000001)" 1
like 'the same row says which IMSI is another'\''s' "$(import number,imsi 819000000002,$ENV_IMSI_A)" 'line 2: .*request_conflict'
like 'a file of the wrong form is refused whole' "$(import number,imsi 819000000003,1,2)" 'line 2: 3 fields.*nothing was changed'
is 'and nothing of it is done' "$(status_of 819000000003)" ''
like 'a credit limit without currency' "$(import number,mode,credit_limit 819000000004,postpaid,50)" 'line 2: a credit limit needs its currency'
like 'a file that is not there' "$(env_ctl terminal import /nonexistent.csv 2>&1)" 'No such file'
ok 'block' env_ctl terminal block "$ENV_MSISDN_B" --reason 'reported stolen'
is 'it is blocked' "$(status_of "$ENV_MSISDN_B")" 2
is 'with the reason' "$(env_sql -c "SELECT reason FROM tegata.operator_act WHERE act = 'terminal_status'")" 'reported stolen'
ok 'unblock' env_ctl terminal unblock "$ENV_MSISDN_B"
not_ok 'a terminal that is not there' env_ctl terminal block 819999999999
not_ok 'a top-up needs a reference' env_ctl terminal top-up "$ENV_MSISDN_A" 100 JPY
not_ok 'a top-up of an amount that is none' env_ctl terminal top-up "$ENV_MSISDN_A" 1.5 JPY --reference x1
balance() {
	env_sql -c "SELECT balance FROM tegata.account JOIN tegata.terminal USING (terminal_id) WHERE address = '$ENV_MSISDN_A' AND currency = 'JPY'"
}
before=$(balance)
ok 'a top-up' env_ctl terminal top-up "$ENV_MSISDN_A" 100 JPY --reference pay-1
like 'the same reference again books nothing' \
	"$(env_ctl terminal top-up "$ENV_MSISDN_A" 100 JPY --reference pay-1 2>&1)" 'used on|before'
is 'the balance has it once' "$(balance)" $((before + 100))
not_ok 'the same reference for another amount' env_ctl terminal top-up "$ENV_MSISDN_A" 200 JPY --reference pay-1
like 'a feed does its rows in order' "$(feed add,819000000010,001010000000095,postpaid block,819000000010,, fly,819000000010,,)" \
	'line 4: .*body_malformed'
is 'what stood before the bad row is done' "$(status_of 819000000010)" 2
# A number of a postpaid subscriber who has left goes to somebody else; the same file comes thrice.
import number,imsi 819000000020,001010000000096 >/dev/null
env_ctl terminal top-up 819000000020 800 JPY --reference pay-2 >/dev/null
like 'recycle names the old IMSI' "$(feed recycle,819000000020,,)" 'line 2: .*IMSI of who had the number.*number_malformed'
not_ok 'also by hand' env_ctl terminal recycle 819000000020
like 'recycled' "$(feed recycle,819000000020,001010000000096,)" '1 rows done, 0 refused'
like 'the next person' "$(import number,imsi 819000000020,001010000000097)" '1 rows done, 0 refused'
for i in 1 2 3; do
	like "the same file again ($i)" "$(feed recycle,819000000020,001010000000096,)" '1 rows done, 0 refused'
done
is 'is not about the next person' "$(status_of 819000000020)" 1
like 'money keeps the old row, and is watched' "$(ENV_OPERATOR=an_auditor env_ctl watch)" 'money_left.*819000000020 JPY.*balance 800'
not_ok 'a settlement needs a reference' env_ctl terminal settle 819000000020 001010000000096
like 'it is settled' "$(env_ctl terminal settle 819000000020 001010000000096 --reference back-1 2>&1)" '800 JPY to be paid back'
like 'once' "$(env_ctl terminal settle 819000000020 001010000000096 --reference back-1 2>&1)" 'nothing was done now'
ok 'then nothing is to be watched' env ENV_OPERATOR=an_auditor bash -c '. tests/lib/env.sh; env_ctl watch'
like 'and the row retires' "$(env_ctl terminal recycle 819000000020 001010000000096 2>&1)" 'retired'
env_ctl terminal top-up 819000000020 50 JPY --reference pay-3 >/dev/null
env_ctl terminal block 819000000020 >/dev/null
like 'nobody retires with money' "$(env_ctl terminal retire 819000000020 2>&1)" 'it has 50 JPY .*settle first'
ok 'settled' env_ctl terminal settle 819000000020 --reference back-2
ok 'it retires' env_ctl terminal retire 819000000020
like 'terminal show names accounts and acts' "$(env_ctl terminal show "$ENV_MSISDN_A")" 'seed-a'
like 'as JSON too' "$(env_ctl --json terminal show "$ENV_MSISDN_A" | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["address"])')" "$ENV_MSISDN_A"
not_ok 'a value id with a wrong check digit' env_ctl value show 00000000000000000001

# --- products: typed and shown as amounts of their currency
like 'a product in decimals' "$(env_ctl product list)" 'ticket +Ticket +EUR +\{5.00,10.00\} .* 0.10 +5 '
ok 'changed' env_ctl product set ticket fee=0.20 on-sale=false
like 'off sale it is listed all the same' "$(env_ctl --csv product list)" '^ticket,.*,0.20,5,,account,,,keep,f,2'
like 'a new one needs its currency first' "$(env_ctl product set novel name=Novel amounts=5 2>&1)" 'needs currency='
like 'an amount with too many decimals' "$(env_ctl product set ticket fee=0.201 2>&1)" "'0.201' is not an amount of EUR"
like 'a rule that is none' "$(env_ctl product set ticket recycle-rule=burn 2>&1)" 'no possible value for recycle_rule'
like 'a key that is none' "$(env_ctl product set ticket colour=red 2>&1)" "'colour=red' is not KEY=VALUE with one of: name currency"
like 'a setting that is none' "$(env_ctl setting colour red 2>&1)" 'settings are maintenance'

# --- shops and keys
key=$(env_ctl key add "$ENV_SHOP" second 2>/dev/null)
like 'a key is printed once' "$key" '^tgk_live_[0-9a-f]{48}$'
like 'a test key is refused where value is real' "$(env_ctl key add "$ENV_SHOP" trial --test 2>&1)" 'belongs to a sandbox'
like 'and a live database does not become a sandbox' "$(env_ctl setting sandbox on 2>&1)" 'database of its own'
is 'the database has the digest of its digest only' "$(env_sql -c "SELECT encode(digest, 'hex') FROM tegata.shop_key WHERE label = 'second'")" \
	"$(printf %s "$key" | openssl dgst -sha256 -binary | sha256sum | cut -d' ' -f1)"
unlike 'no key is in any table' "$(pg_dump -a tegata)" "${key#tgk_live_}"
not_ok 'a key of a shop that is not there' env_ctl key add 9999 x
not_ok 'a scope that is not there' env_ctl key add "$ENV_SHOP" third --scopes fly
ok 'revoke' env_ctl key revoke "$ENV_SHOP" second
not_ok 'revoke again' env_ctl key revoke "$ENV_SHOP" second

# --- maintenance, usage, rights
is 'maintenance is off' "$(env_ctl maintenance show)" off
ok 'on' env_ctl maintenance on --reason 'new disks'
is 'is on' "$(env_ctl maintenance show)" on
ok 'off' env_ctl maintenance off
env_ctl fly 2>/dev/null
is 'a command that is not there' $? 2
env_ctl terminal block 2>/dev/null
is 'an argument is missing' $? 2
PGHOST=/nonexistent "$ENV_BIN/tegatactl" --db 'host=/nonexistent' maintenance show 2>/dev/null
is 'no database' $? 3
not_ok 'an auditor is no operator' env ENV_OPERATOR=an_auditor bash -c '. tests/lib/env.sh; env_ctl maintenance on'
not_ok 'an operator reads no table' psql -X -q -d tegata -U alice_ops -c 'SELECT * FROM tegata.account'
ENV_OPERATOR=an_auditor
like 'an auditor sees no violation' "$(env_ctl audit)" '\(none\)'
env_sql -c "UPDATE tegata.account SET balance = balance + 1 WHERE currency = 'EUR' AND balance > 0"
not_ok 'and one where somebody wrote into a table' env_ctl audit
done_testing
