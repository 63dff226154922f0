# SPDX-License-Identifier: AGPL-3.0-or-later
"""PostgreSQL is slow, locked by somebody, full of others' sessions, or ended at once.

At the manager's edge each request ends in time whatever the database does: what was not sent is
refused, what was sent is pending until the record says.
"""
import socket
import struct
import subprocess
import time

from fault import Fault, FaultError
from postgres import BIN
from process import wait_until


class Slow(Fault):
    """Each statement takes longer, by what is between."""

    kind = "database slow"
    ms = None

    def inject(self, world, rng):
        # All managers: the database is slow, not a link.
        for n in (0, 1):
            world.link("database", n).command(f"delay down {self.ms}")

    def heal(self, world):
        for n in (0, 1):
            world.link("database", n).command("pass")


class Slow50(Slow):
    """+50 ms."""

    name, ms = "slow-50ms", 50
    hold_s = (5, 30)
    short_hold_s = (1, 2)


class Slow5000(Slow):
    """+5 s: longer than anybody waits."""

    name, ms = "slow-5s", 5000
    hold_s = (6, 30)
    short_hold_s = (6, 7)


class Session:
    """A psql whose transaction stays open."""

    def __init__(self, cluster, sql):
        self.psql = subprocess.Popen(
            [f"{BIN}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h",
             cluster.directory, "-p", str(cluster.port), "-U", "postgres", "-d", "tegata"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.psql.stdin.write(f"BEGIN;\n{sql};\n\\echo held\n")
        self.psql.stdin.flush()

    def held(self):
        """Blocks until it is."""
        while (line := self.psql.stdout.readline()):
            if line.strip() == "held":
                return True
        return False

    def close(self):
        """As a crash of the client: the server rolls back."""
        self.psql.kill()
        self.psql.wait()
        self.psql.stdin.close()
        self.psql.stdout.close()


class Locked(Fault):
    """Somebody's psql holds something and thinks."""

    kind = "database locked"
    hold_s = (1, 20)
    short_hold_s = (1, 2)

    def sql(self, rng):
        raise NotImplementedError

    def inject(self, world, rng):
        sql = self.sql(rng)
        world.note("locked", sql=sql)
        self.session = Session(world.cluster, sql)
        if not self.session.held():
            self.session.close()
            raise FaultError(f"not locked: {sql}")

    def heal(self, world):
        self.session.close()


class LockedTable(Locked):
    """A table under LOCK TABLE in ACCESS EXCLUSIVE MODE."""

    name = "locked-table"
    in_short = True
    weight = 2

    def sql(self, rng):
        table = rng.choice(("value", "journal", "charge", "request", "account", "terminal",
                            "product", "setting", "terminal_seen", "lease"))
        return f"LOCK TABLE tegata.{table} IN ACCESS EXCLUSIVE MODE"


class LockedRows(Locked):
    """Rows of accounts, values or terminals FOR UPDATE."""

    name = "locked-rows"

    def sql(self, rng):
        table, share = rng.choice((("account", 0.3), ("value", 0.3), ("terminal", 0.5)))
        return (f"SELECT count(*) FROM (SELECT FROM tegata.{table} WHERE random() < {share} "
                "FOR UPDATE) AS held")


class LongTransaction(Locked):
    """Somebody's transaction with a snapshot of its own, which holds nothing but old rows."""

    name = "long-transaction"

    def sql(self, rng):
        return ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
                "SELECT count(*) FROM tegata.value")


def occupy(cluster):
    """A session that is let in and says nothing more: its socket, or None where there is no room."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(5)
    try:
        sock.connect(f"{cluster.directory}/.s.PGSQL.{cluster.port}")
        body = struct.pack("!I", 3 << 16) + b"user\0tegata_ledger\0database\0tegata\0\0"
        sock.sendall(struct.pack("!I", len(body) + 4) + body)
        answer = b""
        while not answer.endswith(b"Z\0\0\0\5I"):
            more = sock.recv(4096)
            if not more:
                raise OSError("not let in")
            answer += more
        return sock
    except OSError:
        sock.close()
        return None


class NoConnections(Fault):
    """Others' sessions use up all connections.  The managers' are ended, and none comes back before
    there is room."""

    name, kind = "connections-used-up", "database full of sessions"
    hold_s = (1, 20)
    short_hold_s = (1, 2)

    def inject(self, world, rng):
        self.sockets = []
        self.fill(world.cluster)
        if len(self.sockets) < 10:
            raise FaultError("there was no room for others from the beginning")
        # Superusers have places of their own.
        world.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                  "WHERE usename = 'tegata_ledger' AND application_name <> ''")
        # A race for the places of those that were ended; it need not be won for all of them.
        end = time.monotonic() + 1
        while time.monotonic() < end:
            self.fill(world.cluster)

    def fill(self, cluster):
        while (one := occupy(cluster)):
            self.sockets.append(one)

    def heal(self, world):
        for one in self.sockets:
            one.close()


class ImmediateStop(Fault):
    """pg_ctl stop -m immediate, then a start: recovery, with everybody connecting at once."""

    name, kind = "immediate-stop", "postmaster killed"
    hold_s = (0, 5)

    def inject(self, world, rng):
        world.cluster.stop("immediate")

    def heal(self, world):
        world.note("started", cluster=world.cluster.name, seconds=world.cluster.start())


class ReadOnly(Fault):
    """The primary takes no writes for a while, as one that was fenced or demoted."""

    name, kind = "read-only", "database read-only"
    hold_s = (1, 15)
    short_hold_s = (1, 2)

    def inject(self, world, rng):
        self.set(world, "on")

    def heal(self, world):
        self.set(world, "off")

    @staticmethod
    def set(world, value):
        world.sql("SET default_transaction_read_only = off; "
                  f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        world.sql("SELECT pg_reload_conf()")


class Vacuum(Fault):
    """VACUUM FULL of a table in the middle of the load: locked, rewritten, plans made anew."""

    name, kind = "vacuum-full", "database locked"

    def inject(self, world, rng):
        table = rng.choice(("account", "terminal", "terminal_seen", "value", "request"))
        world.note("vacuum", table=table)
        world.sql(f"VACUUM FULL ANALYZE tegata.{table}", seconds=120)

    def heal(self, world):
        if wait_until(world.cluster.takes, 30) is None:
            raise FaultError("PostgreSQL does not answer")
