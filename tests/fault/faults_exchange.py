# SPDX-License-Identifier: AGPL-3.0-or-later
"""The exchange delivers messages twice, late, and behind later ones."""
from fault import Fault


class UssdDisorder(Fault):
    """The phones' exchange misbehaves from its next start on, for a while.  Only towards the manager
    that asks before it moves value and suspects repeats: a manager that is told to do at once what
    is dialled, and to suspect nothing, buys twice what is dialled twice."""

    name, kind = "ussd-disorder", "USSD twice, late, reordered"
    breaks_edge = True
    in_short = True
    hold_s = (5, 20)
    short_hold_s = (3, 4)

    def inject(self, world, rng):
        load = world.loads[0]
        load.faults = "twice={},late={},reorder={},late-ms={}".format(
            rng.randint(20, 200), rng.randint(20, 200), rng.randint(20, 200),
            rng.choice((100, 1000, 3000)))
        world.note("disorder", faults=load.faults)
        load.stop(30)
        load.start()

    def heal(self, world):
        load = world.loads[0]
        load.faults = None
        load.stop(30)
        load.start()
