#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 300
#
# History under seal: a manager seals and publishes while phones buy and send; then the owner of
# the tables, who can do everything but sign, tampers with it in every way he can, and each is
# named by "tegatactl verify".
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

# Databases are copied, tampered with and verified; the live one is left alone.
sql_in() { psql -X -q -At -d "$1" -v ON_ERROR_STOP=1 -c "$2"; }
verify() {
	local db=$1
	shift
	"$ENV_BIN/tegatactl" --db "host=$PGHOST port=$PGPORT dbname=$db user=postgres" \
		--public-key "$ENV_DIR/seal.key.pub" verify "$@" 2>&1
}
verify_published() { verify "$@" --seals "$ENV_DIR/published"; }

# tampered NAME REGEX SQL [OPTION...]: on a copy; what verify says first must match.
tampered() {
	local name=$1 regex=$2 statement=$3 said rc
	shift 3
	"$PG_BIN/createdb" -T sealed tampered || return 1
	sql_in tampered "$statement" || echo "# the tampering itself failed"
	said=$(verify tampered "$@")
	rc=$?
	like "$name" "$(grep '^FIRST' <<<"$said")" "$regex"
	is "$name: exit code" "$rc" 1
	"$PG_BIN/dropdb" tampered
}

seals() { env_sql -c "SELECT coalesce(max(number), 0) FROM tegata.seal"; }
published() { cat "$ENV_DIR/published"/*.jsonl 2>/dev/null | wc -l; }
unsealed() {
	env_sql -c "SELECT count(*) FROM (SELECT xact FROM tegata.journal UNION ALL SELECT xact FROM tegata.charge
		UNION ALL SELECT xact FROM tegata.operator_act) r
		WHERE xact >= coalesce((SELECT max(to_xact) FROM tegata.seal), 0)"
}
all_sealed() { [ "$(unsealed)" = 0 ]; }
all_published() { [ "$(published)" = "$(seals)" ]; }
more_seals() { [ "$(seals)" -gt "$1" ]; }
sealer() { env_vty "${1-$ENV_IP}" 4270 'show sealer'; }
sealing() { sealer "$1" | grep -q '^sealing'; }

buy() { env_phone "$1" dial "*188*1*$2#" --answer 1 --answer 1 2>/dev/null | grep -oE '([0-9]{4} ){4}[0-9]{4}' | tail -n 1; }
digits() { tr -d ' ' <<<"$1"; }
id_of() { echo $((10#$(digits "$1" | cut -c 1-19))); }

manager() { # NAME ADDRESS INTERVAL
	ENV_DIRECT_EXTRA="
sealer
 key $ENV_DIR/seal.key
 publish directory $ENV_DIR/published
 interval $3
 lease-ttl 3
 rows max ${ROWS_MAX-1000000}" env_manager "$1" "$2"
}

standby=
standby_stop() {
	[ -z "$standby" ] || pg_as_server "$PG_BIN/pg_ctl" -D "$standby/pg/data" -m immediate -w stop >/dev/null 2>&1
}

env_begin
trap 'code=$?; standby_stop; (exit $code); env_end' EXIT
export PG_FAST=1
env_postgres "max_wal_senders = 5" "wal_level = replica" || exit 1
mkdir "$ENV_DIR/published"

# --- keys and settings ------------------------------------------------------------------------
ok 'a key pair is made' env_ctl seal-key make "$ENV_DIR/seal.key"
is 'that nobody else can read' "$(stat -c %a "$ENV_DIR/seal.key")" 600
not_ok 'and never overwritten' env_ctl seal-key make "$ENV_DIR/seal.key"
not_ok 'sealing is not turned on without a key' env_ctl setting sealing on
like 'who looks is told that history is not sealed' "$(ENV_OPERATOR=an_auditor env_ctl watch 2>&1)" 'not sealed'
ok 'which breaks no rule' env ENV_OPERATOR=an_auditor bash -c '. tests/lib/env.sh; env_ctl watch'
ok 'the public key is added' env_ctl seal-key add "$ENV_DIR/seal.key.pub" first --reason 'go live'
not_ok 'once' env_ctl seal-key add "$ENV_DIR/seal.key.pub" again
not_ok 'a private key is no public one' env_ctl seal-key add "$ENV_DIR/seal.key" wrong
like 'nothing is sealed yet' "$(verify tegata)" '^FIRST: history is not sealed'
not_ok 'nothing is verified without a key of one'\''s own' "$ENV_BIN/tegatactl" \
	--db "host=$PGHOST dbname=tegata user=postgres" verify

check() { "$ENV_BIN/tegata-manager" --check -c "$1" 2>&1; }
printf 'sealer\n key %s\n' "$ENV_DIR/seal.key" >"$ENV_DIR/bad.cfg"
like 'a key needs a place to publish' "$(check "$ENV_DIR/bad.cfg")" 'publish directory'
printf 'sealer\n key %s\n publish directory %s\n' "$ENV_DIR/none.key" "$ENV_DIR/published" >"$ENV_DIR/bad.cfg"
like 'a key that is not there' "$(check "$ENV_DIR/bad.cfg")" 'none.key: No such file'
cp "$ENV_DIR/seal.key" "$ENV_DIR/open.key" && chmod 640 "$ENV_DIR/open.key"
printf 'sealer\n key %s\n publish directory %s\n' "$ENV_DIR/open.key" "$ENV_DIR/published" >"$ENV_DIR/bad.cfg"
like 'a key that others can read' "$(check "$ENV_DIR/bad.cfg")" 'only its owner'
printf 'sealer\n key %s\n publish directory %s\n' "$ENV_DIR/seal.key.pub" /nonexistent >"$ENV_DIR/bad.cfg"
chmod 600 "$ENV_DIR/seal.key.pub"
like 'a key that is none' "$(check "$ENV_DIR/bad.cfg")" 'no Ed25519 private key'
chmod 644 "$ENV_DIR/seal.key.pub"

# --- sealing ----------------------------------------------------------------------------------
manager one "$ENV_IP" 1 || exit 1
like 'a sealer waits until an operator turns it on' "$(env_wait 5 eval 'sealer | grep -q waiting'; sealer)" 'waiting'
is 'and seals nothing' "$(seals)" 0
ok 'sealing is turned on' env_ctl setting sealing on --reason 'go live'
ok 'there are seals' env_wait 10 all_sealed
value_a=$(buy A 500)
value_b=$(buy B 700)
ok 'what is bought' env_wait 10 all_sealed
env_phone A dial "*188*3*$(digits "$value_a")*$ENV_MSISDN_B#" --answer 1 --answer 1 >/dev/null 2>&1
env_ctl terminal block "$ENV_MSISDN_D" --reason 'reported stolen' >/dev/null
ok 'and sent, and done by operators, is sealed' env_wait 10 all_sealed
ok 'and published' env_wait 5 all_published
like 'clean data is verified' "$(verify_published tegata)" '^verified'
like 'in JSON too' "$(verify_published tegata --json)" '"verified":true,"seals":[1-9]'
is 'the manager serves what it published' "$(curl -s "http://$ENV_IP:9470/seals" | wc -l)" "$(published)"
like 'from a number on' "$(curl -s "http://$ENV_IP:9470/seals?after=1" | head -n 1)" '"number":2,'
like 'and tells monitoring' "$(curl -s "http://$ENV_IP:9470/metrics")" 'tegata_sealer_active 1'
is 'no rule is broken' "$(env_sql -c 'SELECT * FROM audit.violations')" ''

# A transaction that is open holds the horizon, and what it commits late is not skipped.
coproc LONG { psql -X -q -At -d tegata; }
echo "BEGIN; INSERT INTO tegata.operator_act (act, arguments, reason, outcome) VALUES ('late', '{}', 'late', 0); SELECT pg_current_xact_id();" >&"${LONG[1]}"
read -r late <&"${LONG[0]}"
value_c=$(buy A 600)
sleep 2.5
ok 'what began behind an open transaction waits' test "$(unsealed)" -gt 0
ok 'no seal goes over it' test "$(env_sql -c 'SELECT max(to_xact) FROM tegata.seal')" -le "$late"
like 'it is counted' "$(verify tegata)" 'sealed, [1-9][0-9]* not yet'
echo "COMMIT;" >&"${LONG[1]}"
ok 'when it ends all is sealed' env_wait 10 all_sealed
echo "\\q" >&"${LONG[1]}"
like 'the late row too' "$(verify_published tegata)" '^verified'

# --- one value explained ----------------------------------------------------------------------
life=$(env_ctl explain "$value_a")
like 'explained: issued' "$life" "issued +$ENV_MSISDN_A .*direct:MSC-1.* 500 +JPY +[0-9]"
like 'charged' "$life" "charged .*issue: $ENV_MSISDN_A to circulation"
like 'the fee' "$life" "charged .*fee: $ENV_MSISDN_A to fee_income +10 "
like 'told' "$life" "told +$ENV_MSISDN_A +answer to transfer to $ENV_MSISDN_B, ok"
like 'transferred' "$life" "transferred +$ENV_MSISDN_A .*owner $ENV_MSISDN_B"
like 'as JSON' "$(env_ctl explain "$value_a" --json)" '"event": "issued"'
not_ok 'a value that does not exist' env_ctl explain 00000000000000000018
not_ok 'what is no value id' env_ctl explain 123

# --- the sealer dies between its commit and the publication --------------------------------------
# A directory stands where the file was.
file=$(find "$ENV_DIR/published" -name '*.jsonl' | sort | tail -n 1)
mv "$file" "$ENV_DIR/saved" && mkdir "$file" && touch "$file/x"
before=$(seals)
buy B 500 >/dev/null
sleep 2.5
is 'what cannot be published is not sealed' "$(seals)" "$before"
like 'and that is told' "$(cat "$ENV_DIR/one.log")" 'not sealed: publish: '
rm -rf "$file"
mv "$ENV_DIR/saved" "$file"
ok 'until it can' env_wait 5 more_seals "$before"
env_wait 5 all_published
env_stop one KILL
# As it is where it died behind a commit: the last seal is not there, and half of the one before.
lines=$(head -n -1 "$file")
printf '%s' "${lines%??????????????????????????????}" >"$file"
is 'the last is lost' "$(published)" $(($(seals) - 2))
manager one "$ENV_IP" 1 || exit 1
ok 'a new sealer publishes what was sealed' env_wait 15 all_published
is 'nothing twice' "$(grep -ho '"number":[0-9]*' "$ENV_DIR"/published/*.jsonl | sort | uniq -d)" ''
like 'and it is the chain' "$(verify_published tegata)" '^verified'

# --- two managers, one sealer ------------------------------------------------------------------
manager two "$ENV_IP2" 1 || exit 1
sealers() { for ip in "$ENV_IP" "$ENV_IP2"; do sealer "$ip"; done | grep -cE '^sealing'; }
some_sealer() { [ "$(sealers)" -gt 0 ]; }
env_wait 10 some_sealer
is 'one of two seals' "$(sealers)" 1
env_stop one KILL
before=$(seals)
ok 'it is killed: the other takes over' env_wait 15 more_seals "$before"
ok 'and publishes' env_wait 10 all_published
like 'the chain is whole' "$(verify_published tegata)" '^verified'
env_stop two TERM

# --- catching up, in bounded intervals -----------------------------------------------------------
before=$(seals)
for ((i = 0; i < 40; i++)); do
	env_ctl terminal top-up "$ENV_MSISDN_A" 1 JPY --reference "many-$i" >/dev/null
done
ROWS_MAX=10 manager one "$ENV_IP" 1 || exit 1
ok 'it catches up after a pause' env_wait 20 all_sealed
ok 'in intervals' test "$(seals)" -ge $((before + 8))
is 'that are not larger than was said' "$(env_sql -c "SELECT max(row_count) <= 10 FROM tegata.seal WHERE number > $before")" t
ok 'all are published' env_wait 10 all_published
like 'and verified' "$(verify_published tegata)" '^verified'

# --- another key ---------------------------------------------------------------------------------
env_ctl seal-key make "$ENV_DIR/second.key" >/dev/null
ok 'a second key' env_ctl seal-key add "$ENV_DIR/second.key.pub" second --reason rotation
sed -i "s|$ENV_DIR/seal.key|$ENV_DIR/second.key|" "$ENV_DIR/one.cfg"
before=$(seals)
kill -HUP "$(cat "$ENV_DIR/one.pid")"
ok 'is used after a reload' env_wait 15 eval \
	"[ \"\$(env_sql -c 'SELECT count(DISTINCT key_id) FROM tegata.seal')\" = 2 ]"
ok 'the first one ends' env_ctl seal-key end "$(env_sql -c "SELECT encode(key_id, 'hex') FROM tegata.signing_key WHERE label = 'first'")"
like 'who knows only the first says so' "$(verify_published tegata | grep '^FIRST')" 'by a key that was given|which was not given'
cat "$ENV_DIR/second.key.pub" >>"$ENV_DIR/seal.key.pub"
like 'with both it is verified' "$(env_wait 5 all_published; verify_published tegata)" '^verified'
env_wait 10 all_sealed
env_stop one TERM

# --- a dump, and a standby -----------------------------------------------------------------------
"$PG_BIN/pg_dump" -d tegata >"$ENV_DIR/plain.sql"
like 'a plain dump' "$(verify tegata --dump "$ENV_DIR/plain.sql" --seals "$ENV_DIR/published")" '^verified'
"$PG_BIN/pg_dump" -Fc -d tegata | "$PG_BIN/pg_restore" -f - | verify none --dump - --seals "$ENV_DIR/published" >"$ENV_DIR/said"
like 'and one through pg_restore' "$(cat "$ENV_DIR/said")" '^verified'
PGTZ=Asia/Tokyo "$PG_BIN/pg_dump" -d tegata | verify none --dump - >"$ENV_DIR/said"
like 'made in another time zone' "$(cat "$ENV_DIR/said")" '^verified'
sed "s/^\\(COPY tegata.operator_act .*\\)/\\1/; s/reported stolen/reported found/" "$ENV_DIR/plain.sql" >"$ENV_DIR/forged.sql"
like 'a forged dump' "$(verify none --dump "$ENV_DIR/forged.sql")" '^FIRST: seal [0-9]+: operator_act [0-9]+: changed'
head -n -200 "$ENV_DIR/plain.sql" | sed '/^COPY tegata.value_/q' >"$ENV_DIR/short.sql"
verify none --dump "$ENV_DIR/short.sql" >"$ENV_DIR/said"
is 'half a dump cannot be verified' $? 2
"$PG_BIN/pg_dump" --inserts -d tegata | verify none --dump - >/dev/null
is 'nor one of INSERT' "${PIPESTATUS[1]}" 2

standby=$ENV_DIR/standby
mkdir -p "$standby/pg" && chmod 755 "$standby" "$standby/pg" && { [ "$(id -u)" != 0 ] || chown -R postgres: "$standby"; }
echo "local replication all trust" | pg_as_server tee -a "$ENV_DIR/pg/data/pg_hba.conf" >/dev/null
pg_as_server "$PG_BIN/pg_ctl" -D "$ENV_DIR/pg/data" reload >/dev/null
pg_as_server "$PG_BIN/pg_basebackup" -h "$PGHOST" -U postgres -D "$standby/pg/data" -R -c fast
standby_port=5433
pg_as_server sed -i "s/^port = .*/port = $standby_port/" "$standby/pg/data/postgresql.conf"
standby_start() {
	pg_as_server "$PG_BIN/pg_ctl" -D "$standby/pg/data" -l "$standby/pg/server.log" -w -t 30 start >/dev/null
}
standby_start
on_standby() { PGPORT=$standby_port "$@"; }
like 'a standby' "$(on_standby verify_published tegata)" '^verified'

# --- tampering -------------------------------------------------------------------------------------
"$PG_BIN/createdb" -T tegata sealed
like 'a copy is verified' "$(verify_published sealed)" '^verified'
id=$(id_of "$value_a")
row="WHERE value_id = $id AND version = 1"
named="journal of value $value_a version 1: changed"
while read -r column value; do
	tampered "journal.$column changed" "$named" "UPDATE tegata.journal SET $column = $value $row"
done <<-EOF
	owner_id owner_id+64
	actor_id NULL
	request_id gen_random_uuid()
	at at+interval'1us'
	operation 2
	state 5
	digest digest||'\\x00'
	link NULL
	reference 'x'
EOF
charged="WHERE cause_id = $id AND kind = 2"
while read -r column value; do
	tampered "charge.$column changed" "charge of $value_a version 1 kind 2 \\(fee\\): changed" \
		"UPDATE tegata.charge SET $column = $value $charged"
done <<-EOF
	debit_account debit_account+64
	credit_account -3
	amount amount+1
	at at+interval'1us'
	currency 'EUR'
EOF
while read -r column value; do
	tampered "operator_act.$column changed" "operator_act [0-9]+: changed" \
		"UPDATE tegata.operator_act SET $column = $value WHERE reason = 'reported stolen'"
done <<-EOF
	at at+interval'1us'
	operator 'mallory'
	approver 'bob'
	act 'nothing'
	arguments '{}'
	reason 'lost'
	outcome 1
	terminal_id NULL
	cause_id 7
	reference 'r'
EOF
tampered 'a journal row removed' "journal of value $value_a version 1: removed" "DELETE FROM tegata.journal $row"
tampered 'a journal row added' "journal of value $value_a version 9: added" \
	"INSERT INTO tegata.journal (value_id, owner_id, at, xact, version, home, operation, state)
	SELECT value_id, owner_id, at, xact, 9, home, operation, state FROM tegata.journal $row"
tampered 'a journal row under another version' "journal of value $value_a version 2: removed" \
	"UPDATE tegata.journal SET version = 3 WHERE value_id = $id AND version = 2"
tampered 'a row moved to another time' 'reordered: it was moved among the rows of seal' \
	"UPDATE tegata.journal SET xact = (SELECT xact FROM tegata.operator_act WHERE reason = 'late') $row"
tampered 'a row moved behind the last seal' 'reordered: it was moved among rows that are not sealed' \
	"UPDATE tegata.journal SET xact = 4000000000 $row"
tampered 'a row moved before the first transaction' \
	"FIRST: seal 1: journal of value $value_a version 1: added" \
	"UPDATE tegata.journal SET xact = -5 $row"
tampered 'two rows swapped' "journal of value .* version 1: (changed|reordered)" \
	"UPDATE tegata.journal j SET xact = (SELECT sum(xact) FROM tegata.journal k WHERE k.version = 1
		AND k.value_id IN ($id, $(id_of "$value_b"))) - xact
	WHERE version = 1 AND value_id IN ($id, $(id_of "$value_b"))"
