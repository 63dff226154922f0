#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 300
#
# The schema of the first four patches, with data and a running manager of that day, is brought to
# today's under load; then both managers serve beside each other.  A patch that fails, or would have
# to wait, leaves everything as it was.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

# The last commit of four patches: functions and programs of that day are in the history only.
old=$(git log --diff-filter=A --format=%H -- sql/patch/0005-seal.sql 2>/dev/null | tail -n 1)
if [ -z "$old" ]; then
	echo '1..0 # SKIP no history here'
	exit 0
fi
env_begin
mkdir "$ENV_DIR/old"
git archive "$old^" | tar -x -C "$ENV_DIR/old" || exit 1
level=$(find sql/patch -name '*.sql' | wc -l)
is 'the old schema has four patches' "$(find "$ENV_DIR/old/sql/patch" -name '*.sql' | wc -l)" 4
# Quickly made; kept for the next run.
kept=$ENV_ROOT/build/old-$old
if [ ! -x "$kept/tegata-manager" ]; then
	make -s -C "$ENV_DIR/old" -j2 OPT=-O0 tegata-manager tegatactl >"$ENV_DIR/make.log" 2>&1 || exit 1
	mkdir -p "$kept" && cp "$ENV_DIR/old/tegata-manager" "$ENV_DIR/old/tegatactl" "$kept"
fi

export PG_FAST=1
pg_start "$ENV_DIR" && "$PG_BIN/createdb" tegata || exit 1
ctl() { # of that day
	"$kept/tegatactl" --db "host=$PGHOST port=$PGPORT dbname=tegata user=${ENV_OPERATOR-postgres}" \
		--sql-dir "$ENV_DIR/old/sql" "$@"
}
ctl db install >>"$ENV_DIR/ctl.log" || exit 1
# The seeds by the tegatactl of that day too.
env_ctl() { ctl "$@"; }
env_seed || exit 1
# shellcheck source=tests/lib/env.sh
. tests/lib/env.sh
{
	echo number,imsi,mode,credit_limit,currency
	for n in {0..15}; do printf '%d,%015d,postpaid,100000000,JPY\n' $((819000000000 + n)) $((1010000001000 + n)); done
} >"$ENV_DIR/load.csv"
ctl terminal import "$ENV_DIR/load.csv" >>"$ENV_DIR/ctl.log" || exit 1

# --- a manager of that day, and a new one beside it -------------------------------------------
ENV_DIALOGUE_EXTRA='confirm-oneshot never
 repeat-guard 0'
env_gateway || exit 1
env_manager >"$ENV_DIR/null" 2>&1
env_stop manager
sed "s|$ENV_ROOT/etc/texts|$ENV_DIR/old/etc/texts|" "$ENV_DIR/manager.cfg" >"$ENV_DIR/old.cfg"
env_spawn old "$kept/tegata-manager" -c "$ENV_DIR/old.cfg"
ok 'the old manager serves' env_wait 10 env_ready
sed "s/$ENV_IP/$ENV_IP2/; /^gateway/,\$d" "$ENV_DIR/manager.cfg" >"$ENV_DIR/new.cfg"
sed -i "s/bind $ENV_IP/bind $ENV_IP2/; s/peer MSC-1 address .*/peer MSC-1 address $ENV_IP trust-msisdn/" "$ENV_DIR/new.cfg"
env_spawn new "$ENV_BIN/tegata-manager" -c "$ENV_DIR/new.cfg"
level_wanted() { grep -q 'tegatactl db upgrade' "$ENV_DIR/new.log"; }
ok 'a new one on the old schema says what it needs' env_wait 10 level_wanted
not_ok '... and is not ready' env_ready "$ENV_IP2"

load() { # NAME ADDRESS FIRST
	env_spawn "$1" python3 tests/lib/gsup_load.py "$ENV_DIR/$1.told" "$2" 4223 "$ENV_IP" MSC-1 60 \
		$((1010000001000 + $3)) $((819000000000 + $3)) 8
}
told() { grep -c "${2-bought}" "$ENV_DIR/$1.told"; }
told_at_least() { [ "$(told "$1")" -ge "$2" ]; }
more() { env_wait 15 told_at_least "$1" $(($(told "$1") + 30)); }
violations() { env_sql -c 'SELECT * FROM audit.violations'; }
schema() { "$PG_BIN/pg_dump" --schema-only tegata | grep -v '^\\\|^--'; }
state() { env_sql -c 'SELECT string_agg(number::text, $$,$$ ORDER BY number) FROM tegata.patch'; }

: >"$ENV_DIR/load.told"
load load "$ENV_IP" 0
ok 'load on the old one' more load

