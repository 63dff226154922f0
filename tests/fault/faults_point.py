# SPDX-License-Identifier: AGPL-3.0-or-later
"""Death at named moments (lib/fault_point.h), and in the middle of a transaction."""
import os
import signal

from fault import Fault, FaultError
from faults_process import crowd
from postgres import SqlError
from process import wait_until

PASS_S = 30  # until an armed point was passed often enough


class PointOfManager(Fault):
    """A manager is started with an armed point, and dies there under load."""

    kind = "manager killed at a point"
    breaks_edge = True
    point = None
    most = 40  # how often it is passed first, at most

    def inject(self, world, rng):
        self.manager = rng.choice(world.managers)
        self.manager.stop(20)
        self.manager.build = world.build  # where points exist
        self.manager.point = f"{self.point}:{rng.randint(1, self.most)}"
        world.note("point", daemon=self.manager.name, point=self.manager.point)
        self.manager.start()
        if self.manager.wait(PASS_S) != -signal.SIGKILL:
            raise FaultError(f"{self.manager.name} did not come to {self.point}")

    def heal(self, world):
        self.manager.restart()


class BeforeSend(PointOfManager):
    """Dies before charge and commit were asked for."""
    name, point = "die-before-send", "before-send"


class Sent(PointOfManager):
    """Dies while charge and commit are under way."""
    name, point = "die-sent", "sent"


class Committed(PointOfManager):
    """Dies when the commit is known and nobody was told."""
    name, point = "die-committed", "committed"
    in_short = True


class Told(PointOfManager):
    """Dies when the reply is in its own buffer."""
    name, point = "die-told", "told"


class Written(PointOfManager):
    """Dies when the reply, or something else, was given to the kernel."""
    name, point, most = "die-written", "written", 300


class AnswerLost(Fault):
    """The answer to COMMIT is lost with the connection; the manager lives on."""

    name, kind = "answer-lost", "answer to COMMIT lost"
    breaks_edge = True  # for its restart only
    in_short = True
    weight = 2
    hold_s = (1, 3)
    short_hold_s = (1, 1.5)

    def inject(self, world, rng):
        manager = rng.choice(world.managers)
        manager.stop(20)
        manager.build = world.build
        manager.point = f"answer-lost:{rng.randint(5, 60)}"
        world.note("point", daemon=manager.name, point=manager.point)
        manager.restart()


class AnswersSwallowed(Fault):
    """All that the database answers to one manager is lost for longer than anybody waits; it goes on
    taking what it is sent, and commits it."""

    name, kind = "answers-swallowed", "answer to COMMIT lost"
    hold_s = (2, 15)
    short_hold_s = (6, 6.5)

    def inject(self, world, rng):
        self.link = crowd(world, rng.randrange(2), rng)
        self.link.command("swallow down")

    def heal(self, world):
        self.link.command("pass")


class PointOfGateway(Fault):
    kind = "gateway killed at a point"
    point = None

    def inject(self, world, rng):
        world.gateway.stop(20)
        world.gateway.point = f"{self.point}:{rng.randint(1, 10)}"
        world.gateway.start()
        if world.gateway.wait(PASS_S) != -signal.SIGKILL:
            raise FaultError(f"the gateway did not come to {self.point}")

    def heal(self, world):
        world.gateway.restart()


class CheckAsked(PointOfGateway):
    """Dies when it has asked a manager."""
    name, point = "die-check-asked", "check-asked"


class CheckAnswered(PointOfGateway):
    """Dies when a manager has answered and the shop was not told."""
    name, point = "die-check-answered", "check-answered"


# Sessions that come to the point wait there for a lock that the harness holds.
TRIGGER = """
CREATE OR REPLACE FUNCTION public.fault_wait() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock_shared(188, 188); RETURN NULL; END $$;
GRANT EXECUTE ON FUNCTION public.fault_wait() TO PUBLIC;
"""
WAITING = ("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 188 AND NOT granted "
           "ORDER BY pid")


class InTransaction(Fault):
    """A backend dies inside of the transaction that moves value: kill -9 (then PostgreSQL restarts
    all sessions) or ended by an administrator."""

    kind = "backend killed at a point"
    trigger = None

    def inject(self, world, rng):
        cluster = world.cluster
        cluster.psql([], TRIGGER + self.trigger)
        session = cluster.session()
        try:
            if not session.run("SELECT pg_advisory_lock(188, 188)"):
                raise FaultError("no session")
            found = []
            if wait_until(lambda: found.extend(cluster.sql(WAITING)) or found, 10) is None:
                raise FaultError("nobody came to the point")
            pid = int(rng.choice(found)[0])
            if rng.random() < 0.5:
                world.note("point", backend=pid, signal="SIGKILL")
                os.kill(pid, signal.SIGKILL)
            else:
                world.note("point", backend=pid, signal="terminated")
                cluster.sql(f"SELECT pg_terminate_backend({pid})")
        finally:
            session.close()

    def heal(self, world):
        if world.cluster.back() is None or \
                wait_until(lambda: self.dropped(world.cluster), 60, 0.1) is None:
            raise FaultError("PostgreSQL does not come back")

    @staticmethod
    def dropped(cluster):
        try:
            cluster.psql([], "SET lock_timeout = '20s'; "
                         "DROP FUNCTION IF EXISTS public.fault_wait() CASCADE")
            return True
        except SqlError:  # somebody has its table locked
            return False


class BeforeCharge(InTransaction):
    """Before the first movement of money."""
    name = "backend-before-charge"
    trigger = ("CREATE TRIGGER fault BEFORE INSERT ON tegata.charge FOR EACH STATEMENT "
               "EXECUTE FUNCTION public.fault_wait()")


class AfterCharge(InTransaction):
    """When the money has moved and nothing is committed."""
    name = "backend-after-charge"
    trigger = ("CREATE TRIGGER fault AFTER INSERT ON tegata.charge FOR EACH STATEMENT "
               "EXECUTE FUNCTION public.fault_wait()")
    in_short = True


class BeforeCommit(InTransaction):
    """At COMMIT, before it is written."""
    name = "backend-before-commit"
    trigger = ("CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON tegata.journal "
               "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.fault_wait()")
