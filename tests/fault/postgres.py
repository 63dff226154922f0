# SPDX-License-Identifier: AGPL-3.0-or-later
"""A private PostgreSQL cluster: Unix socket for the harness, TCP with TLS for the managers.

Directories and settings may be changed by a fault's prepare(), before create().
"""
import csv
import io
import os
import signal
import subprocess
import time

from process import wait_until

BIN = os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin")
CRASH_SEEN_S = 0.3


class SqlError(Exception):
    pass


def as_server(command):
    """A server never runs as root."""
    if os.getuid() == 0:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
    return list(command)


class Cluster:
    def __init__(self, name, directory, ip, port, certificate=None, ca=None):
        self.name, self.directory, self.ip, self.port = name, directory, ip, port
        self.certificate, self.ca = certificate, ca  # PEM and .key beside it
        self.data = os.path.join(directory, "data")
        self.wal = None  # a directory of its own, on another file system
        self.log = os.path.join(directory, "server.log")
        self.settings = {}  # beside and instead of those in configuration()
        self.env = {}  # of the postmaster (libfaketime)

    # --- made once

    def configuration(self):
        settings = {
            "listen_addresses": f"'{self.ip}'", "port": self.port,
            "unix_socket_directories": f"'{self.directory}'", "unix_socket_permissions": "0777",
            "shared_buffers": "64MB", "max_connections": 60, "timezone": "'UTC'",
            "log_line_prefix": "'%m [%p] %a '", "max_wal_size": "512MB",
        }
        if self.certificate:
            settings |= {"ssl": "on", "ssl_cert_file": "'server.crt'",
                         "ssl_key_file": "'server.key'"}
        settings |= self.settings
        return "".join(f"{name} = {value}\n" for name, value in settings.items())

    def own(self, *paths):
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "postgres:", *paths], check=True)

    def create(self):
        os.makedirs(self.directory, exist_ok=True)
        os.chmod(self.directory, 0o755)
        self.own(self.directory)
        wal = ["--waldir", self.wal] if self.wal else []
        subprocess.run(as_server([f"{BIN}/initdb", "-D", self.data, "-U", "postgres",
                                  "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                                  "--no-sync", "--no-instructions", *wal]),
                       check=True, cwd="/", stdout=subprocess.DEVNULL)
        self.configure()

    def configure(self):
        """Certificate, settings and who is let in; also for a copy of another cluster."""
        self.write("tegata.conf", self.configuration())
        with open(os.path.join(self.data, "postgresql.conf"), encoding="utf-8") as f:
            known = "include 'tegata.conf'" in f.read()
        if not known:
            self.write("postgresql.conf", "include 'tegata.conf'\n", "a")
            self.write("pg_hba.conf", "host all,replication all 127.0.0.0/8 trust\n", "a")
        if self.certificate:
            for name, path in (("server.crt", self.certificate + ".pem"),
                               ("server.key", self.certificate + ".key")):
                with open(path, encoding="ascii") as f:
                    self.write(name, f.read())

    def write(self, name, text, mode="w"):
        path = os.path.join(self.data, name)
        with open(path, mode, encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, 0o600)
        self.own(path)

    # --- its life

    def ctl(self, *arguments, check=True):
        return subprocess.run(as_server([f"{BIN}/pg_ctl", "-D", self.data, *arguments]), cwd="/",
                              env={**os.environ, **self.env}, check=check, capture_output=True,
                              stdin=subprocess.DEVNULL)

    def start(self, seconds=60):
        """Until it takes connections: the seconds that this took.  A postmaster that was killed
        leaves children for a moment; the next one refuses to start until they are gone."""
        began = time.monotonic()
        while True:
            with open(self.log, "ab") as log:
                os.fchmod(log.fileno(), 0o666)
            # pg_ctl would hand its pipes on to the server.
            subprocess.run(as_server([f"{BIN}/pg_ctl", "-D", self.data, "-l", self.log, "-W",
                                      "start"]), cwd="/", env={**os.environ, **self.env},
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
            left = seconds - (time.monotonic() - began)
            if wait_until(self.takes, min(left, 5)) is not None:
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                raise SqlError(f"{self.name} does not start")

    def takes(self):
        return subprocess.run([f"{BIN}/pg_isready", "-q", "-h", self.directory, "-p",
                               str(self.port)], check=False).returncode == 0

    def back(self, seconds=60):
        """After a crash of a backend: until questions are answered again.  The postmaster needs a
        moment to see that one has died; what is answered before that says nothing."""
        time.sleep(CRASH_SEEN_S)
        return wait_until(self.answers, seconds, 0.05)

    def answers(self):
        try:
            return self.value("SELECT 1", seconds=5) == "1"
        except SqlError:
            return False

    def postmaster(self):
        """Its process id, or None."""
        try:
            with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as f:
                pid = int(f.readline())
            os.kill(pid, 0)
            return pid
        except (OSError, ValueError):
            return None

    def kill_postmaster(self):
        pid = self.postmaster()
        if pid:
            os.kill(pid, signal.SIGKILL)

    def stop(self, mode="immediate"):
        if self.postmaster():
            self.ctl("-m", mode, "-w", "-t", "30", "stop", check=False)

    # --- questions

    def sql(self, text, database="tegata", user="postgres", seconds=60):
        """Rows as lists of texts; NULL is ''."""
        out = self.psql(["--csv", "-t"], text, database, user, seconds)
        return list(csv.reader(io.StringIO(out)))

    def value(self, text, **more):
        rows = self.sql(text, **more)
        return rows[0][0] if rows else None

    def psql(self, options, text, database="tegata", user="postgres", seconds=60):
        try:
            done = subprocess.run(
                [f"{BIN}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-p",
                 str(self.port), "-U", user, "-d", database, *options, "-f", "-"],
                input=text, capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired as why:
            raise SqlError(f"no answer within {seconds} s: {text[:80]}") from why
        if done.returncode:
            raise SqlError(done.stderr.strip()[-500:])
        return done.stdout

    def session(self):
        """A session that stays open, for locks."""
        return Session(self)

    def backends(self):
        """Process ids of the managers' sessions."""
        return [int(row[0]) for row in self.sql(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
            "AND usename = 'tegata_ledger' ORDER BY pid")]


class Session:
    """psql that stays: run() sends statements, and waits until they were done."""

    def __init__(self, cluster):
        self.psql = subprocess.Popen(
            [f"{BIN}/psql", "-X", "-q", "-At", "-h", cluster.directory, "-p", str(cluster.port),
             "-U", "postgres", "-d", "tegata", "-f", "-"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def run(self, text):
        """False where the session was ended."""
        try:
            self.psql.stdin.write(text + ";\n\\echo done\n")
            self.psql.stdin.flush()
            while True:
                line = self.psql.stdout.readline()
                if line.strip() == "done" or not line:
                    return bool(line)
        except (OSError, ValueError):
            return False

    def close(self):
        try:
            self.psql.stdin.close()
        except OSError:
            pass
        self.psql.stdout.close()
        try:
            self.psql.wait(10)
        except subprocess.TimeoutExpired:
            self.psql.kill()
            self.psql.wait()
