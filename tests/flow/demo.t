#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# The demo runs, twice side by side; README shows what it really prints; it leaves nothing behind,
# also when it is interrupted.  With "update" the README's transcript is written anew.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
work=$(mktemp -d /tmp/tegata-demo-test-XXXXXX)
chmod 755 "$work" # the database's user must get in
trap 'rm -rf "$work"' EXIT

# Numbers, ids and times differ from run to run; column widths follow them.
normalise() {
	sed -E 's/(YES|NO) [0-9A-Z]{4,6}/\1 code/g; s/[0-9]+/N/g; s/ +/ /g; s/-+/-/g; s/ $//'
}

readme_transcript() {
	sed -n '/^<!-- demo -->$/,/^<!-- end -->$/p' README.md | sed '1,2d; $d' | sed '$d'
}

TMPDIR=$work tests/demo >"$work/one" 2>"$work/one.err" &
one=$!
TMPDIR=$work tests/demo >"$work/two" 2>"$work/two.err" &
two=$!
wait $one
is 'the demo succeeds' $? 0
wait $two
is 'and another beside it' $? 0
is 'nothing stays on disk' "$(find "$work" -mindepth 1 -name 'tegata-*' | head -n 3)" ''

if [ "${1-}" = update ]; then
	python3 - "$work/one" <<-'EOF'
		import re, sys
		demo = open(sys.argv[1]).read().strip("\n")
		text = open("README.md").read()
		block = "<!-- demo -->\n```\n" + demo + "\n```\n<!-- end -->"
		new, n = re.subn(r"<!-- demo -->.*?<!-- end -->", lambda m: block, text, flags=re.S)
		assert n == 1
		open("README.md", "w").write(new)
	EOF
fi
like 'README has a transcript' "$(readme_transcript)" 'dials'
is 'README shows what it prints' "$(readme_transcript | normalise)" "$(normalise <"$work/one")"

# Interrupted when everything runs: all that it started ends.
# (A shell's background job ignores SIGINT, so the demo is started with its default.)
TMPDIR=$work python3 -c 'import os, signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.setsid()
os.execv("tests/demo", ["tests/demo"])' >"$work/three" 2>&1 &
three=$!
for _ in $(seq 200); do
	grep -q '^2\.' "$work/three" && break
	sleep 0.05
done
kill -INT -- -$three
wait $three
is 'an interrupted demo says so by its exit code' $? 130
is 'it leaves no directory' "$(find "$work" -mindepth 1 -name 'tegata-*' | head -n 3)" ''
is 'and no process' "$(pgrep -s $three | head -n 3)" ''
done_testing
