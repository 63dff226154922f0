# SPDX-License-Identifier: AGPL-3.0-or-later
"""The table at the end of a run, and the same as JSON."""
import collections
import json


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def spread(values):
    return {"n": len(values), "p50": round(percentile(values, 0.5), 3),
            "max": round(max(values), 3)} if values else {"n": 0}


SMS = ("commands by SMS", "moved by SMS", "texts read", "told by SMS", "read again", "texts waiting",
       "texts sent", "texts told", "texts dead")


class Report:
    def __init__(self, seed, minutes):
        self.seed, self.minutes = seed, minutes
        self.faults = []  # dicts, one a fault
        self.counts = collections.Counter()
        self.violations, self.problems = [], []
        self.ready, self.steps, self.levels = [], [], []
        self.recovered = []  # binds of all managers to all SMSCs
        self.skipped = {}
        self.shop = collections.Counter()
        self.seconds = 0

    def world_add(self, world, judge, levels):
        self.counts.update(judge.counts)
        self.violations += judge.violations
        self.problems += world.problems
        for daemon in world.daemons:
            self.ready += daemon.ready_s
        self.levels += levels
        self.recovered += world.recovered_s
        self.shop.update(world.shop.answers)

    def count(self, *kinds):
        return sum(1 for kind, _ in self.violations if kind in kinds)

    def as_dict(self):
        by_kind = collections.defaultdict(list)
        for one in self.faults:
            by_kind[one["kind"]].append(one)
        return {
            "seed": self.seed, "minutes": self.minutes, "seconds": round(self.seconds),
            "faults": {kind: {
                "injected": len(some),
                "held_s": spread([one["held_s"] for one in some]),
                "served_s": spread([one["served_s"] for one in some
                                    if one["served_s"] is not None])}
                for kind, some in sorted(by_kind.items())},
            "injected": len(self.faults),
            "skipped": self.skipped,
            "dialogues": self.counts["dialogues"],
            "operations_judged": self.counts["operations judged"],
            "operations_in_database": self.counts["operations in the database"],
            "told_success": self.counts["told success"],
            "told_refused": self.counts["told refused"] + self.counts["told busy"],
            "told_nothing_definite": self.counts["told nothing definite"],
            "of_those_done": self.counts["done, nobody told at once"],
            "asked_by_last_operations": self.counts["asked by last operations"],
            "no_evidence": self.counts["no evidence"],
            "answers_about_ownership": self.counts["answers about ownership"],
            "balances": self.counts["balances"],
            "last_operations": self.counts["last operations"],
            "answers_to_shops": dict(self.shop),
            "sms": {name: self.counts[name] for name in SMS},
            "bound_s": spread(self.recovered),
            "lost": self.count("lost"),
            "doubled": self.count("doubled", "told twice"),
            "violations": [f"{kind}: {text}" for kind, text in self.violations],
            "broken_promises": [f"{kind}: {text}" for kind, text in self.problems],
            "ready_s": spread(self.ready),
            "answer_s": self.steps_spread(),
            "levels": self.levels,
        }

    def steps_spread(self):
        return {"n": len(self.steps), "p50": round(percentile(self.steps, 0.5), 4),
                "p99": round(percentile(self.steps, 0.99), 4),
                "max": round(max(self.steps), 3)} if self.steps else {"n": 0}

    def write(self, path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump(self.as_dict(), f, indent=1)
            f.write("\n")

    def lines(self):
        d = self.as_dict()
        yield f"seed {d['seed']}, {d['seconds']} s, {d['injected']} faults"
        yield ""
        yield "| fault | injected | held p50, max | served again p50, max |"
        yield "|---|---|---|---|"
        for kind, one in d["faults"].items():
            held, served = one["held_s"], one["served_s"]
            yield (f"| {kind} | {one['injected']} | {held['p50']:.1f} s, {held['max']:.1f} s | " +
                   (f"{served['p50']:.2f} s, {served['max']:.2f} s |" if served["n"] else "- |"))
        yield ""
        for name in ("dialogues", "operations_judged", "operations_in_database", "told_success",
                     "told_refused", "told_nothing_definite", "of_those_done",
                     "asked_by_last_operations", "no_evidence", "answers_about_ownership",
                     "balances", "last_operations"):
            yield f"| {name.replace('_', ' ')} | {d[name]} |"
        shops = d["answers_to_shops"]
        yield f"| answers to shops: yes, no, none | {shops.get('yes', 0)}, {shops.get('no', 0)}, " \
              f"{shops.get('none', 0)} |"
        if d["sms"]["commands by SMS"]:
            for name, n in d["sms"].items():
                yield f"| {name} | {n} |"
            yield f"| every bind is up again after: n, p50, max | {self.figures(d['bound_s'])} |"
        yield f"| ready after a start: n, p50, max | {self.figures(d['ready_s'])} |"
        yield f"| a text came after: n, p50, p99, max | {self.figures(d['answer_s'])} |"
        for name, seconds, *levels in d["levels"]:
            yield f"| {name}, {seconds} s: PSS KiB first, last; descriptors | " \
                  f"{levels[0]}, {levels[1]}; {levels[2]}, {levels[3]} |"
        for name, why in d["skipped"].items():
            yield f"| not possible here: {name} | {why} |"
        yield f"| **lost** | **{d['lost']}** |"
        yield f"| **doubled** | **{d['doubled']}** |"
        yield f"| **violations in all** | **{len(d['violations'])}** |"
        yield f"| **promises broken** | **{len(d['broken_promises'])}** |"

    @staticmethod
    def figures(spread_dict):
        return ", ".join(f"{value}" if name == "n" else f"{value} s"
                         for name, value in spread_dict.items())
