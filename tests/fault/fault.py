# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every fault is: a name, what it does, what it promises about the time after it.

A fault is a class with a name, registered by being a subclass in one of the modules that
schedule.py imports.  One run of it:

    inject(world, rng)      breaks something; returns at once or when the harm is done
    ... held for hold_s, drawn from the run's seed, while the load goes on ...
    heal(world)             makes it whole; what must be restarted is restarted here
    ... until a phone and a shop are answered again: within service_s ...
    judge

All choices are drawn from `rng`, so that a seed repeats them.  What was done is told by
world.note(), and goes to the log of the run.  inject() and heal() raise FaultError where the fault
could not be done at all: the run fails then, since nothing would have been proven.
"""


class FaultError(Exception):
    """The fault was not injected."""


class Fault:
    name = None  # unique; --only NAME
    kind = "process"  # a line of the summary: process, point, network, database, clock, ...
    # Faults of one kind of world share it; each calls prepare() before it starts.
    world = "plain"
    # How long it lasts: seconds, lowest and highest; (0, 0): only a moment.
    hold_s = (0, 0)
    short_hold_s = None  # the same in the short form; None: as hold_s
    in_short = False  # part of `make check`?
    weight = 1  # how often it is drawn, beside others

    # --- what is promised.  None: nothing.
    service_s = 5  # from the end of heal() until phones and shops are served
    # While it lasts (and until service is back) answers may be missing at the manager's edge: the
    # manager was killed, or the link to the phones was cut.  False: each request is answered within
    # 5 s even now.
    breaks_edge = False
    # Octets between phones and manager were changed: what phones dialled and read in this time is
    # no evidence.  The ledger's own rules, and all other times, are judged as ever.
    corrupts_exchange = False
    # Clocks of daemons or database are stepped: times in the database are no evidence.
    steps_clock = False

    # What an SMSC answers may be lost: phones may read a text again.
    loses_answers = False

    def possible(self):
        """'' or why this machine cannot do it (no right to mount, no library)."""
        return ""

    def prepare(self, world):
        """Before the world starts: settings, directories, environments, further clusters."""

    def inject(self, world, rng):
        raise NotImplementedError

    def heal(self, world):
        """What inject() broke and did not mend itself."""


def known_faults():
    """Every fault by its name."""
    found, classes = {}, list(Fault.__subclasses__())
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        if one.name:
            assert one.name not in found, one.name
            found[one.name] = one
    return found