tampered 'a fee undone with its balance' "charge of $value_a version 1 kind 2 \\(fee\\): removed" \
	"DELETE FROM tegata.charge $charged; UPDATE tegata.account SET balance = balance + 10
	WHERE terminal_id = (SELECT terminal_id FROM tegata.terminal WHERE address = '$ENV_MSISDN_A') AND currency = 'JPY'"
tampered 'a balance' 'account [0-9]+ JPY: balance less debt is' \
	"UPDATE tegata.account SET balance = balance + 1 WHERE currency = 'JPY' AND balance > 0"
while read -r name wanted change; do
	tampered "value: $name" "value $value_c: ${wanted//_/ }" \
		"UPDATE tegata.value SET $change WHERE value_id = $(id_of "$value_c")"
done <<-EOF
	owner its_owner_is_not owner_id=owner_id+64
	amount its_amount_is_not amount=amount*2
	currency its_currency_is_not currency='EUR'
	state its_state_is_not state=5
	issuer its_issuer_is_not issuer_id=issuer_id+64
	version it_has_not_the_version version=9
EOF
tampered 'a value removed' "value $value_c: there is history, but no value" \
	"DELETE FROM tegata.value WHERE value_id = $(id_of "$value_c")"
tampered 'a value from nothing' 'value .*: it has no history' \
	"INSERT INTO tegata.value SELECT value_id + 1, amount, issuer_id, owner_id, owner_since, expires_at, version, home,
		product_id, state, policy, currency FROM tegata.value WHERE value_id = $(id_of "$value_c")"