# --- what fails changes nothing ---------------------------------------------------------------
before=$(schema | sha256sum)
mkdir "$ENV_DIR/sql"
cp -r sql/. "$ENV_DIR/sql"
last=$ENV_DIR/sql/patch/$(printf %04d $((level + 1)))
broken() { env_ctl --sql-dir "$ENV_DIR/sql" db upgrade 2>&1; }
ENV_OPERATOR=postgres
printf -- '-- SPDX-License-Identifier: AGPL-3.0-or-later\nALTER TABLE tegata.charge ADD COLUMN colour text;\nSELECT 1 / 0;\n' >"$last-broken.sql"
like 'a patch that fails is named' "$(broken)" 'broken.sql.*division by zero'
is '... and all patches before it are not there either' "$(state)" 1,2,3,4
is '... nor anything else' "$(schema | sha256sum)" "$before"
rm "$last-broken.sql"
printf -- '-- SPDX-License-Identifier: AGPL-3.0-or-later\nSELECT nothing();\n' >"$ENV_DIR/sql/view/zz_broken.sql"
like 'so with a view' "$(broken)" 'zz_broken.sql'
is '... nothing' "$(state) $(schema | sha256sum)" "1,2,3,4 $before"
rm "$ENV_DIR/sql/view/zz_broken.sql"

# A dump reads every table; a patch would wait for it, and all managers behind the patch.
printf -- '-- SPDX-License-Identifier: AGPL-3.0-or-later\nALTER TABLE tegata.charge ADD COLUMN colour text;\n' >"$last-colour.sql"
env_spawn dump psql -X -q -d tegata -c 'BEGIN; SELECT count(*) FROM tegata.charge; SELECT pg_sleep(60)'
locked() { [ "$(env_sql -c "SELECT count(*) FROM pg_locks WHERE relation = 'tegata.charge'::regclass AND mode = 'AccessShareLock' AND pid IN (SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%')")" -ge 1 ]; }
env_wait 5 locked
SECONDS=0
like 'who would have to wait for a long query gives up' "$(broken)" 'lock timeout'
ok '... soon' test "$SECONDS" -lt 15
is '... and changed nothing' "$(state) $(schema | sha256sum)" "1,2,3,4 $before"
ok '... phones buy meanwhile' more load
env_sql -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()" >>"$ENV_DIR/ctl.log"
env_stop dump

# --- the upgrade ------------------------------------------------------------------------------
lines=$(wc -l <"$ENV_DIR/load.told")
ok 'the upgrade, under load' env_ctl db upgrade
is 'all patches are there' "$(state)" "$(seq -s , "$level")"
ok 'status says so' env_ctl db status
ok 'the old manager goes on' more load
ok 'the new one is ready without a restart' env_wait 10 env_ready "$ENV_IP2"
: >"$ENV_DIR/beside.told"
load beside "$ENV_IP2" 8
ok '... and serves beside it' more beside
ok '... which goes on too' more load
is 'nobody was refused, or left without an answer' \
	"$(tail -n "+$((lines + 1))" "$ENV_DIR/load.told" | grep -vc bought; grep -vc bought "$ENV_DIR/beside.told")" "$(printf '0\n0')"

# --- programs back to the old ones ------------------------------------------------------------
not_ok 'the old tegatactl does not put old functions back' ctl db upgrade
like '... and says why' "$(ctl db upgrade 2>&1)" 'too old'
env_stop new
env_stop old
env_spawn old "$kept/tegata-manager" -c "$ENV_DIR/old.cfg"
ok 'the old manager starts on the new schema' env_wait 10 env_ready
ok '... and serves' more load
check() { env_curl /v1/ownership-checks -o "$ENV_DIR/answer" -w '%{http_code}' -H 'Content-Type: application/json' -d '{"value_id": "00000000000000000018"}'; }
answers() { [ "$(check)" = 200 ]; }
ok '... shops too' env_wait 10 answers
env_stop load
env_stop beside
sleep 0.5

# --- everything that was told is there, once ----------------------------------------------------
is 'no rule of the ledger is broken' "$(violations)" ''
cat "$ENV_DIR"/{load,beside}.told | sed -n 's/.* bought \([0-9]*\)[0-9]$/\1/p' | sed 's/^0*//' | sort >"$ENV_DIR/told"
env_sql -c 'SELECT value_id FROM tegata.value' | sort >"$ENV_DIR/known"
ok 'purchases were told' test "$(wc -l <"$ENV_DIR/told")" -gt 150
is '... each of them is there' "$(comm -23 "$ENV_DIR/told" "$ENV_DIR/known" | wc -l)" 0
is '... none twice' "$(uniq -d "$ENV_DIR/told" | wc -l)" 0
fresh=$("$PG_BIN/createdb" fresh && "$ENV_BIN/tegatactl" --db "host=$PGHOST dbname=fresh user=postgres" --sql-dir sql db install)
like 'a new database' "$fresh" "$level patches applied"
# Partitions are made as months pass; the order of columns is the same where patches only add.
objects() { psql -X -q -At -d "$1" -c "SELECT 'f', p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace IN ('tegata'::regnamespace, 'audit'::regnamespace)
	UNION ALL SELECT 'c', format('%s.%s %s %s', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
		WHERE relnamespace IN ('tegata'::regnamespace, 'audit'::regnamespace) AND attnum > 0 AND NOT attisdropped AND NOT relispartition AND relkind IN ('r', 'p', 'v')
	ORDER BY 1, 2"; }
is '... has the same functions, tables and columns' "$(diff <(objects fresh) <(objects tegata))" ''
done_testing
