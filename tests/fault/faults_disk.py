# SPDX-License-Identifier: AGPL-3.0-or-later
"""A full disk: of the data, of the write-ahead log, of the daemons' own logs.

Each is a small file system of its own, in a mount namespace that ends with the harness, so that
nothing is left behind whatever happens.  The harness does what an init system does: what ended is
started again.  It never helps otherwise: that there is room again is all that heals.
"""
import ctypes
import os
import subprocess
import threading
import time

from fault import Fault, FaultError
from postgres import SqlError

CLONE_NEWNS = 0x00020000
SIZES = {"data": "1500M", "wal": "400M", "log": "2M"}

namespace = None  # "" where it could be made, or why not


def private_mounts():
    """'' or why this process cannot mount.  Only the thread that calls, and whatever it starts from
    now on, sees what is mounted."""
    global namespace
    if namespace is not None:
        return namespace
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        namespace = f"no mount namespace: {os.strerror(ctypes.get_errno())}"
        return namespace
    done = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True,
                          check=False)
    namespace = "" if done.returncode == 0 else f"no private mounts: {done.stderr.strip()}"
    return namespace


class Disk(Fault):
    kind, world = "disk full", "disk"
    disk = None
    hold_s = (3, 20)
    short_hold_s = (2, 3)
    service_s = 5

    def possible(self):
        if os.getuid() != 0:
            return "mounting needs root"
        return private_mounts()

    def prepare(self, world):
        if getattr(world, "disks", None):
            return
        world.disks = {name: world.path(f"disk-{name}") for name in SIZES}
        for name, size in SIZES.items():
            os.makedirs(world.disks[name])
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755",
                            f"tegata-{name}", world.disks[name]], check=True)
            world.at_end.append(lambda path=world.disks[name]: subprocess.run(
                ["umount", "-l", path], check=False))
        cluster = world.cluster
        cluster.data = os.path.join(world.disks["data"], "cluster")
        cluster.wal = os.path.join(world.disks["wal"], "wal")
        for path in (cluster.data, cluster.wal):
            os.makedirs(path)
            os.chmod(path, 0o700)
            cluster.own(path)
        cluster.settings |= {"min_wal_size": "32MB", "max_wal_size": "128MB",
                             "checkpoint_timeout": "30s"}
        for daemon in world.daemons:
            daemon.log = os.path.join(world.disks["log"], f"{daemon.name}.log")

    def inject(self, world, rng):
        self.path = os.path.join(world.disks[self.disk], "filler")
        self.over = threading.Event()
        with open(world.cluster.log, "rb") as f:
            self.said = f.seek(0, os.SEEK_END)
        # Whatever becomes free, as when an old segment is removed, is taken at once.
        self.fill()
        self.thread = threading.Thread(target=self.keep_full, daemon=True)
        self.thread.start()

    def fill(self):
        with open(self.path, "ab") as f:
            try:
                block = bytes(65536)
                while f.write(block):
                    f.flush()
            except OSError:
                pass
            finally:
                try:
                    f.close()
                except OSError:
                    pass

    def keep_full(self):
        while not self.over.wait(0.2):
            try:
                self.fill()
            except OSError:
                pass

    def heal(self, world):
        self.over.set()
        self.thread.join()
        os.unlink(self.path)
        self.prove(world)
        self.restart_what_ended(world)

    def prove(self, world):
        """A disk whose end nobody met proves nothing."""
        with open(world.cluster.log, "rb") as f:
            f.seek(self.said)
            if b"No space left on device" not in f.read():
                raise FaultError("PostgreSQL did not notice")

    @staticmethod
    def restart_what_ended(world):
        """As Restart=on-failure does, a second later."""
        time.sleep(1)
        if not world.cluster.takes():
            world.note("started", cluster=world.cluster.name, seconds=world.cluster.start())
        for daemon in world.daemons:
            if not daemon.running():
                world.problem("died", f"{daemon.name} of a full disk")
                daemon.restart()


class DataFull(Disk):
    """Tables cannot grow: statements fail, and nothing else does."""

    name, disk = "data-full", "data"
    in_short = True


class WalFull(Disk):
    """PostgreSQL stops itself, since what it cannot write ahead it does not do."""

    name, disk = "wal-full", "wal"

    def inject(self, world, rng):
        super().inject(world, rng)
        # Segments that are there already are used up first.
        for _ in range(40):
            try:
                world.sql("SELECT pg_switch_wal(), txid_current()", seconds=5)
            except SqlError:
                return
            time.sleep(0.05)


class LogFull(Disk):
    """The daemons cannot write their logs, and have something to write."""

    name, disk = "log-full", "log"

    def inject(self, world, rng):
        super().inject(world, rng)
        for n in (0, 1):
            world.link("database", n).command("cut rst")
            world.link("gateway", n).command("cut rst")

    def prove(self, world):
        """Its file system is ours alone, and was full."""
