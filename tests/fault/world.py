# SPDX-License-Identifier: AGPL-3.0-or-later
"""A whole Tegata that faults are done to.

    load 0 == exchange-0 == manager 0 == database-0 ==+
                               +== gateway-0 ==+      +== PostgreSQL == (judge: Unix socket)
    shop ======= HTTPS ============== shop == gateway +
                               +== gateway-1 ==+      |
    load 1 == exchange-1 == manager 1 == database-1 ==+

Each == with a name is a Link and runs through a proxy of its own (proxy.c), so that it can be cut,
stopped, slowed or garbled alone.  The links to database and gateway speak TLS, as between hosts.

Manager 0 asks before it moves value and suspects repeats; manager 1 does at once what is dialled.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

from load import Load
from postgres import Cluster
from probe import Probe
from process import Process, now, wait_until
from shop import Shop

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PHONES = 600  # of each load
IMSI_BASE = ("001010000000000", "001010000500000")
MSISDN_BASE = ("819000000000", "819000500000")
PROBE_IMSI, PROBE_MSISDN = "001010000900000", "819000900000"
SHOP = "4711"


class Link:
    """From listen (what the one who dials is configured with) to target, through a proxy.
    Addresses are "ip:port".  The proxy dials from the address at which it listens."""

    def __init__(self, world, name, listen, target):
        self.world, self.name, self.listen, self.target = world, name, listen, target
        self.control = os.path.join(world.dir, f"{name}.control")
        self.process = Process(f"proxy-{name}", [
            world.proxy, "--listen", listen, "--target", target, "--control", self.control,
            "--seed", str(world.seed)], os.path.join(world.dir, f"proxy-{name}.log"))

    def start(self):
        self.process.start()
        if wait_until(lambda: os.path.exists(self.control), 5) is None:
            raise RuntimeError(f"no proxy for {self.name}: {self.process.log_tail()}")

    def command(self, text):
        """One command of the proxy ("hold both"); what it answers, one line."""
        self.world.note("link", link=self.name, command=text)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(self.control)
            s.sendall(text.encode() + b"\n")
            with s.makefile("r", encoding="ascii") as stream:
                answer = stream.readline().strip()
        if not answer.startswith("ok"):
            raise RuntimeError(f"proxy {self.name}: {text}: {answer}")
        return answer


class Daemon(Process):
    """A manager or a gateway: is it ready, what does its metrics page say?"""

    def __init__(self, world, name, program, ip, metrics_port):
        self.world, self.program, self.ip, self.metrics_port = world, program, ip, metrics_port
        self.config = os.path.join(world.dir, f"{name}.cfg")
        super().__init__(name, [], os.path.join(world.dir, f"{name}.log"))
        self.build = world.build
        self.ready_s = []  # how long each start took
        self.point = None  # armed fault point, for the next start only

    def start(self):
        self.command = [os.path.join(self.build, self.program), "-c", self.config]
        self.env.pop("TEGATA_FAULT_POINT", None)
        if self.point:
            self.env["TEGATA_FAULT_POINT"] = self.point
        self.point = None
        super().start()

    def page(self, path, seconds=2):
        try:
            with urllib.request.urlopen(f"http://{self.ip}:{self.metrics_port}{path}",
                                        timeout=seconds) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as why:
            return why.code, ""
        except OSError:
            return 0, ""

    def ready(self):
        return self.page("/readyz")[0] == 200

    def metric(self, name):
        """The sum of a metric over its labels, or None."""
        found = re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+]+)$", self.page("/metrics")[1], re.M)
        return sum(float(one) for one in found) if found else None

    def restart(self, seconds=30):
        """Starts what does not run, and notes how long it took to be ready."""
        self.start()
        took = wait_until(lambda: self.ready() or not self.running(), seconds, 0.01)
        if took is None or not self.running():
            self.world.problem("not ready", f"{self.name} within {seconds} s of its start")
            return None
        self.ready_s.append(took)
        self.world.note("ready", daemon=self.name, seconds=round(took, 3))
        return took


class World:
    def __init__(self, kind, seed, build=None, rate=60, directory=None):
        self.kind, self.seed, self.rate = kind, seed, rate
        self.rng = random.Random(f"{seed}/{kind}")
        self.build = build or os.environ.get("FAULT_BUILD") or os.path.join(ROOT, "build-fault")
        self.proxy = os.path.join(self.build, "tests/fault/proxy")
        self.dir = directory or tempfile.mkdtemp(prefix="tegata-fault-")
        os.chmod(self.dir, 0o755)
        self.lock = None
        self.ip, self.ip2 = self.addresses()
        self.events = open(os.path.join(self.dir, "events.jsonl"), "a", encoding="utf-8")
        self.writing = threading.Lock()
        self.problems = []  # broken promises, told by note() too
        self.at_end = []  # callables: what a fault must undo, last first
        self.recovered_s = []  # recover() after each fault
        self.more_phones = []  # (first IMSI, first number, how many) beside the loads'
        self.make_parts()

    def addresses(self):
        """Ports are fixed, so each world has two addresses of its own; the directory is the lock
        (as tests/lib/env.sh has it)."""
        pick = random.SystemRandom()
        for _ in range(200):
            prefix = f"127.{pick.randint(20, 219)}.{pick.randint(1, 250)}."
            last = pick.randrange(125) * 2 + 1
            try:
                os.mkdir(f"/tmp/tegata-ip-{prefix}{last}")
            except FileExistsError:
                continue
            self.lock = f"/tmp/tegata-ip-{prefix}{last}"
            return f"{prefix}{last}", f"{prefix}{last + 1}"
        raise RuntimeError("no free address")

    def make_parts(self):
        path = self.path
        subprocess.run([os.path.join(ROOT, "tests/lib/certificates.sh"), self.dir], check=True)
        for name in ("database", "shop-gateway"):
            subprocess.run([os.path.join(ROOT, "tests/lib/certificates.sh"), self.dir,
                            path("ca"), name], check=True)
        self.cluster = self.cluster_make("pg", 5432)
        self.managers = [Daemon(self, f"manager-{n}", "tegata-manager", ip, 9470)
                         for n, ip in enumerate((self.ip, self.ip2))]
        self.gateway = Daemon(self, "gateway", "tegata-gateway", self.ip, 9471)
        self.links = {}
        for n, ip in enumerate((self.ip, self.ip2)):
            for name, port, target in (("exchange", 14223, f"{ip}:4223"),
                                       ("database", 15432, f"{self.ip}:5432"),
                                       ("gateway", 14300, f"{self.ip}:4300")):
                self.links[f"{name}-{n}"] = Link(self, f"{name}-{n}", f"{ip}:{port}", target)
        self.links["shop"] = Link(self, "shop", f"{self.ip}:18443", f"{self.ip}:8443")
        self.loads = [Load(self, n, self.links[f"exchange-{n}"].listen) for n in (0, 1)]
        self.shop = Shop(self)
        self.probe = Probe(self)

    def cluster_make(self, name, port, ip=None):
        """A further cluster with the same certificate, not yet created."""
        return Cluster(name, self.path(name), ip or self.ip, port, self.path("database"),
                       self.path("ca"))

    # --- names

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def link(self, name, n):
        """"exchange", "database" or "gateway" of manager n."""
        return self.links[f"{name}-{n}"]

    @property
    def daemons(self):
        return [*self.managers, self.gateway]

    def sql(self, text, **more):
        return self.cluster.sql(text, **more)

    # --- what happened

    def note(self, what, **more):
        with self.writing:
            self.events.write(json.dumps({"at": now(), "what": what, **more}) + "\n")
            self.events.flush()

    def problem(self, what, text):
        """A promise was not kept: the run fails."""
        self.problems.append((what, text))
        self.note("problem", problem=what, text=text)

    def config_more(self, n):
        """Lines of manager n's configuration."""
        return ""

    def settings(self):
        """Of the database, by tegatactl."""
        return {}

    # --- start and end

    def start(self):
        from seed import database_fill, manager_config, gateway_config  # they need this module
        self.cluster.create()
        self.cluster.start()
        database_fill(self)
        for link in self.links.values():
            link.start()
        with open(self.gateway.config, "w", encoding="utf-8") as f:
            f.write(gateway_config(self))
        for n, manager in enumerate(self.managers):
            with open(manager.config, "w", encoding="utf-8") as f:
                f.write(manager_config(self, n))
        self.gateway.start()
        for manager in self.managers:
            manager.start()
        for daemon in self.daemons:
            if wait_until(daemon.ready, 30) is None:
                raise RuntimeError(f"{daemon.name} is not ready: {daemon.log_tail()}")
        self.probe.start()
        self.shop.start()
        for load in self.loads:
            load.start()

    def recover(self):
        """Waits for what faults took away beside phones' and shops' service."""

    def load_end(self):
        """Ends what asks beside the loads."""

    def stop(self):
        """Ends everything, whatever state it is in; the directory stays."""
        for load in self.loads:
            load.kill()
        self.shop.stop()
        self.probe.stop()
        for undo in reversed(self.at_end):
            try:
                undo()
            except Exception as why:  # the rest must be undone all the same
                self.note("not undone", why=str(why))
        for daemon in self.daemons:
            daemon.signal(signal.SIGCONT)  # a fault may have stopped it
            daemon.stop(3)
        for link in self.links.values():
            link.process.stop(3)
        self.cluster.stop()
        self.events.close()
        if self.lock:
            os.rmdir(self.lock)
            self.lock = None

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)