# The seals themselves.
while read -r column value; do
	tampered "seal.$column changed" '^FIRST: seal 2: the seal itself was changed' \
		"UPDATE tegata.seal SET $column = $value WHERE number = 2"
done <<-EOF
	to_xact to_xact+1
	row_count row_count+1
	sealed_at sealed_at+interval'1us'
	epoch 2
	timeline 2
	system_identifier 5
	root sha256('x')
	list sha256('x')
	previous sha256('x')
	key_id '\\x0001020304050607'
	reason 'x'
	hash sha256('x')
EOF
tampered 'a signature' '^FIRST: seal 2: its signature is not' \
	'UPDATE tegata.seal SET signature = set_byte(signature, 5, get_byte(signature, 5) # 1) WHERE number = 2'
tampered 'a seal removed' '^FIRST: seal 3: removed' 'DELETE FROM tegata.seal WHERE number = 3'
tampered 'the first seal removed' '^FIRST: seal 1: removed' 'DELETE FROM tegata.seal WHERE number = 1'
tampered 'two seals swapped' '^FIRST: seal 2: the seal itself was changed' \
	'UPDATE tegata.seal SET number = number + 1000000 WHERE number IN (2, 3);
	UPDATE tegata.seal SET number = 5 - (number - 1000000) WHERE number > 1000000'
