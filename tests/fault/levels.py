# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the daemons hold: memory (PSS) and descriptors must be level over a life, and nothing may be
open when nobody asks."""
import statistics
import threading

from process import now, wait_until

EVERY_S = 2
WARM_S = 20  # caches fill, lanes and links are made
LIFE_S = 60  # shorter lives show nothing
GROWTH = 1.25
GROWTH_KIB = 4096
DESCRIPTORS = 12  # lanes that are made anew, shops' and probes' connections
# Gauges that are 0 when nobody asks.
OPEN = {
    "tegata-manager": ("tegata_dialogue_open", "tegata_gsup_sessions", "tegata_lane_in_flight"),
    "tegata-gateway": ("tegata_http_in_flight",),
}


class Levels:
    def __init__(self, world):
        self.world = world
        self.lives = {}  # (name, pid): list of (age, PSS, descriptors)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self):
        self.thread.start()

    def stop(self):
        self.over.set()
        if self.thread.is_alive():
            self.thread.join(5)

    def run(self):
        while not self.over.wait(EVERY_S):
            for daemon in self.world.daemons:
                try:
                    life = self.lives.setdefault((daemon.name, daemon.pid), [])
                    life.append((now() - daemon.started_at, daemon.pss_kib(),
                                 daemon.descriptors()))
                except (OSError, StopIteration, AttributeError):
                    pass  # it is dead at the moment

    def judge(self):
        """(name, seconds, PSS first and last, descriptors first and last) of each long life; what
        grew is a problem."""
        found = []
        for (name, _), samples in self.lives.items():
            warm = [one for one in samples if one[0] >= WARM_S]
            if not warm or warm[-1][0] < LIFE_S:
                continue
            first, last = warm[:8], warm[-8:]
            row = [name, round(warm[-1][0])]
            for column in (1, 2):
                row += [round(statistics.median(one[column] for one in first)),
                        round(statistics.median(one[column] for one in last))]
            found.append(row)
            if row[3] > row[2] * GROWTH + GROWTH_KIB:
                self.world.problem("memory", f"{name} grew from {row[2]} to {row[3]} KiB")
            if row[5] > row[4] + DESCRIPTORS:
                self.world.problem("descriptors", f"{name}: from {row[4]} to {row[5]}")
        return found

    def quiet(self, seconds):
        """Nobody asks any more: nothing may stay open."""
        for daemon in self.world.daemons:
            for what in OPEN[daemon.program]:
                if wait_until(lambda d=daemon, w=what: d.metric(w) == 0, seconds, 0.2) is None:
                    self.world.problem("left open", f"{daemon.name}: {what} "
                                       f"{daemon.metric(what)} after {seconds} s")
