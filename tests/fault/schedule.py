# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which fault comes when, drawn from the seed."""
import importlib
import os
import random

from fault import known_faults

# Of undisturbed load between two faults.
GAP_S = (1.0, 4.0)
SHORT_GAP_S = (0.3, 1.2)
HERE = os.path.dirname(os.path.abspath(__file__))


def load_faults():
    """Every class of every faults_*.py."""
    for name in sorted(os.listdir(HERE)):
        if name.startswith("faults_") and name.endswith(".py"):
            importlib.import_module(name[:-3])
    return known_faults()


def kinds_of_world(faults):
    """The kinds of world that these faults need, the plain one first."""
    return sorted({one.world for one in faults}, key=lambda kind: (kind != "plain", kind))


class Schedule:
    """An endless sequence of faults for one world: each once in an order of its own, again and
    again; those of weight n come n times a round."""

    def __init__(self, seed, kind, faults, short, once=False):
        self.rng = random.Random(f"{seed}/{kind}/schedule")
        self.seed, self.kind, self.short = seed, kind, short
        self.once = once or short  # each once a round
        self.faults = [one for one in sorted(faults, key=lambda one: one.name) if one.world == kind]
        self.n, self.bag = 0, []

    def next(self):
        """(number, fault, generator for its own choices, gap, hold)"""
        if not self.bag:
            self.bag = [one for one in self.faults
                        for _ in range(1 if self.once else one.weight)]
            self.rng.shuffle(self.bag)
        fault = self.bag.pop()()
        self.n += 1
        own = random.Random(f"{self.seed}/{self.kind}/{self.n}/{fault.name}")
        hold_s = fault.short_hold_s if self.short and fault.short_hold_s else fault.hold_s
        return self.n, fault, own, own.uniform(*(SHORT_GAP_S if self.short else GAP_S)), own.uniform(*hold_s)

    def round_size(self):
        return len(self.faults)