last=$(sql_in sealed 'SELECT max(number) FROM tegata.seal')
tampered 'the last seals removed' "^FIRST: seal $((last - 1)): removed: it was published" \
	"DELETE FROM tegata.seal WHERE number >= $((last - 1))" --seals "$ENV_DIR/published"
tampered 'all of it removed' '^FIRST: seal 1: removed: it was published' \
	'TRUNCATE tegata.seal, tegata.seal_list' --seals "$ENV_DIR/published"
tampered 'a list' '^FIRST: seal 1: its list was changed or removed; its rows were not' \
	'UPDATE tegata.seal_list SET entries = set_byte(entries, 20, get_byte(entries, 20) # 1) WHERE number = 1'
tampered 'a list removed' '^FIRST: seal 1: its list was changed or removed' 'DELETE FROM tegata.seal_list WHERE number = 1'
tampered 'a row and all lists' '^FIRST: seal [0-9]+: ' "UPDATE tegata.journal SET link = 'x' $row; DELETE FROM tegata.seal_list"
tampered 'a key replaced' 'its key .* is no longer in table signing_key' \
	"UPDATE tegata.signing_key SET public_key = sha256('x'), key_id = substr(sha256(sha256('x')), 1, 8) WHERE label = 'first'"
tampered 'a key under the same name' 'signing_key .*: its public key was replaced' \
	"ALTER TABLE tegata.signing_key DROP CONSTRAINT signing_key_check;
	UPDATE tegata.signing_key SET public_key = sha256('x') WHERE label = 'first'"
