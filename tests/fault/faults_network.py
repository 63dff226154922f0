# SPDX-License-Identifier: AGPL-3.0-or-later
"""The network between the programs: proxy.c on each link of both managers.

What is right for each link:

exchange   GSUP is clear text without integrity, so who can change octets can ask for something
           else: a flipped digit is another request that was really asked, and a flipped octet in
           an answer is another text that was really read.  Of what phones said and read in this
           time the judge can demand nothing but that the ledger is consistent with itself
           (corrupts_exchange).  Cut, silent or slow it must lose nothing; answers may be missing.
database   TLS: changed octets end the connection, and nothing else.  Whatever happens, each
           request ends in time at the manager's edge, and what was told is in the record.
gateway    TLS, the same.  A shop is told 503, or asks the other manager.
shop       HTTPS, the same; the shop asks again.
"""
import time

from fault import Fault

LINKS = ("exchange", "database", "gateway", "shop")


class LinkFault(Fault):
    """One sort of link, of one manager or of both."""

    kind = "network"
    link = None
    command = None  # to the proxies

    def commands(self, rng):
        return [self.command]

    def inject(self, world, rng):
        both = rng.random() < 0.4
        which = (0, 1) if both else (rng.randrange(2),)
        # There is one gateway, so one way to it.
        self.links = ([world.links["shop"]] if self.link == "shop" else
                      [world.link(self.link, n) for n in which])
        said = self.commands(rng)
        world.note("network", links=[link.name for link in self.links], commands=said)
        for link in self.links:
            for command in said:
                link.command(command)

    def heal(self, world):
        for link in self.links:
            link.command("pass")


def each_link(base, links=LINKS, short=()):
    """A class a link: NAME-LINK."""
    for link in links:
        members = {"__doc__": base.__doc__, "name": f"{base.stem}-{link}", "link": link,
                   "in_short": link in short, "breaks_edge": link == "exchange",
                   "corrupts_exchange": link == "exchange" and base.garbles,
                   "__module__": __name__}
        title = base.__name__ + link.capitalize()
        globals()[title] = type(title, (base,), members)


class Cut(LinkFault):
    """Connections end, with RST or FIN, once or again and again; new ones can be made."""

    stem, garbles = "cut", False
    hold_s = (0, 3)
    short_hold_s = (0, 0.5)

    def commands(self, rng):
        return [f"cut {rng.choice(('rst', 'fin'))}"] * rng.choice((1, 1, 2))


class Refuse(LinkFault):
    """Connections end, and nobody listens for a while."""

    stem, garbles = "refuse", False
    hold_s = (1, 60)
    short_hold_s = (1, 2)

    def commands(self, rng):
        return ["refuse", f"cut {rng.choice(('rst', 'fin'))}"]


class BlackHole(LinkFault):
    """Nothing gets through and no SYN is answered; then what was repeated comes after all."""

    stem, garbles = "black-hole", False
    command = "blackhole"
    hold_s = (1, 60)
    short_hold_s = (2, 4)


class OneWay(LinkFault):
    """One direction is lost, for ever: what went into it never comes."""

    stem, garbles = "one-way", False
    hold_s = (1, 60)
    short_hold_s = (1, 2)

    def commands(self, rng):
        return [f"swallow {rng.choice(('up', 'down'))}"]


class HalfOpen(LinkFault):
    """One side's connections end and the other side is never told.  It must find out by itself,
    since nothing else heals this."""

    stem, garbles = "half-open", False

    def commands(self, rng):
        # Phones' and shops' own programs, on the other side, are not what is tested.
        side = "client" if self.link in ("exchange", "shop") else rng.choice(("client", "server"))
        return [f"cut fin {side}"]

    def heal(self, world):
        """Nobody does."""


class Delay(LinkFault):
    """All octets come later, each by another time."""

    stem, garbles = "delay", False
    hold_s = (2, 30)
    short_hold_s = (1, 2)

    def commands(self, rng):
        ms = rng.choice((5, 50, 200))
        return [f"delay both {ms} {ms}"]


class Throttle(LinkFault):
    """Few octets a second."""

    stem, garbles = "throttle", False
    hold_s = (2, 20)
    short_hold_s = (1, 2)

    def commands(self, rng):
        return [f"throttle {rng.choice(('up', 'down', 'both'))} {rng.choice((2000, 20000))}"]


class Flip(LinkFault):
    """Some octets have a bit flipped."""

    stem, garbles = "flip", True
    hold_s = (1, 20)
    short_hold_s = (1, 2)

    def commands(self, rng):
        return [f"flip {rng.choice(('up', 'down', 'both'))} {rng.choice((100, 1000, 10000))}"]


class Double(LinkFault):
    """Some octets come twice."""

    stem, garbles = "double", True
    hold_s = (1, 20)
    short_hold_s = (1, 2)

    def commands(self, rng):
        return [f"double {rng.choice(('up', 'down', 'both'))} {rng.choice((100, 1000, 10000))}"]


each_link(Cut, short=("database",))
each_link(Refuse, short=("gateway",))
each_link(BlackHole, short=("database",))
each_link(OneWay)
each_link(HalfOpen, short=("gateway",))
each_link(Delay)
each_link(Throttle)
each_link(Flip, short=("exchange",))
each_link(Double)


class Everything(Fault):
    """All links of both managers at once are black, as when a switch dies."""

    name, kind = "black-hole-all", "network"
    breaks_edge = True
    hold_s = (1, 60)

    def inject(self, world, rng):
        for link in world.links.values():
            link.command("blackhole")

    def heal(self, world):
        for link in world.links.values():
            link.command("pass")


class Flapping(Fault):
    """Links of all sorts come and go several times a second."""

    name, kind = "flapping", "network"
    breaks_edge = True

    def inject(self, world, rng):
        links = sorted(world.links)
        end = time.monotonic() + rng.uniform(2, 10)
        while time.monotonic() < end:
            world.links[rng.choice(links)].command(rng.choice((
                "cut rst", "cut fin", "refuse", "blackhole", "hold up", "hold down", "pass")))
            time.sleep(rng.uniform(0.01, 0.3))

    def heal(self, world):
        for link in world.links.values():
            link.command("pass")

