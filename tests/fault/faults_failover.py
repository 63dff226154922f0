# SPDX-License-Identifier: AGPL-3.0-or-later
"""A primary and a synchronous standby, which takes over under load.

The harness is the cluster manager: it decides that the primary is gone, fences it (stopped, or no
client reaches it), promotes the standby, and makes the old primary a standby of the new one.  The
managers have both addresses and find out by themselves.
"""
import os
import shutil
import subprocess
import time

from fault import Fault, FaultError
from postgres import BIN, SqlError, as_server
from process import wait_until
from world import Link


class Pair:
    """Two clusters, of which one is the primary; world.cluster is always that one."""

    def __init__(self, world):
        self.world = world
        self.clusters = [world.cluster, world.cluster_make("pg-b", 5433)]
        world.cluster.settings |= {"wal_keep_size": "512MB", "max_wal_senders": 8,
                                   "wal_sender_timeout": "5s"}
        self.clusters[1].settings |= world.cluster.settings
        for n, ip in enumerate((world.ip, world.ip2)):
            link = Link(world, f"database-b-{n}", f"{ip}:15433", f"{world.ip}:5433")
            world.links[link.name] = link
            # What the manager is configured with.
            first = world.link("database", n)
            first.listen = f"{first.listen} {link.listen}"
        world.at_end.append(self.clusters[0].stop)
        world.at_end.append(self.clusters[1].stop)

    @property
    def primary(self):
        return self.world.cluster

    @property
    def standby(self):
        return next(one for one in self.clusters if one is not self.primary)

    def links_of(self, cluster):
        name = "database" if cluster is self.clusters[0] else "database-b"
        return [self.world.link(name, n) for n in (0, 1)]

    def follows(self):
        return self.primary.value("SELECT count(*) FROM pg_stat_replication WHERE "
                                  "state = 'streaming' AND sync_state = 'sync'") == "1"

    def ensure(self):
        """A standby follows, and commits wait for it."""
        for link in self.links_of(self.standby):
            link.command("pass")
        if self.standby.postmaster() and self.follows():
            return
        self.standby.stop()
        shutil.rmtree(self.standby.data, ignore_errors=True)
        os.makedirs(self.standby.directory, exist_ok=True)
        os.chmod(self.standby.directory, 0o755)
        self.standby.own(self.standby.directory)
        subprocess.run(as_server([
            f"{BIN}/pg_basebackup", "-h", self.primary.directory, "-p", str(self.primary.port),
            "-U", "postgres", "-D", self.standby.data, "-R", "-X", "stream", "-c", "fast",
            "--no-sync"]), cwd="/", check=True, capture_output=True)
        self.standby.write("postgresql.auto.conf",
                           f"primary_conninfo = 'host={self.primary.directory} "
                           f"port={self.primary.port} user=postgres application_name=standby'\n",
                           "w")
        self.demand(self.standby, "")
        self.standby.start()
        self.demand(self.primary, "standby")
        if wait_until(self.follows, 30, 0.2) is None:
            raise FaultError("the standby does not follow")

    @staticmethod
    def demand(cluster, who):
        cluster.settings["synchronous_standby_names"] = f"'{who}'"
        cluster.configure()
        if cluster.postmaster():
            cluster.ctl("reload")

    def promote(self):
        """The standby is the primary now; nobody must wait for the old one."""
        new, old = self.standby, self.primary
        self.demand(new, "")
        began = time.monotonic()
        new.ctl("promote", "-w", "-t", "30")
        self.world.cluster = new
        self.world.note("promoted", cluster=new.name, seconds=time.monotonic() - began)
        return old


class Failover(Fault):
    kind, world = "failover", "failover"

    def prepare(self, world):
        if not getattr(world, "pair", None):
            world.pair = Pair(world)

    def inject(self, world, rng):
        try:
            world.pair.ensure()
        except (SqlError, OSError, subprocess.CalledProcessError) as why:
            raise FaultError(f"no standby: {why}") from why
        # Some load with it.
        time.sleep(rng.uniform(0.5, 2))
        self.harm(world, rng)

    def harm(self, world, rng):
        raise NotImplementedError


class PrimaryKilled(Failover):
    """The primary is killed, and the standby promoted."""

    name = "primary-killed"
    in_short = True
    hold_s = (0, 8)
    short_hold_s = (0, 1)
    weight = 2

    def harm(self, world, rng):
        world.cluster.kill_postmaster()

    def heal(self, world):
        world.pair.promote()


class PrimaryGone(Failover):
    """The primary vanishes without a word; the standby is promoted, the primary fenced.  The
    managers must leave it by themselves, since nothing tells them."""

    name = "primary-gone"
    hold_s = (0, 8)
    short_hold_s = (0, 1)
    weight = 2

    def harm(self, world, rng):
        for link in world.pair.links_of(world.cluster):
            link.command("blackhole")

    def heal(self, world):
        old = world.pair.promote()
        # Fenced only now: until here it ran, and could commit nothing without its standby.
        # The way to it stays black, so that nothing but silence tells the managers.
        old.stop()


class Switchover(Failover):
    """Planned: the primary is shut down gently, and the standby promoted."""

    name = "switchover"

    def harm(self, world, rng):
        world.cluster.stop("fast")

    def heal(self, world):
        world.pair.promote()


class StandbyGone(Failover):
    """The synchronous standby is gone for a while: commits wait, and go on when it is back."""

    name = "standby-gone"
    hold_s = (1, 20)
    short_hold_s = (6, 7)

    def harm(self, world, rng):
        world.pair.standby.stop(rng.choice(("fast", "immediate")))

    def heal(self, world):
        world.pair.standby.start()
        if wait_until(world.pair.follows, 30, 0.05) is None:
            raise FaultError("the standby does not come back")
