#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bad network of the fault harness: what each command does to TCP and to Unix sockets."""
import contextlib
import errno
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/fault"))
from proxy import PROGRAM, Proxy, ProxyError  # noqa: E402

n_tests = 0
n_failed = 0


def ok(is_good, name):
    global n_tests, n_failed
    n_tests += 1
    n_failed += not is_good
    print(f"{'ok' if is_good else 'not ok'} {n_tests} - {name}", flush=True)


class Echo:
    """A server that says back what it hears; keeps what it heard of each connection."""

    def __init__(self, family, address):
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.bind(address)
        self.listener.listen(64)
        self.heard, self.ends, self.socks = [], [], []
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def address(self):
        name = self.listener.getsockname()
        return f"unix:{name}" if isinstance(name, str) else f"{name[0]}:{name[1]}"

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                self.socks.append(sock)
                self.heard.append(bytearray())
                threading.Thread(target=self.serve, args=(sock, self.heard[-1]),
                                 daemon=True).start()

    def serve(self, sock, heard):
        try:
            while octets := sock.recv(65536):
                heard += octets
                sock.sendall(octets)
            self.ends.append("fin")
            sock.close()
        except ConnectionResetError:
            self.ends.append("rst")
        except OSError as why:
            self.ends.append(str(why))

    def saw_end(self, how, n):
        """Did a connection end so, behind the first n ends?  It is another thread that sees it."""
        until = time.monotonic() + 5
        while how not in self.ends[n:] and time.monotonic() < until:
            time.sleep(0.01)
        return how in self.ends[n:]

    def close(self):
        self.listener.close()


def dial(link, seconds=3):
    if link.address.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX)
        name = link.address[5:]
    else:
        sock = socket.socket()
        name = ("127.0.0.1", link.port)
    sock.settimeout(seconds)
    try:
        sock.connect(name)
    except OSError:
        sock.close()
        raise
    return sock


def said_back(sock, octets, seconds=3):
    """What comes back for octets, and after how long; b"" where nothing comes in time."""
    began, back = time.monotonic(), b""
    sock.settimeout(seconds)
    try:
        sock.sendall(octets)
        while len(back) < len(octets):
            more = sock.recv(65536)
            if not more:
                break
            back += more
    except OSError:
        pass
    return back, time.monotonic() - began


def end_of(sock, seconds=3):
    sock.settimeout(seconds)
    try:
        while sock.recv(65536):
            pass
        return "fin"
    except ConnectionResetError:
        return "rst"
    except OSError:
        return "open"


def both_sorts(link, server):
    """What holds of Unix sockets as of TCP."""
    sort = "unix" if link.address.startswith("unix:") else "tcp"
    big = os.urandom(3 << 20)
    with dial(link) as sock:
        back = bytearray()
        sender = threading.Thread(target=sock.sendall, args=(big,))
        sender.start()
        while len(back) < len(big) and (more := sock.recv(65536)):
            back += more
        sender.join()
        ok(bytes(back) == big, f"{sort}: three megabytes come back as they were")
        sock.shutdown(socket.SHUT_WR)
        ok(end_of(sock) == "fin", f"{sort}: an end of file is passed on, both ways")

    with dial(link) as sock:
        link("delay both 100")
        back, took = said_back(sock, b"later")
        ok(back == b"later" and 0.2 <= took < 2, f"{sort}: delayed both ways")
        link("pass")
        back, took = said_back(sock, b"now")
        ok(back == b"now" and took < 0.2, f"{sort}: and no more")
        link("hold down")
        ok(said_back(sock, b"hold", 0.3)[0] == b"", f"{sort}: held: nothing comes")
        ok(server.heard[-1].endswith(b"hold"), f"{sort}: though it was heard")
        link("pass")
        sock.settimeout(3)
        ok(sock.recv(100) == b"hold", f"{sort}: and comes when all is well")
        link("swallow up")
        ok(said_back(sock, b"lost", 0.3)[0] == b"", f"{sort}: swallowed: nothing comes")
        ok(not server.heard[-1].endswith(b"lost"), f"{sort}: nor was it heard")
        link("pass")
        ok(end_of(sock) != "open", f"{sort}: a stream that lost octets does not go on")

    with dial(link) as sock:
        said_back(sock, b"x")
        n = len(server.ends)
        link("cut fin server")
        ok(server.saw_end("fin", n), f"{sort}: one side cut: the server knows")
        ok(said_back(sock, b"hello?", 0.3)[0] == b"", f"{sort}: the client does not")
        link("pass")
        ok(end_of(sock) != "open", f"{sort}: until all is well")

    held = dial(link)
    held.sendall(b"1")
    link("refuse")
    refused = False
    try:
        dial(link).close()
    except (ConnectionRefusedError, FileNotFoundError):
        refused = True
    ok(refused, f"{sort}: refused")
    ok(said_back(held, b"2")[0] != b"", f"{sort}: what was there goes on")
    held.close()
    link("pass")
    with dial(link) as sock:
        ok(said_back(sock, b"again")[0] == b"again", f"{sort}: listens again at the same address")


