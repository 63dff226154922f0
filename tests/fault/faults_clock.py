# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clocks are set, by an hour and by a day, forward and back, and put right again.

By a library that is loaded before the others (clock_shim.c); the monotonic clock goes on, as it does
on a host whose clock is set.  The harness, phones and shop keep their own time.

What must not break: nobody waits longer for it, leases and tokens go on, no request id of a process
goes back, and what is stored goes by the database's clock alone (lib/wall_clock.h).  What may:
where the database's own clock is wrong, times and days in the record are too, and values may look
expired (steps_clock).  A manager whose clock says that a certificate is not valid yet cannot make a
new link to that host until its clock is right; links that are up stay.
"""
import os
import struct

from fault import Fault

STEPS_S = (3600, -3600, 86400, -86400)
WHO = ("manager-0", "manager-1", "gateway", "database")


class Clock(Fault):
    kind, world = "clock stepped", "clock"
    steps_clock = True
    hold_s = (3, 20)
    short_hold_s = (2, 3)
    who = None

    def prepare(self, world):
        if getattr(world, "clocks", None):
            return
        world.clocks = {name: world.path(f"clock-{name}") for name in WHO}
        victims = {daemon.name: daemon for daemon in world.daemons}
        victims["database"] = world.cluster
        for name, victim in victims.items():
            with open(world.clocks[name], "wb") as f:
                f.write(bytes(8))
            os.chmod(world.clocks[name], 0o644)
            victim.env |= {
                "LD_PRELOAD": os.path.join(world.build, "tests/fault/clock_shim.so"),
                "TEGATA_CLOCK_FILE": world.clocks[name]}

    @staticmethod
    def set(path, seconds):
        """In place, since it is mapped; eight octets are written at once."""
        with open(path, "r+b", buffering=0) as f:
            f.write(struct.pack("=q", seconds))

    def victims(self, rng):
        return self.who

    def inject(self, world, rng):
        seconds = rng.choice(STEPS_S)
        self.stepped = self.victims(rng)
        world.note("clock", who=self.stepped, seconds=seconds)
        for name in self.stepped:
            self.set(world.clocks[name], seconds)

    def heal(self, world):
        for name in self.stepped:
            self.set(world.clocks[name], 0)


class ClockManager(Clock):
    """Of one manager; the other one and the database are right."""

    name = "clock-manager"
    in_short = True
    weight = 2
    # What is stored does not go by it.
    steps_clock = False

    def victims(self, rng):
        return (rng.choice(WHO[:2]),)


class ClockGateway(Clock):
    """Of the gateway alone."""

    name, who = "clock-gateway", ("gateway",)
    steps_clock = False


class ClockDatabase(Clock):
    """Of PostgreSQL alone."""

    name, who = "clock-database", ("database",)
    weight = 2


class ClockTogether(Clock):
    """Of all hosts at once: somebody told the time server."""

    name, who = "clock-together", WHO


class ClockRestart(Clock):
    """A manager that was started while its clock was wrong."""

    name = "clock-restart"
    breaks_edge = True
    steps_clock = False

    def inject(self, world, rng):
        self.manager = rng.choice(world.managers)
        self.who = (self.manager.name,)
        super().inject(world, rng)
        self.manager.kill()
        # Certificates may not be valid yet by its clock; then it is ready when that is right.
        self.manager.start()