tampered 'a key that was not valid' 'its key .* was not valid at that time' \
	"UPDATE tegata.signing_key SET valid_until = valid_from WHERE label = 'first'"
tampered 'sealing turned off in silence' "setting sealing is 'off', but the last act" \
	"UPDATE tegata.setting SET value = 'off' WHERE name = 'sealing'"
tampered 'a view in place of a table' 'tegata.charge is not a plain table' \
	'ALTER TABLE tegata.charge RENAME TO charge_real; CREATE VIEW tegata.charge AS SELECT * FROM tegata.charge_real'

# Rows that no seal would ever come to.
tampered 'a row of a transaction that is still to come' 'operator_act [0-9]+: its transaction 4611686018427387904 is one that is still to come' \
	"INSERT INTO tegata.operator_act (at, act, arguments, reason, outcome, xact)
	SELECT at, 'top_up', '{}', 'forged', 0, 4611686018427387904 FROM tegata.operator_act LIMIT 1"
tampered 'money from a debt that nobody has' 'account [0-9]+ JPY: it has a balance and a debt, which no swap brought' \
	"UPDATE tegata.account SET balance = balance + 1000, accrued = accrued + 1000 WHERE currency = 'JPY' AND balance > 0"
tampered 'a value that an external system never charged' 'value .*: its issue was not charged' \
	"WITH v AS (INSERT INTO tegata.value SELECT value_id + 1, amount, issuer_id, owner_id, owner_since, expires_at, 1, home,
		product_id, 1, 2, currency FROM tegata.value WHERE value_id = $(id_of "$value_c") RETURNING *)
	INSERT INTO tegata.journal (value_id, owner_id, at, version, home, operation, state)
	SELECT value_id, owner_id, owner_since, 1, home, 1, 1 FROM v"
