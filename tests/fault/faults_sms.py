# SPDX-License-Identifier: AGPL-3.0-or-later
"""Texts: what SMSCs do, and what dies while texts are under way."""
import signal
import time

from fault import Fault, FaultError
from faults_point import PointOfManager
from process import wait_until
from sms_world import LEASE_S, RESPONSE_S

QUEUE_FULL, SYSTEM_ERROR, BAD_ADDRESS = 0x14, 0x08, 0x0B


class SmsFault(Fault):
    world = "sms"


# --- SMSCs die


class KillSmsc(SmsFault):
    """kill -9 of one SMSC of two: the other one takes over."""

    name, kind = "sms-kill-smsc", "SMSC killed"
    loses_answers = True
    in_short = True
    hold_s = (0, 8)
    short_hold_s = (0.5, 1)
    weight = 2
    both = False

    def inject(self, world, rng):
        self.smscs = world.smscs if self.both else [rng.choice(world.smscs)]
        world.note("kill", smscs=[smsc.name for smsc in self.smscs])
        for smsc in self.smscs:
            smsc.kill()

    def heal(self, world):
        for smsc in self.smscs:
            smsc.start()


class KillSmscs(KillSmsc):
    """Both: texts wait."""

    name = "sms-kill-both-smscs"
    in_short = False
    both = True


class FreezeSmsc(SmsFault):
    """SIGSTOP: connections are there, and nobody answers."""

    name, kind = "sms-freeze-smsc", "SMSC frozen"
    loses_answers = True
    hold_s = (0.5, 12)

    def inject(self, world, rng):
        self.smsc = rng.choice(world.smscs)
        self.smsc.signal(signal.SIGSTOP)

    def heal(self, world):
        self.smsc.signal(signal.SIGCONT)


# --- SMSCs misbehave


class Misbehaviour(SmsFault):
    """Of one SMSC or of both."""

    hold_s = (4, 15)
    short_hold_s = (1, 2)
    kind = "SMSC misbehaves"

    def faults(self, rng):
        raise NotImplementedError

    def inject(self, world, rng):
        self.smscs = world.smscs if rng.random() < 0.7 else [rng.choice(world.smscs)]
        faults = self.faults(rng)
        for smsc in self.smscs:
            if not smsc.misbehave(faults):
                raise FaultError(f"{smsc.name} does not listen")

    def heal(self, world):
        for smsc in self.smscs:
            smsc.misbehave("")


class Throttled(Misbehaviour):
    """ESME_RTHROTTLED above a few parts a second."""

    name, kind = "sms-throttled", "SMSC throttles"
    in_short = True

    def faults(self, rng):
        return f"throttle={rng.randint(1, 6)}"


class QueueFull(Misbehaviour):
    """ESME_RMSGQFUL to everything."""

    name, kind = "sms-queue-full", "SMSC throttles"

    def faults(self, rng):
        return f"refuse={QUEUE_FULL}"


class RefusedForNow(Misbehaviour):
    """ESME_RSYSERR to everything: to be tried again, later and later."""

    name, kind = "sms-refused", "SMSC refuses"
    hold_s = (2, 6)

    def faults(self, rng):
        return f"refuse={SYSTEM_ERROR}"


class Refused(Misbehaviour):
    """ESME_RINVDSTADR to everything: dead at once."""

    name, kind = "sms-refused-for-good", "SMSC refuses"
    hold_s = (1, 4)

    def faults(self, rng):
        return f"refuse={BAD_ADDRESS}"


class Receipts(Misbehaviour):
    kind = "receipts"
    how = None

    def faults(self, rng):
        return f"receipts={self.how}"


class ReceiptsLost(Receipts):
    """None comes."""
    name, how = "sms-receipts-lost", "lost"


class ReceiptsEarly(Receipts):
    """Before submit_sm_resp, and with it slow."""
    name, how = "sms-receipts-early", "early"

    def faults(self, rng):
        return f"receipts=early,delay={rng.randint(0, 500)}ms"


class ReceiptsLate(Receipts):
    """A second behind it."""
    name, how = "sms-receipts-late", "late"


class ReceiptsTwice(Receipts):
    """Two of each."""
    name, how = "sms-receipts-twice", "twice"


class Redelivered(Misbehaviour):
    """Each text of a phone is delivered up to three times more."""

    name, kind = "sms-redelivered", "delivered again"
    in_short = True
    weight = 2

    def faults(self, rng):
        return f"redeliver={rng.randint(1, 3)}"


class Slow(Misbehaviour):
    """Answers to submit_sm come late, but in time."""

    name = "sms-slow"

    def faults(self, rng):
        return f"delay={rng.randint(100, RESPONSE_S * 1000 - 700)}ms"


class TooSlow(Misbehaviour):
    """They come when nobody waits for them any more: the phone has the text."""

    name = "sms-too-slow"
    loses_answers = True

    def faults(self, rng):
        return f"delay={rng.randint(RESPONSE_S * 1000 + 500, RESPONSE_S * 2000)}ms"


class Drops(Misbehaviour):
    """The connection is closed at every Nth submit_sm, unanswered."""

    name = "sms-drops"
    loses_answers = True

    def faults(self, rng):
        return f"drop={rng.randint(2, 30)}"


# --- one of two binds dies


