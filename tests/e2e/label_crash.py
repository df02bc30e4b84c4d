"""No label is lost: the server is killed at random moments under eight raters, and the disk fills up. Every label that was
acknowledged must be in the store once, whatever happened. `--seconds N` kills for longer than the test suite does."""

import http.client
import os
import random
import resource
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

from harness import fresh, main
from label_client import Client, Server, write_comparisons

SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[1] == "--seconds" else 20
RATERS = 8


def kept_labels(store):
    """Nonce -> number of the labels in the store, undone ones too; and the pairs (rater, comparison) of labels in force."""
    with sqlite3.connect(store) as connection:
        rows = connection.execute("SELECT number, nonce FROM events WHERE kind = 'decided'").fetchall()
        pairs = connection.execute("SELECT rater, comparison FROM votes WHERE json_extract(body, '$.extra.role') <> 'repeat'").fetchall()
    connection.close()
    return {nonce.split(":")[1]: number for number, nonce in rows}, pairs, len(rows)


class Rater(threading.Thread):
    """Labels on while servers come and go; a submission without an answer is sent again as it was, as the page does."""

    def __init__(self, name, servers):
        super().__init__()
        self.rater, self.servers, self.acknowledged, self.stop, self.trouble = name, servers, {}, False, None
        self.undone = set()

    def run(self):
        rng, client, pending = random.Random(self.rater), None, None
        while not self.stop:
            try:
                if client is None:
                    client = Client(self.servers[-1], self.rater)
                if pending is None:
                    task = client.next()["task"]
                    if task is None:
                        return
                    client.post("/api/draft", {"lease": task["lease"], "comparison": task["comparison"], "draft": {"strength": 1}})
                    pending = client.submission(task, outcome=rng.choice(["compared", "both_bad", "skipped", "cannot_judge"]))
                status, answer = client.send("POST", "/api/submit", pending)
                if status == 200:
                    self.acknowledged[pending["nonce"]] = answer["decision"]
                    if rng.random() < 0.1:
                        self.undo(client, answer["decision"])
                elif status == 401:  # another server, at the same port
                    client = None
                elif status not in (503,):
                    self.trouble = (status, answer)
                    return
                pending = None if status == 200 else pending
                time.sleep(rng.random() * 0.02)
            except (OSError, AssertionError, ValueError, http.client.HTTPException):
                client = None  # the server is gone; its successor has another link
                time.sleep(0.02)

    def undo(self, client, decision):
        self.undone.add(decision)  # asked for; whether it was done shows in the log
        client.post("/api/undo", {"nonce": f"undo {decision} {self.rater}", "decision": decision})


class Crash(unittest.TestCase):
    def account_for(self, store, raters):
        kept, pairs, count = kept_labels(store)
        for rater in raters:
            self.assertIsNone(rater.trouble)
            for nonce, decision in rater.acknowledged.items():
                self.assertEqual(kept.get(nonce), decision, "an acknowledged label was lost")
        self.assertEqual(len(kept), count, "a label was doubled")
        self.assertEqual(len(pairs), len(set(pairs)), "a rater has two labels of one comparison in force")
        acknowledged = sum(len(rater.acknowledged) for rater in raters)
        print(f"{acknowledged} labels acknowledged, {count} in the store")
        return acknowledged

    def test_killed_at_random_moments(self):
        folder, rng = fresh("label_crash"), random.Random(os.environ.get("CRASH_SEED", "1"))
        store = folder / "s.store"
        servers = [Server(store, "--import", write_comparisons(folder / "c.jsonl", int(4000 + 200 * SECONDS)))]
        raters = [Rater(f"rater {i}", servers) for i in range(RATERS)]
        for rater in raters:
            rater.start()
        kills, until = 0, time.monotonic() + SECONDS
        while time.monotonic() < until:
            time.sleep(rng.random() * 1.5)
            servers[-1].kill()
            kills += 1
            servers.append(Server(store))  # checks the file and the whole chain
        for rater in raters:
            rater.stop = True
        for rater in raters:
            rater.join()
        servers[-1].stop()
        print(f"killed {kills} times in {SECONDS:.0f} s:", end=" ")
        self.assertGreater(self.account_for(store, raters), 50)

    def fill(self, store, server, make_space):
        """Labels until nothing more fits, then makes space; the refused label must go through unchanged."""
        client, acknowledged, refused = Client(server, "ann"), {}, None
        for _ in range(5000):
            status, answer = client.send("POST", "/api/next", {})
            if status != 200:
                break
            submission = client.submission(answer["task"], comment="x" * 15000)
            status, answer = client.send("POST", "/api/submit", submission)
            if status != 200:
                refused = submission
                break
            acknowledged[submission["nonce"]] = answer["decision"]
        self.assertEqual((status, answer["code"]), (503, "read_only"), answer)
        self.assertRegex(answer["error"], "disk|writ")
        self.assertGreater(len(acknowledged), 3)
        self.assertTrue(client.get("/api/session")["read_only"])
        self.assertGreater(len(client.get("/api/history")["decisions"]), 3)  # reading goes on
        make_space()
        for _ in range(50):
            if client.get("/api/session")["read_only"] is None:
                break
            time.sleep(0.2)
        if refused is None:  # it was the task that did not fit
            refused = client.submission(client.next()["task"])
        acknowledged[refused["nonce"]] = client.post("/api/submit", refused)["decision"]
        server.stop()
        kept, _, count = kept_labels(store)
        self.assertEqual(count, len(acknowledged))
        self.assertEqual(kept, acknowledged)
        Server(store).stop()  # sound

    def test_full_disk(self):
        folder = fresh("label_full")
        small = folder / "small"
        small.mkdir()
        mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)],
                                                       capture_output=True).returncode == 0
        if not mounted:
            self.skipTest("mounting a small file system needs root")
        try:
            ballast = small / "ballast"
            ballast.write_bytes(b"x" * (1 << 20))
            server = Server(small / "s.store", "--import", write_comparisons(folder / "c.jsonl", 200))
            self.fill(small / "s.store", server, ballast.unlink)
        finally:
            subprocess.run(["umount", "-l", str(small)], check=True)

    def test_limit_of_file_size(self):
        folder = fresh("label_limit")
        server = Server(folder / "s.store", "--import", write_comparisons(folder / "c.jsonl", 200),
                        preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY)))
        self.fill(folder / "s.store", server,
                  lambda: resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2))


if __name__ == "__main__":
    main()