tampered 'a number that would take for ever to count to' "^FIRST: seal $((last + 1)): removed: it is not there, and none up to" \
	"INSERT INTO tegata.seal SELECT (jsonb_populate_record(s, '{\"number\": 9223372036854775807}')).* FROM tegata.seal s WHERE number = 2"
mkdir "$ENV_DIR/empty"
verify sealed --seals "$ENV_DIR/empty" >/dev/null
is 'published seals that are not there are no witness' $? 3

# More keys than are looked at, here and in the verifier's file.
"$PG_BIN/createdb" -T sealed tampered
sql_in tampered "INSERT INTO tegata.signing_key (key_id, public_key, label)
	SELECT substr(sha256(k), 1, 8), k, 'n' FROM (SELECT sha256(n::text::bytea) AS k FROM generate_series(1, 65) n) m"
like 'more keys than are looked at' "$(verify tampered)" 'signing_key has more than 64 keys'
verify tampered >/dev/null
is 'is no verdict' $? 3
"$PG_BIN/dropdb" tampered
for _ in {1..65}; do cat "$ENV_DIR/seal.key.pub"; done >"$ENV_DIR/many.pub"
like 'nor is a file of so many' "$("$ENV_BIN/tegatactl" --db "host=$PGHOST dbname=sealed user=postgres" --public-key "$ENV_DIR/many.pub" verify 2>&1)" \
	'many.pub: more than 64 public keys'