class Binds(SmsFault):
    """What is between one SMSC and a manager."""

    kind = "bind dies"
    loses_answers = True

    def inject(self, world, rng):
        self.links = [rng.choice(world.smsc_links(rng.randrange(2)))] if rng.random() < 0.6 else \
            world.smsc_links(rng.randrange(2))
        for link in self.links:
            self.harm(link, rng)

    def harm(self, link, rng):
        raise NotImplementedError

    def heal(self, world):
        for link in self.links:
            link.command("pass")


class BindCut(Binds):
    """Its connection is closed or reset."""

    name = "sms-bind-cut"

    def harm(self, link, rng):
        link.command(f"cut {rng.choice(('rst', 'fin'))}")


class BindRefused(Binds):
    """And cannot be made again for a while."""

    name = "sms-bind-refused"
    hold_s = (1, 8)

    def harm(self, link, rng):
        link.command("refuse")
        link.command("cut rst")


class BindSilent(Binds):
    """Answers are lost one by one, or nothing gets through at all."""

    name = "sms-bind-silent"
    hold_s = (1, 12)

    def harm(self, link, rng):
        link.command(rng.choice(("swallow down", "swallow both", "blackhole", "hold down")))


class BindHalfWritten(Binds):
    """Octets come one by one, and stop in the middle of a PDU."""

    name = "sms-half-written"
    hold_s = (1, 4)

    def harm(self, link, rng):
        link.command(f"throttle {rng.choice(('up', 'down', 'both'))} {rng.randint(20, 150)}")

    def heal(self, world):
        for link in self.links:
            link.command("cut rst")
        super().heal(world)


class BindSlow(Binds):
    """Each octet comes late; nothing is lost."""

    name = "sms-bind-slow"
    loses_answers = False
    hold_s = (3, 10)

    def harm(self, link, rng):
        link.command(f"delay both {rng.randint(50, 300)} 50")


# --- managers and database, while texts are under way


def slow_down(world, rng, most_ms=RESPONSE_S * 1000 - 800):
    """So that something is under way when the next thing happens."""
    for smsc in world.smscs:
        smsc.misbehave(f"delay={rng.randint(200, most_ms)}ms")
    time.sleep(rng.uniform(0.5, 1.5))


def well_again(world):
    for smsc in world.smscs:
        smsc.misbehave("")


class SmsPoint(PointOfManager):
    world = "sms"
    loses_answers = True
    most = 30


class TextLeased(SmsPoint):
    """Dies between what was committed and what is sent of it."""
    name, point = "sms-die-leased", "text-leased"


class TextGiven(SmsPoint):
    """Dies when the text is in its own buffer."""
    name, point = "sms-die-given", "text-given"


class TextAnswered(SmsPoint):
    """Dies when an SMSC has taken the text, and nobody has written that down."""
    name, point = "sms-die-answered", "text-answered"
    in_short = True


class TextRecorded(SmsPoint):
    """Dies when it is written down."""
    name, point = "sms-die-recorded", "text-recorded"


class CommandSent(SmsPoint):
    """Dies while what a YES asks for is under way."""
    name, point = "sms-die-sent", "sent"


class CommandCommitted(SmsPoint):
    """Dies when it is done and the SMSC was not answered: the text comes again."""
    name, point = "sms-die-committed", "committed"


class Written(SmsPoint):
    """Dies when the answer, or something else, was given to the kernel."""
    name, point, most = "sms-die-written", "written", 300


class TakeOver(SmsFault):
    """A manager dies with texts under way, and does not come back before their leases end."""

    name, kind = "sms-take-over", "manager killed"
    breaks_edge = True
    loses_answers = True
    hold_s = (LEASE_S + 2, LEASE_S + 4)

    def inject(self, world, rng):
        slow_down(world, rng)
        self.manager = rng.choice(world.managers)
        self.manager.kill()
        well_again(world)

    def heal(self, world):
        self.manager.restart()


class FreezeHolder(SmsFault):
    """A manager is stopped with texts under way, and goes on when another one has sent them."""

    name, kind = "sms-freeze-manager", "manager frozen"
    breaks_edge = True
    loses_answers = True
    hold_s = (1, LEASE_S + 5)

    def inject(self, world, rng):
        slow_down(world, rng)
        self.manager = rng.choice(world.managers)
        self.manager.signal(signal.SIGSTOP)
        well_again(world)

    def heal(self, world):
        self.manager.signal(signal.SIGCONT)


class SlowStart(SmsFault):
    """Managers start while texts wait for them, and cannot read yet what is on sale."""

    name, kind = "sms-slow-start", "manager killed"
    breaks_edge = True
    loses_answers = True
    hold_s = (1, 3)

    def inject(self, world, rng):
        for manager in world.managers:
            manager.kill()
        time.sleep(rng.uniform(0.5, 1.5))
        self.session = world.cluster.session()
        if not self.session.run("BEGIN; LOCK TABLE tegata.product IN ACCESS EXCLUSIVE MODE"):
            raise FaultError("no lock")
        for manager in world.managers:
            manager.start()

    def heal(self, world):
        self.session.close()
        if wait_until(lambda: all(manager.ready() for manager in world.managers), 30, 0.02) is None:
            raise FaultError("managers do not start")


class DatabaseGone(SmsFault):
    """The postmaster dies while SMSCs have texts that they have not answered."""

    name, kind = "sms-database-gone", "postmaster killed"
    loses_answers = True
    hold_s = (0, LEASE_S + 3)

    def inject(self, world, rng):
        slow_down(world, rng)
        world.cluster.kill_postmaster()

    def heal(self, world):
        world.note("started", cluster=world.cluster.name, seconds=world.cluster.start())
        well_again(world)