def tcp(link, server):
    for how in ("rst", "fin"):
        with dial(link) as sock:
            said_back(sock, b"x")
            n = len(server.ends)
            link(f"cut {how}")
            ok(end_of(sock) == how, f"cut with {how}: the client sees it")
            ok(server.saw_end(how, n), f"cut with {how}: the server too")

    with dial(link) as sock:
        said_back(sock, b"x")
        link("blackhole")
        ok(said_back(sock, b"dark", 0.3)[0] == b"", "black hole: nothing comes")
        try:
            dial(link, 0.5).close()
            answer = "connected"
        except OSError as why:
            answer = why
        ok(isinstance(answer, TimeoutError), f"black hole: no answer to a SYN ({answer})")
        waiting = socket.socket()
        waiting.setblocking(False)
        ok(waiting.connect_ex(("127.0.0.1", link.port)) == errno.EINPROGRESS, "a SYN is sent")
        link("pass")
        sock.settimeout(3)
        ok(sock.recv(100) == b"dark", "after it the network delivers what was repeated")
        waiting.setblocking(True)
        ok(said_back(waiting, b"through", 5)[0] == b"through", "and the SYN that is repeated")
        waiting.close()
        n = link.status()["connections"]
        time.sleep(0.2)
        ok(n <= 2, f"nothing else was connected ({n})")

    with dial(link) as sock:
        link("throttle down 20000")
        back, took = said_back(sock, bytes(10000), 5)
        ok(len(back) == 10000 and 0.3 < took < 2, f"throttled to 20,000 octets a second: {took:.2f} s")
        link("pass")


def distorted(server, command, seed):
    """What comes of 100,000 octets."""
    link = Proxy("127.0.0.1:0", server.address, seed)
    link(command)
    octets = bytes(range(250)) * 400
    with dial(link) as sock:
        sock.sendall(octets)
        sock.shutdown(socket.SHUT_WR)
        end_of(sock)
    got = bytes(server.heard[-1])
    status = link.status()
    link.stop()
    return octets, got, status


def changed(server):
    sent, got, status = distorted(server, "flip up 100", 5)
    differs = [a ^ b for a, b in zip(sent, got) if a != b]
    ok(len(sent) == len(got) and 800 < len(differs) < 1200, f"one octet of 100 is flipped ({len(differs)})")
    ok(all(x & (x - 1) == 0 for x in differs), "by one bit")
    ok(status["flipped"] == len(differs), "and counted")
    ok(distorted(server, "flip up 100", 5)[1] == got, "a seed repeats it")
    ok(distorted(server, "flip up 100", 6)[1] != got, "another one does not")
    sent, got, status = distorted(server, "double up 100", 5)
    more = len(got) - len(sent)
    ok(800 < more < 1200 and status["doubled"] == more, f"one octet of 100 comes twice ({more})")


def wrong(link):
    for command in ("", "fly", "cut", "cut off", "delay up", "hold left", "cut rst nobody",
                    "target nowhere"):
        try:
            link(command)
            ok(False, f"'{command}' is refused")
        except ProxyError:
            ok(True, f"'{command}' is refused")
    ok("connections" in link.status(), "and it goes on")


def controlled(directory, server):
    """By a Unix socket, as the harness does."""
    path = os.path.join(directory, "control")
    process = subprocess.Popen([PROGRAM, "--listen", "127.0.0.1:0", "--target", server.address,
                                "--control", path], stdout=subprocess.PIPE, text=True)
    port = int(process.stdout.readline().rpartition(":")[2])

    def say(line):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(3)
            sock.connect(path)
            sock.sendall(line)
            try:
                return sock.recv(300).decode().split()[:1]
            except ConnectionResetError:
                return []

    ok(say(b"delay both 10\n") == ["ok"], "a command by the control socket")
    ok(say(b"x" * 1000) == [], "one that is longer than any is not waited for")
    ok(say(b"pass\n") == ["ok"], "and it goes on")
    with socket.create_connection(("127.0.0.1", port), 3) as sock:
        ok(said_back(sock, b"through")[0] == b"through", "octets go through")
    process.terminate()
    process.wait()
    process.stdout.close()


def main():
    with tempfile.TemporaryDirectory(prefix="tegata-") as directory:
        server = Echo(socket.AF_INET, ("127.0.0.1", 0))
        link = Proxy("127.0.0.1:0", server.address)
        both_sorts(link, server)
        tcp(link, server)
        changed(server)
        wrong(link)
        controlled(directory, server)
        link.stop()
        ok(link.process.returncode == 0, "it ends with its input")
        gone = Proxy("127.0.0.1:0", server.address)
        server.close()
        server = Echo(socket.AF_UNIX, os.path.join(directory, "server"))
        gone(f"target {server.address}")
        with dial(gone) as sock:
            ok(said_back(sock, b"there")[0] == b"there", "sent to another target from now on")
        gone.stop()
        link = Proxy(f"unix:{directory}/link", server.address)
        both_sorts(link, server)
        link("blackhole")
        link("pass")
        with dial(link) as sock:
            ok(said_back(sock, b"x")[0] == b"x", "unix: a black hole ends")
        server.close()
        os.unlink(os.path.join(directory, "server"))
        with dial(link) as sock:
            ok(end_of(sock) != "open", "unix: without a server the client is cut")
        link.stop()
        ok(not os.path.exists(f"{directory}/link"), "unix: nothing is left behind")
    print(f"1..{n_tests}")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
