# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash disable=SC2034 # BENCH_HUGE_PAGES is for lib.sh
#
# What docs/operations.md asks of the kernel, while a benchmark runs; sourced by lib.sh.
#
#   bench_kernel MB     autogroups off, huge pages for so much shared memory of PostgreSQL:
#                       BENCH_HUGE_PAGES says whether they are there, on or off
#
# With BENCH_KERNEL=set only, behind env_begin, and set back at the end.

BENCH_AUTOGROUP_FILE=/proc/sys/kernel/sched_autogroup_enabled
BENCH_PAGES_FILE=/proc/sys/vm/nr_hugepages

bench_kernel() {
	BENCH_HUGE_PAGES=off bench_autogroup_was=0 bench_pages=0
	[ "${BENCH_KERNEL-}" = set ] || return 0
	trap bench_kernel_end EXIT
	bench_autogroup_off
	bench_pages=$(bench_pages_add "$(bench_pages_for "$1")")
	[ "${bench_pages:-0}" = 0 ] || BENCH_HUGE_PAGES=on
}

# Whom the kernel starts is in a group from then on or not, so it is for who has started nothing yet.
bench_autogroup_off() {
	bench_autogroup_was=$(cat $BENCH_AUTOGROUP_FILE 2>/dev/null)
	[ "$bench_autogroup_was" = 1 ] || return 0
	{ echo 0 >$BENCH_AUTOGROUP_FILE; } 2>/dev/null ||
		echo "$BENCH_AUTOGROUP_FILE stays 1: not ours to write" >&2
}

# How many for MB of shared buffers and what else is shared; none where half of the memory is not left.
bench_pages_for() {
	awk -v mb="$1" '/^MemAvailable:/ { available = $2 / 1024 } /^Hugepagesize:/ { page = $2 / 1024 }
		END { print (page && available > 2 * mb ? int(mb * 1.05 / page) + 64 : 0) }' /proc/meminfo
}

# All or none, by turns with others who want some: prints how many.
bench_pages_add() (
	trap '' INT TERM HUP # who has taken some has to say so
	exec 9>/tmp/tegata-hugepages.lock && flock 9
	before=$(cat $BENCH_PAGES_FILE 2>/dev/null) || set -- 0
	[ "$1" != 0 ] || { echo 0; exit; }
	{ echo $((before + $1)) >$BENCH_PAGES_FILE; } 2>/dev/null
	if [ "$1" -gt 0 ] && [ "$(cat $BENCH_PAGES_FILE)" != $((before + $1)) ]; then
		echo "$BENCH_PAGES_FILE: no $1 huge pages more" >&2
		{ echo "$before" >$BENCH_PAGES_FILE; } 2>/dev/null
		set -- 0
	fi
	echo "$1"
)

# Pages that are in use are given back when PostgreSQL ends.
bench_kernel_end() {
	local code=$?
	trap '' INT TERM HUP
	[ "$bench_autogroup_was" != 1 ] || { echo 1 >$BENCH_AUTOGROUP_FILE; } 2>/dev/null
	[ "${bench_pages:-0}" = 0 ] || bench_pages_add "-$bench_pages" >/dev/null
	(exit "$code")
	env_end
}