# Rows that a dump has under names that are not read, in place of those that are.
tampered_dump() { # NAME REGEX SQL
	"$PG_BIN/createdb" -T sealed tampered
	sql_in tampered "$3" || echo '# the tampering itself failed'
	"$PG_BIN/pg_dump" -d tampered >"$ENV_DIR/tampered.sql"
	like "$1" "$(verify none --dump "$ENV_DIR/tampered.sql" | grep '^FIRST')" "$2"
	"$PG_BIN/dropdb" tampered
}
part=$(sql_in sealed 'SELECT tableoid::regclass FROM tegata.journal LIMIT 1')
bound=$(sql_in sealed "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '$part'::regclass")
tampered_dump 'a month under another name' 'tegata.journal_x belongs to tegata.journal, and is none of its months' \
	"ALTER TABLE tegata.journal DETACH PARTITION $part; CREATE TABLE tegata.journal_x (LIKE $part INCLUDING ALL);
	INSERT INTO tegata.journal_x SELECT * FROM $part; UPDATE tegata.journal_x SET link = 'forged';
	ALTER TABLE tegata.journal ATTACH PARTITION tegata.journal_x $bound"
tampered_dump 'a table behind a table' 'inherits belongs to tegata.account' \
	'CREATE TABLE tegata.more () INHERITS (tegata.account)'

# Sealed again, all of it, by a key of his own: whole in itself.
"$PG_BIN/createdb" -T sealed forged
env_ctl seal-key make "$ENV_DIR/mallory.key" >/dev/null
sql_in forged "UPDATE tegata.journal SET link = 'forged' $row; TRUNCATE tegata.seal, tegata.seal_list, tegata.signing_key"
in_forged() { "$ENV_BIN/tegatactl" --db "host=$PGHOST dbname=forged user=postgres" "$@"; }
in_forged seal-key add "$ENV_DIR/mallory.key.pub" first >/dev/null
mkdir "$ENV_DIR/forged-published"
sed "s|name tegata|name forged|; s|$ENV_DIR/second.key|$ENV_DIR/mallory.key|; s|$ENV_DIR/published|$ENV_DIR/forged-published|" \
	"$ENV_DIR/one.cfg" >"$ENV_DIR/forger.cfg"
