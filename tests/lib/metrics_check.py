#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is standard input a page as Prometheus' text format has it?  Prints each fault."""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL}(?:,{LABEL})*)?,?)\}})? (\S+)(?: -?\d+)?")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


def family_of(name, types):
    for family, kind in types.items():
        if name in [family + s for s in SUFFIXES.get(kind, ("",))]:
            return family
    return None


def check(page):
    types, helped, series, buckets, ended, last = {}, set(), set(), {}, set(), None
    if not page.endswith("\n"):
        yield "the last line does not end"
    for number, line in enumerate(page.splitlines(), 1):
        at = f"line {number}: {line[:100]}: "
        if m := re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.*)", line):
            what, name, text = m.groups()
            if what == "TYPE":
                if text not in ("counter", "gauge", "histogram", "summary", "untyped"):
                    yield at + "no such type"
                if name in types:
                    yield at + "a second TYPE"
                types[name] = text
            elif name in helped:
                yield at + "a second HELP"
            helped.add(name)
            continue
        if line.startswith("#") or not line:
            continue
        m = SAMPLE.fullmatch(line)
        if not m:
            yield at + "not a sample"
            continue
        name, labels, value = m.groups()
        family = family_of(name, types)
        if not family or family not in helped:
            yield at + "no HELP and TYPE before it"
        if family != last and family in ended:
            yield at + "its family was interrupted"
        ended.add(last)
        last = family
        if (name, labels) in series:
            yield at + "twice"
        series.add((name, labels))
        try:
            number_ = float(value)
        except ValueError:
            yield at + "not a number"
            continue
        if types.get(family) == "counter" and number_ < 0:
            yield at + "a counter below 0"
        if name.endswith("_bucket"):
            key = name + re.sub(r'le="[^"]*"', "", labels)
            if number_ < buckets.get(key, 0):
                yield at + "less than the bucket below"
            buckets[key] = number_
    if not series:
        yield "no sample"


if __name__ == "__main__":
    faults = list(check(sys.stdin.read()))
    print("\n".join(faults))
    sys.exit(bool(faults))
