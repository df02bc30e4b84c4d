#!/usr/bin/env python3
"""Simulated raters on one label server: how long it takes to answer, and whether a label is lost or doubled.

NUDGE=build/release/nudge bench/label_load.py [--raters 50] [--seconds 30] [--think 1.0]

Each rater asks for a task, thinks (exponential, --think seconds on average; 0: as fast as it goes), submits, and so on.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

os.environ.setdefault("NUDGE", "build/release/nudge")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "e2e"))
from label_client import Client, Server, write_comparisons  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--raters", type=int, default=50)
parser.add_argument("--seconds", type=float, default=30)
parser.add_argument("--think", type=float, default=1.0)
parser.add_argument("--comparisons", type=int, default=20000)
arguments = parser.parse_args()


def disk_sync_ms(folder):
    """The floor: what one small synced write costs here."""
    times = []
    with open(folder / "floor", "wb") as file:
        for _ in range(40):
            file.write(b"x" * 8192)
            before = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times)


def rate(server, rater, until, times, acknowledged):
    client, rng = Client(server, f"rater {rater}"), random.Random(rater)
    while time.monotonic() < until:
        before = time.perf_counter()
        task = client.next()["task"]
        times["next"].append(time.perf_counter() - before)
        if arguments.think:
            time.sleep(rng.expovariate(1 / arguments.think))
        submission = client.submission(task)
        before = time.perf_counter()
        acknowledged.append(client.post("/api/submit", submission)["decision"])
        times["submit"].append(time.perf_counter() - before)


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    store = folder / "load.store"
    server = Server(store, "--import", write_comparisons(folder / "c.jsonl", arguments.comparisons))
    times, acknowledged = {"next": [], "submit": []}, []
    until = time.monotonic() + arguments.seconds
    raters = [threading.Thread(target=rate, args=(server, i, until, times, acknowledged)) for i in range(arguments.raters)]
    for thread in raters:
        thread.start()
    for thread in raters:
        thread.join()
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    processor = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    server.stop()
    kept = [int(n) for n in subprocess.run(["sqlite3", store, "SELECT decision FROM votes"], capture_output=True, text=True,
                                           check=True).stdout.split()]
    print(f"floor: {disk_sync_ms(folder):.1f} ms for one synced write on this disk; {os.cpu_count()} cores")
    everything = sorted(times["next"] + times["submit"])
    for what, list_ in [("next", sorted(times["next"])), ("submit", sorted(times["submit"])), ("all answers", everything)]:
        print(f"{what:12} {len(list_):6}  median {1000 * statistics.median(list_):6.1f} ms   "
              f"p95 {1000 * list_[int(0.95 * len(list_))]:6.1f} ms   worst {1000 * list_[-1]:6.1f} ms")
    print(f"processor time of the server: {1000 * processor / len(everything):.2f} ms an answer")
    lost, doubled = set(acknowledged) - set(kept), len(kept) - len(set(acknowledged))
    print(f"{len(acknowledged)} labels acknowledged ({len(acknowledged) / arguments.seconds:.0f}/s), {len(lost)} lost, {doubled} doubled")
    sys.exit(bool(lost or doubled))