env_spawn forger "$ENV_BIN/tegata-manager" -c "$ENV_DIR/forger.cfg"
forged_sealed() { [ "$(sql_in forged 'SELECT count(*) > 2 FROM tegata.seal')" = t ]; }
ok 'a forger seals with a key of his own' env_wait 15 forged_sealed
env_stop forger
like 'which was not given' "$(verify forged)" '^FIRST: seal 1: it is by key [0-9a-f]+, which was not given'
like 'though it is whole in itself' "$(in_forged --public-key "$ENV_DIR/mallory.key.pub" verify)" '^verified'
"$PG_BIN/dropdb" forged

# --- trust in one seal ------------------------------------------------------------------------------
hash=$(sql_in sealed "SELECT encode(hash, 'hex') FROM tegata.seal WHERE number = 2")
like 'from a seal on that is known' "$(verify sealed --after "2:$hash")" '^verified'
like 'and is another one' "$(verify sealed --after "3:$hash")" '^FIRST: seal 3: it is not the one that was given'
verify sealed --after 3:xyz >/dev/null
is 'which must be one' $? 2

# --- restored to an earlier time ----------------------------------------------------------------------
# The standby stops here; what is sealed afterwards is lost with the primary.
pg_as_server "$PG_BIN/pg_ctl" -D "$standby/pg/data" -m fast -w stop >/dev/null
"$PG_BIN/dropdb" sealed
manager one "$ENV_IP" 1 || exit 1
sed -i "s|$ENV_DIR/seal.key|$ENV_DIR/second.key|" "$ENV_DIR/one.cfg"
kill -HUP "$(cat "$ENV_DIR/one.pid")"
before=$(seals)
buy B 500 >/dev/null
ok 'more is sealed' env_wait 10 all_sealed
ok 'and published' env_wait 5 all_published
buy B 500 >/dev/null
env_wait 10 all_sealed
env_wait 5 all_published
ok 'after the time to which is restored' more_seals "$before"
lost=$(seals)
env_stop one TERM
pg_kill "$ENV_DIR"
standby_start
on_standby env_sql -c 'SELECT pg_promote()' >/dev/null
export PGPORT=$standby_port
like 'what was published is missed' "$(verify_published tegata | grep '^FIRST')" 'removed: it was published'
sed -i "s|^ address unix:$PGHOST\$| address unix:$PGHOST/.s.PGSQL.$standby_port|" "$ENV_DIR/one.cfg"
env_spawn one "$ENV_BIN/tegata-manager" -c "$ENV_DIR/one.cfg"
env_wait 15 env_ready "$ENV_IP"
stopped() { sealer | grep -q STOPPED; }
ok 'a sealer that knows of more stops' env_wait 15 stopped
like 'and says why' "$(cat "$ENV_DIR/one.log")" 'restored, or tampered with'
before=$(seals)
sleep 1.5
is 'it seals nothing' "$(seals)" "$before"
env_vty "$ENV_IP" 4270 enable 'sealer new-epoch restored to 10:00 after the fire' >/dev/null
ok 'until somebody at the manager takes that upon him' env_wait 15 more_seals "$before"
is 'in a new epoch' "$(env_sql -c 'SELECT epoch, lost_number, reason FROM tegata.seal WHERE lost_number IS NOT NULL')" \
	"2|$lost|restored to 10:00 after the fire"
is 'which is an act' "$(env_sql -c "SELECT count(*) FROM tegata.operator_act WHERE act = 'seal_epoch'")" 1
buy A 500 >/dev/null
ok 'all is sealed' env_wait 10 all_sealed
sleep 1.5
said=$(verify_published tegata)
like 'the chain is verified across the restore' "$said" '^verified'
like 'and what was lost is said' "$said" 'note: [0-9]+ published seals, of [0-9]+ rows, were lost in a restore'
env_stop one TERM
standby_stop
done_testing
