#!/usr/bin/env python3
"""Simulated raters on one label server: how long it takes to answer, and whether a label is lost or doubled.

NUDGE=build/release/nudge bench/label_load.py [--raters 50] [--seconds 30] [--think 1.0] [--apart]

Each rater asks for a task, thinks (exponential, --think seconds on average; 0: as fast as it goes), submits, which brings the
next task, and so on. --apart asks for each task by a request of its own. One loop over plain sockets plays all raters and looks in the
answers for what it needs only, so that the raters cost little of the machine that they share with the server.
"""
import argparse
import heapq
import os
import pathlib
import random
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("NUDGE", "build/release/nudge")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "e2e"))
from label_client import Client, Server, write_comparisons  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--raters", type=int, default=50)
parser.add_argument("--seconds", type=float, default=30)
parser.add_argument("--think", type=float, default=1.0)
parser.add_argument("--comparisons", type=int, default=20000)
parser.add_argument("--apart", action="store_true")
arguments = parser.parse_args()


LENGTH, LEASE, DECISION = (re.compile(pattern) for pattern in (rb"(?i)content-length: (\d+)", rb'"lease":"(\w+)"', rb'"decision":(\d+)'))


def disk_sync_ms(folder):
    """The floor: what one small synced write costs here."""
    times = []
    with open(folder / "floor", "wb") as file:
        for _ in range(40):
            file.write(b"x" * 8192)
            before = time.perf_counter()
            file.flush()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times)


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Rater:
    """One browser with a connection; ask() sends, hear() takes what came and says whether the answer is whole."""

    def __init__(self, server, number):
        client = Client(server, f"rater {number}")
        self.head = (f"Host: {client.host}\r\nOrigin: http://{client.host}\r\nCookie: {client.cookie}\r\n"
                     "Content-Type: application/json\r\nContent-Length: ")
        self.port, self.count, self.name = server.port, 0, number
        self.rng, self.lease, self.acknowledged = random.Random(number), None, []
        self.what = self.answered = None  # what is asked now, and was asked last
        self.socket = None

    def connect(self):
        """The server may have closed the last connection, as it does with idle ones and in a crowd."""
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop.register(self.socket, selectors.EVENT_READ, self)

    def close(self):
        loop.unregister(self.socket)
        self.socket.close()
        self.socket = None

    def ask(self, what, body):
        if self.socket is None:
            self.connect()
        self.what, self.received, self.sent = what, b"", f"POST /api/{what} HTTP/1.1\r\n{self.head}{len(body)}\r\n\r\n{body}".encode()
        self.began = time.perf_counter()
        self.socket.sendall(self.sent)

    def next(self):
        self.ask("next", "{}")

    def submit(self):
        self.count += 1
        go_on = "false" if arguments.apart else "true"
        self.ask("submit", f'{{"nonce":"{self.name:08}-{self.count}","lease":"{self.lease}","outcome":"compared",'
                           f'"ranks":[0,1],"strength":2,"seconds":3.5,"next":{go_on}}}')

    def hear(self):
        more = self.socket.recv(1 << 16)
        if not more:
            assert self.what is None, "the server hung up"
            self.close()
            return False
        self.received += more
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return False
        if int(LENGTH.search(head)[1]) > len(body):
            return False
        assert head.startswith(b"HTTP/1.1 200"), body
        if b"Connection: close" in head:
            self.close()
        if self.what == "submit":
            self.acknowledged.append(int(DECISION.search(body)[1]))
        lease = LEASE.search(body)
        self.lease, self.answered, self.what = lease and lease[1].decode(), self.what, None
        return True


loop = selectors.DefaultSelector()


def rate(raters, seconds, times):
    """All raters in one loop, until that many seconds have passed."""
    waiting, until, begin = [], time.monotonic() + seconds, random.Random(0)
    for rater in raters:
        heapq.heappush(waiting, (time.monotonic() + begin.random() * arguments.think, rater.name, rater.next))
    open_requests = 0
    while time.monotonic() < until or open_requests:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now < until:
            heapq.heappop(waiting)[2]()
            open_requests += 1
        patience = min(waiting[0][0] - now, 0.1) if waiting else 0.1
        for key, _ in loop.select(max(0, patience)):
            rater = key.data
            if not rater.hear():
                continue
            times[rater.answered].append(time.perf_counter() - rater.began)
            open_requests -= 1
            pause = rater.rng.expovariate(1 / arguments.think) if arguments.think and rater.lease else 0
            heapq.heappush(waiting, (time.monotonic() + pause, rater.name, rater.submit if rater.lease else rater.next))


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    store = folder / "load.store"
    server = Server(store, "--import", write_comparisons(folder / "c.jsonl", arguments.comparisons))
    raters, times = [Rater(server, i) for i in range(arguments.raters)], {"next": [], "submit": []}
    before, own_before = processor_seconds(server.process.pid), time.process_time()
    rate(raters, arguments.seconds, times)
    processor, own = processor_seconds(server.process.pid) - before, time.process_time() - own_before
    server.stop()
    kept = [int(n) for n in subprocess.run(["sqlite3", store, "SELECT decision FROM votes"], capture_output=True, text=True,
                                           check=True).stdout.split()]
    print(f"floor: {disk_sync_ms(folder):.1f} ms for one synced write on this disk; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    everything = sorted(times["next"] + times["submit"])
    for what, list_ in [("next", sorted(times["next"])), ("submit", sorted(times["submit"])), ("all answers", everything)]:
        print(f"{what:12} {len(list_):6}  median {1000 * statistics.median(list_):6.1f} ms   "
              f"p95 {1000 * list_[int(0.95 * len(list_))]:6.1f} ms   worst {1000 * list_[-1]:6.1f} ms")
    acknowledged = [decision for rater in raters for decision in rater.acknowledged]
    print(f"processor time for a label: {1000 * processor / len(acknowledged):.2f} ms of the server, "
          f"{1000 * own / len(acknowledged):.2f} ms of the raters")
    lost, doubled = set(acknowledged) - set(kept), len(kept) - len(set(acknowledged))
    print(f"{len(acknowledged)} labels acknowledged ({len(acknowledged) / arguments.seconds:.0f}/s), {len(lost)} lost, {doubled} doubled")
    sys.exit(bool(lost or doubled))
