# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs die, are stopped, are replaced."""
import os
import signal
import time

from fault import Fault, FaultError


def crowd(world, n, rng):
    """Slows what manager n says to the database down for a moment, so that many requests are under
    way when the next thing happens."""
    link = world.link("database", n)
    link.command(f"delay both {rng.randint(50, 200)} 50")
    time.sleep(rng.uniform(0.2, 0.8))
    return link


class KillManager(Fault):
    """kill -9 of a manager in the middle of the load."""

    name, kind = "kill-manager", "manager killed"
    breaks_edge = True
    in_short = True
    hold_s = (0, 3)
    short_hold_s = (0, 1)
    weight = 3

    def inject(self, world, rng):
        n = rng.randrange(2)
        self.manager = world.managers[n]
        link = crowd(world, n, rng) if rng.random() < 0.7 else None
        world.note("kill", daemon=self.manager.name, crowd=link is not None)
        self.manager.kill()
        if link:
            link.command("pass")

    def heal(self, world):
        self.manager.restart()


class KillBothManagers(Fault):
    """Both at once."""

    name, kind = "kill-both-managers", "manager killed"
    breaks_edge = True
    hold_s = (0, 2)

    def inject(self, world, rng):
        for manager in world.managers:
            manager.signal(signal.SIGKILL)
        for manager in world.managers:
            manager.wait(5)

    def heal(self, world):
        for manager in world.managers:
            manager.restart()


class KillGateway(Fault):
    """kill -9 of the gateway: shops' connections are gone, managers dial again."""

    name, kind = "kill-gateway", "gateway killed"
    in_short = True
    hold_s = (0, 3)
    short_hold_s = (0, 1)
    weight = 2

    def inject(self, world, rng):
        world.gateway.kill()

    def heal(self, world):
        world.gateway.restart()


class KillHandset(Fault):
    """The phones' own program: what they were told must have survived it."""

    name, kind = "kill-handset", "handset-sim killed"
    breaks_edge = True
    in_short = True
    weight = 2

    def inject(self, world, rng):
        self.load = rng.choice(world.loads)
        self.load.kill()

    def heal(self, world):
        self.load.start()


class KillBackend(Fault):
    """kill -9 of one PostgreSQL backend: the postmaster then restarts all of them."""

    name, kind = "kill-backend", "backend killed"
    in_short = True
    weight = 2

    def inject(self, world, rng):
        backends = world.cluster.backends()
        if not backends:
            raise FaultError("no backend")
        link = crowd(world, rng.randrange(2), rng)
        os.kill(rng.choice(backends), signal.SIGKILL)
        link.command("pass")

    def heal(self, world):
        if world.cluster.back() is None:
            raise FaultError("PostgreSQL does not come back")


class TerminateBackend(Fault):
    """One session ended by an administrator; the others go on."""

    name, kind = "terminate-backend", "backend killed"

    def inject(self, world, rng):
        for _ in range(rng.randint(1, 4)):
            backends = world.cluster.backends()
            if backends:
                world.sql(f"SELECT pg_terminate_backend({rng.choice(backends)})")
            time.sleep(rng.uniform(0, 0.3))


class KillPostmaster(Fault):
    """kill -9 of the postmaster: crash recovery."""

    name, kind = "kill-postmaster", "postmaster killed"
    in_short = True
    hold_s = (0, 8)
    short_hold_s = (0, 1)
    weight = 2

    def inject(self, world, rng):
        world.cluster.kill_postmaster()

    def heal(self, world):
        world.note("started", cluster=world.cluster.name, seconds=world.cluster.start())


class StopPostgres(Fault):
    """An administrator restarts PostgreSQL (fast shutdown)."""

    name, kind = "restart-postgres", "postmaster killed"
    hold_s = (0, 3)

    def inject(self, world, rng):
        world.cluster.stop("fast")

    def heal(self, world):
        world.cluster.start()


class FreezeManager(Fault):
    """SIGSTOP: a virtual machine that is moved, a swap storm; then it goes on as if nothing were."""

    name, kind = "freeze-manager", "manager frozen"
    breaks_edge = True
    hold_s = (0.5, 12)
    short_hold_s = (0.5, 2)

    def inject(self, world, rng):
        self.manager = rng.choice(world.managers)
        self.manager.signal(signal.SIGSTOP)

    def heal(self, world):
        self.manager.signal(signal.SIGCONT)


class FreezeGateway(Fault):
    """SIGSTOP of the gateway: connections are there, and nobody answers."""

    name, kind = "freeze-gateway", "gateway frozen"
    hold_s = (0.5, 12)

    def inject(self, world, rng):
        world.gateway.signal(signal.SIGSTOP)

    def heal(self, world):
        world.gateway.signal(signal.SIGCONT)


class RestartManager(Fault):
    """SIGTERM in the middle of the load, as systemctl restart does."""

    name, kind = "restart-manager", "manager restarted"
    breaks_edge = True

    def inject(self, world, rng):
        self.manager = rng.choice(world.managers)
        code = self.manager.stop(20)
        if code != 0:
            world.problem("exit code", f"{self.manager.name}: {code} after SIGTERM")

    def heal(self, world):
        self.manager.restart()


class UpgradeManager(Fault):
    """Another build beside the one that runs: one manager is replaced by it while the other goes on,
    both on one database; the next time it goes back."""

    name, kind = "upgrade-manager", "new version beside"
    breaks_edge = True

    def possible(self):
        return "" if os.access(self.other(), os.X_OK) else f"{self.other()} is not built"

    @staticmethod
    def other():
        from world import ROOT
        return os.path.join(ROOT, "tegata-manager")

    def inject(self, world, rng):
        self.manager = rng.choice(world.managers)
        plain = os.path.dirname(self.other())
        self.manager.build = world.build if self.manager.build == plain else plain
        world.note("build", daemon=self.manager.name, build=self.manager.build)
        code = self.manager.stop(20)
        if code != 0:
            world.problem("exit code", f"{self.manager.name}: {code} after SIGTERM")

    def heal(self, world):
        self.manager.restart()
