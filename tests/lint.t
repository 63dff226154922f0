#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 600
#
# The house rules that can be counted, and what static analysis says.
#
# shellcheck disable=SC2086 # lists of files are split on purpose
shopt -s lastpipe
cd "$(dirname "$0")/.." || exit 1

sources=$(find lib manager gateway handset-sim tests -name '*.[ch]' | sort)
product=$(find lib manager gateway handset-sim -name '*.[ch]' | sort)
scripts=$(grep -rlE '^#!/bin/bash|shellcheck shell=bash' tests docs .ci 2>/dev/null | sort)
n=0

# check WHAT: reads the offenders from standard input; none is good.
check() {
	local offenders
	offenders=$(cat)
	n=$((n + 1))
	if [ -z "$offenders" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		head -n 40 <<<"$offenders" | sed 's/^/#   /'
	fi
}

echo 1..10

for f in $sources $scripts sql/*.sql sql/*/*.sql; do
	head -n 3 "$f" | grep -q 'SPDX-License-Identifier: AGPL-3.0-or-later' || echo "$f"
done | check 'every file names its licence'

for f in $sources; do
	wc -l "$f" | awk '$1 > 500 { print $2 ": " $1 " lines" }'
done | check 'no source file, tests included, is longer than 500 lines'

awk 'FNR == 1 { open = 0 }
	/^\{/ { open = FNR }
	/^\}/ { if (open && FNR - open - 1 > 70) print FILENAME ":" open ": " FNR - open - 1 " lines"; open = 0 }
	' $sources | check 'no function is longer than 70 lines'

for f in $product; do
	[ "${f##*.}" = h ] || continue
	[ "$(grep -c '^#pragma once' "$f")" = 1 ] || echo "$f"
done | check 'every header has #pragma once'

{
	grep -nE '#include "(manager|gateway|handset-sim)/' lib/*.[ch]
	grep -nE '#include "(gateway|handset-sim)/' manager/*.[ch] manager/tegatactl/*.[ch]
	grep -nE '#include "(manager|handset-sim)/' gateway/*.[ch]
	grep -nE '#include "(manager|gateway)/' handset-sim/*.[ch]
	grep -nE '#include "manager/[a-z_]+\.h"' manager/tegatactl/*.[ch]
} | check 'lib includes from no program, programs not from each other'

grep -nE 'TODO|FIXME|#if 0' $product |
	check 'nothing is left to do in the source'

grep -nE '\b(strcpy|strcat|sprintf|gets|system|popen)\(' $product |
	grep -vE 'manager/tegatactl/|lib/metrics\.c' | check 'no unbounded string functions in the daemons'

clang-format --dry-run --Werror $sources 2>&1 | grep -E 'error|warning' | check 'clang-format has nothing to say'

cppcheck -q -j 2 --std=c11 --enable=warning,portability,performance --inline-suppr \
	--suppressions-list=tests/lib/cppcheck.txt -I. -DTEGATA_VERSION='"x"' -DTEGATA_DATADIR='"/x"' \
	-DTEGATA_SYSCONFDIR='"/x"' --template='{file}:{line}: {id}: {message}' $product 2>&1 |
	check 'cppcheck has nothing to say'

shellcheck -x $scripts 2>&1 | check 'shellcheck has nothing to say'
