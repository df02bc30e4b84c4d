"""nudge label: what raters and the owner can do over HTTP, and what nobody else can."""

import hashlib
import json
import os
import pathlib
import random
import select
import signal
import socket
import sqlite3
import stat
import time
import unittest

from harness import fresh, main, nudge
from label_client import Client, Server, write_comparisons


def exchange(port, data, timeout=15.0, end=False):
    """Sends bytes as they are, and no more of them if `end`; everything that came back until the server closed, or the
    time was over, which is no answer at all if `end`."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        answer = b""
        try:
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            # else it had seen enough
        try:
            while some := connection.recv(65536):
                answer += some
        except ConnectionResetError:
            pass
        except TimeoutError:
            if end:
                raise
        return answer


class Label(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = fresh("label")
        cls.comparisons = write_comparisons(cls.folder / "comparisons.jsonl", 200)
        cls.store = cls.folder / "answers.store"
        cls.server = Server(cls.store, "--import", cls.comparisons, "--overlap_share", 0, "--repeat_share", 0)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def browser(self, rater=None, owner=True):
        owners = Client(self.server, rater)
        if owner:
            return owners
        link = owners.get("/api/owner/summary")["rater_link"]
        return Client(self.server, rater, token=link.split("token=")[1])

    def head(self, client=None, method="POST", path="/api/next", **changes):
        """A request that would be answered, with headers changed or (None) left out."""
        host = f"127.0.0.1:{self.server.port}"
        headers = {"Host": host, "Origin": f"http://{host}", "Content-Type": "application/json", "Content-Length": "2",
                   "Cookie": client.cookie if client else None, "Connection": "close"}
        headers.update({name.replace("_", "-"): value for name, value in changes.items()})
        lines = [f"{method} {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return ("\r\n".join(lines) + "\r\n\r\n{}").encode()

    def status(self, data):
        answer = exchange(self.server.port, data)
        return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else None

    def test_a_rater_labels_and_takes_back(self):
        ann = self.browser("ann", owner=False)
        self.assertEqual(ann.get("/api/session")["rater"], "ann")
        task = ann.next()["task"]
        self.assertEqual(task["mode"], "pair")
        ann.post("/api/draft", {"comparison": task["comparison"], "lease": task["lease"], "draft": {"strength": 4}})
        self.assertEqual(ann.next()["task"]["draft"], {"strength": 4})
        self.assertGreater(ann.post("/api/renew", {"comparison": task["comparison"], "lease": task["lease"]})["expires_seconds"], 100)
        submission = ann.submission(task, comment="<script>alert(1)</script>", flags=["odd"])
        first = ann.post("/api/submit", submission)
        self.assertEqual(first["status"], "saved")
        self.assertEqual(ann.post("/api/submit", submission), first)
        undone = ann.post("/api/undo", {"nonce": "undo-nonce", "decision": first["decision"]})
        self.assertEqual(undone["task"]["draft"]["comment"], "<script>alert(1)</script>")
        self.assertEqual(undone["task"]["answers"], task["answers"])
        again = ann.submit(undone["task"], outcome="skipped")
        self.assertEqual([d["ranks"] for d in ann.get("/api/history")["decisions"]], [[], [0, 1]])  # as it was shown
        self.assertEqual([(d["outcome"], d["undone"]) for d in ann.get("/api/history")["decisions"]],
                         [("skipped", False), ("compared", True)])
        self.assertEqual(again["status"], "saved")

    def test_an_answer_brings_the_next_task(self):
        ann = self.browser("ann the fast", owner=False)
        submission = ann.submission(ann.next()["task"], next=True)
        reply = ann.post("/api/submit", submission)
        self.assertNotEqual(reply["next"]["task"]["lease"], submission["lease"])
        self.assertEqual(reply["next"]["task"]["lease"], ann.next()["task"]["lease"])
        session = ann.get("/api/session")
        self.assertEqual({**reply["session"], "today": 0}, {**session, "today": 0})  # midnight may lie between
        again = ann.post("/api/submit", submission)  # its answer was lost on the way
        self.assertEqual((again["decision"], again["next"]["task"]["lease"]), (reply["decision"], reply["next"]["task"]["lease"]))
        self.assertEqual(len(ann.get("/api/history")["decisions"]), 1)
        status, answer = ann.send("POST", "/api/submit", {**submission, "nonce": "another nonce"})
        self.assertEqual((status, answer["code"]), (409, "lease_lost"))
        self.assertEqual(ann.send("POST", "/api/submit", {**submission, "next": "yes"})[0], 400)

    def test_nothing_tells_where_a_task_comes_from(self):
        # The lease is random digits, which may well spell "c4.
        task = json.dumps({**self.browser("nosy").next()["task"], "comparison": 0, "prompt": 0, "lease": ""})
        self.assertNotRegex(task, r'made|source|model|"[cmp]\d')

    def test_only_the_owner_owns(self):
        rater = self.browser("bob", owner=False)
        for method, path in [("GET", "/api/owner/summary"), ("GET", "/api/owner/settings"), ("GET", "/api/flagged"),
                             ("GET", "/api/owner/export?format=events"), ("POST", "/api/owner/settings"),
                             ("POST", "/api/owner/guidelines"), ("POST", "/api/owner/backup")]:
            status, answer = rater.send(method, path, {} if method == "POST" else None)
            self.assertEqual((status, answer["code"]), (403, "not_owner"), path)

    def test_the_owner_changes_settings_and_guidelines(self):
        owner = self.browser("owner")
        before = owner.get("/api/owner/settings")
        self.assertEqual(owner.post("/api/owner/settings", {"gold_share": 0.1})["gold_share"], 0.1)
        status, answer = owner.send("POST", "/api/owner/settings", {"overlap": 0})
        self.assertEqual((status, answer["code"]), (400, "bad_request"))
        owner.send("POST", "/api/owner/settings", {"gold_share": before["gold_share"]})
        version = owner.post("/api/owner/guidelines", {"text": "Be fair."})["version"]
        self.assertEqual(owner.get("/api/session")["guidelines"], {"version": version, "text": "Be fair."})

    def test_the_backup_is_a_store(self):
        owner = self.browser("owner")
        files = [owner.post("/api/owner/backup", {})["file"] for _ in range(5)]  # several a second
        self.assertEqual(len(set(files)), 5)
        file = self.folder / files[-1]
        server = Server(file)
        self.assertEqual(Client(server, "x").next()["task"]["mode"], "pair")
        server.stop()

    def test_names(self):
        browser = self.browser()
        status, answer = browser.send("POST", "/api/next", {})
        self.assertEqual((status, answer["code"]), (403, "unnamed"))
        for name in ["", " ", "a\nb", "x" * 65, "left\u202eright", 5, None]:
            self.assertEqual(browser.send("POST", "/api/session", {"rater": name})[0], 400, name)
        self.assertEqual(browser.post("/api/session", {"rater": "Zoë 李"})["rater"], "Zoë 李")

    def test_nothing_without_the_token(self):
        for path in ["/", "/index.html", "/assets/index.js", "/api/session", "/api/health", "/api/owner/export", "/nowhere"]:
            answer = exchange(self.server.port, self.head(method="GET", path=path, Content_Length=None))
            self.assertTrue(answer.startswith(b"HTTP/1.1 401 "), path)
            head, body = answer.split(b"\r\n\r\n", 1)
            if path.startswith("/api/"):
                self.assertEqual(json.loads(body)["code"], "unauthorised")
            else:  # what a person opens gets a page that says so, and nothing of the store
                self.assertIn(b"text/html", head)
                self.assertIn(b"This link has ended", body)
                for secret in [b"answers.store", b"<script", b"<a ", b"<link"]:
                    self.assertNotIn(secret, body)
        self.assertEqual(self.status(self.head()), 401)
        for token in ["", "0" * 64, self.server.token[:-1], self.server.token + "0", self.server.token.upper(), "%00"]:
            self.assertEqual(self.status(self.head(method="GET", path=f"/?token={token}", Content_Length=None)), 401, token)

    def test_forged_cookies(self):
        client = self.browser("ann", owner=False)
        name, value = client.cookie.split("=", 1)
        text, signature = value.split(".")
        session, owner, rater = json.loads(bytes.fromhex(text))
        for forged in ["", ".", "x.y", text + ".", text + "." + "0" * 64, "." + signature,
                       json.dumps([session, True, rater]).encode().hex() + "." + signature, value + "0", value * 2]:
            self.assertEqual(self.status(self.head(Cookie=f"{name}={forged}")), 401, forged)
        self.assertEqual(self.status(self.head(Cookie=f"other=1; {client.cookie}; more=2")), 200)

    def test_forged_hosts_and_origins(self):
        client, port = self.browser("ann"), self.server.port
        self.assertEqual(self.status(self.head(client)), 200)
        for host in [None, "", "127.0.0.1", f"127.0.0.1:{port + 1}", f"evil.example:{port}", "evil.example",
                     f"127.0.0.1.evil.example:{port}", f"127.0.0.1:{port}.evil.example", f"localhost:{port}@evil.example"]:
            self.assertEqual(self.status(self.head(client, Host=host)), 421, host)
        for name in ["localhost", "[::1]"]:
            self.assertEqual(self.status(self.head(client, Host=f"{name}:{port}", Origin=f"http://{name}:{port}")), 200)
        for origin in [None, "", "null", f"https://127.0.0.1:{port}", "http://evil.example", f"http://127.0.0.1:{port + 1}",
                       f"http://localhost:{port}", f"http://127.0.0.1:{port}.evil.example"]:
            self.assertEqual(self.status(self.head(client, Origin=origin)), 403, origin)
        for site in ["cross-site", "same-site", "nonsense"]:
            self.assertEqual(self.status(self.head(client, Sec_Fetch_Site=site)), 403, site)
            self.assertEqual(self.status(self.head(client, "GET", "/api/session", Content_Length=None, Sec_Fetch_Site=site)), 403)
        self.assertEqual(self.status(self.head(client, Sec_Fetch_Site="same-origin")), 200)
        for kind in [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]:
            self.assertEqual(self.status(self.head(client, Content_Type=kind)), 415, kind)

    def test_a_link_opened_from_another_site_keeps_its_cookie(self):
        data = self.head(method="GET", path=f"/?token={self.server.token}", Content_Length=None, Sec_Fetch_Site="cross-site")
        answer = exchange(self.server.port, data)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "))
        self.assertIn(b"http-equiv", answer)

    def test_headers_of_every_answer(self):
        for data in [self.head(), self.head(self.browser("ann")), b"GET / HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n"]:
            answer = exchange(self.server.port, data).split(b"\r\n\r\n")[0].lower()
            for header in [b"content-security-policy: default-src 'none'", b"x-content-type-options: nosniff",
                           b"frame-ancestors 'none'"]:
                self.assertIn(header, answer)
            self.assertNotIn(b"access-control", answer)
        cookie = exchange(self.server.port, self.head(method="GET", path=f"/?token={self.server.token}", Content_Length=None))
        self.assertIn(b"HttpOnly; SameSite=Strict", cookie)

    def test_limits_of_size(self):
        client = self.browser("ann")
        self.assertEqual(self.status(self.head(client, "GET", "/" + "x" * 3000, Content_Length=None)), 414)
        self.assertIn(self.status(self.head(client, "GET", "/" + "x" * 9000, Content_Length=None)), (414, 400))
        self.assertIn(self.status(self.head(client, "GET", "/" + "x" * 50000, Content_Length=None)), (414, 400, None))
        self.assertEqual(self.status(self.head(client, X_Long="y" * 7000)), 200)
        self.assertIn(self.status(self.head(client, **{f"X_{i}": "y" * 7000 for i in range(8)})), (400, None))
        self.assertEqual(self.status(self.head(client, Content_Length=str(2 << 20))), 413)
        self.assertEqual(self.status(self.head(client, Content_Length=None)), 411)
        for length in ["-1", "abc", "1e3", "18446744073709551617"]:
            self.assertEqual(self.status(self.head(client, Content_Length=length)), 411, length)
        self.assertEqual(self.status(self.head(client, Transfer_Encoding="chunked")), 415)
        self.assertEqual(self.status(self.head(client, Content_Encoding="gzip")), 415)
        for method in ["PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "PATCH"]:
            self.assertIn(self.status(self.head(client, method)), (405, 415, 400), method)
        large = client.submission(client.next()["task"], comment="x" * 900_000)
        self.assertEqual(client.send("POST", "/api/submit", large)[0], 400)

    def test_deep_and_broken_json(self):
        client = self.browser("ann")
        for body in ["", "{", "[]", "null", "1", "[" * 100_000, "{\"a\":" * 5000, "{\"a\":1,\"a\":2}", "\xff"]:
            headers = {"Content-Type": "application/json", "Origin": f"http://{client.host}"}
            status, _, data = client.raw("POST", "/api/submit", body.encode("latin-1"), headers)
            self.assertEqual((status, json.loads(data)["code"]), (400, "bad_request"), body[:20])

    def test_ranks_are_integers(self):
        client = self.browser("half a rank")
        task = client.next()["task"]
        for ranks in [[0.5, 1], [1e19, 0], [True, False], ["0", "1"], {"0": 1}, [[0], [1]], [-1, 0], [0, 2**63]]:
            status, answer = client.send("POST", "/api/submit", client.submission(task, ranks=ranks))
            self.assertEqual((status, answer["code"]), (400, "bad_request"), ranks)

    def test_a_thousand_malformed_requests(self):
        """Requests with a few bytes changed, cut or doubled: an answer or a closed connection, and no harm."""
        client = self.browser("mallory")
        labels = client.get("/api/history")
        seeds = [self.head(client), self.head(client, "GET", "/api/history", Content_Length=None),
                 self.head(client, path="/api/submit"), self.head(client, Range="bytes=0-,5-9,-3"),
                 self.head(client, Expect="100-continue"), self.head(client, Transfer_Encoding="chunked")]
        rng = random.Random(1)
        for _ in range(1000):
            data = bytearray(rng.choice(seeds))
            for _ in range(rng.randint(1, 8)):
                at = rng.randrange(len(data))
                change = rng.randrange(4)
                if change == 0:
                    data[at] = rng.randrange(256)
                elif change == 1:
                    del data[at:at + rng.randint(1, 20)]
                elif change == 2:
                    data[at:at] = data[at:at + rng.randint(1, 40)] * rng.randint(1, 5)
                else:
                    data[at:at] = rng.choice([b"\r\n", b"\0", b"%", b": ", b"\r\n\r\n", b"{" * 50, b"\xff\xfe"])
                if not data:
                    data = bytearray(b"\n")
            with self.subTest(request=bytes(data)):
                answer = exchange(self.server.port, bytes(data), timeout=60, end=True)
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 "), answer[:100])
                self.assertFalse(answer.startswith(b"HTTP/1.1 500"), answer[:1000])
        self.assertEqual(client.get("/api/history"), labels)
        self.assertIsNone(self.server.process.poll())

    def test_slow_clients_lose_their_connection_and_others_are_served(self):
        host = f"127.0.0.1:{self.server.port}"
        client = self.browser("ann")
        slow = {socket.create_connection(("127.0.0.1", self.server.port), timeout=60) for _ in range(40)}
        self.addCleanup(lambda all=list(slow): [connection.close() for connection in all])
        for connection in slow:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: ".encode())
        served, until = 0, time.monotonic() + 120
        while slow and time.monotonic() < until:
            client.get("/api/session")
            readable, _, _ = select.select(slow, [], [], 0)
            served += len(slow) == 40 and not readable  # answered while all of them were before the server
            for connection in list(slow):
                try:
                    if connection in readable and not connection.recv(4096):
                        slow.discard(connection)
                    else:
                        connection.sendall(b"x")  # a byte now and then must not keep it open
                except ConnectionError:
                    slow.discard(connection)
            time.sleep(0.5)
        self.assertFalse(slow, "still open")
        self.assertGreater(served, 0)

    def test_connections_without_a_token_keep_nobody_out(self):
        host = f"127.0.0.1:{self.server.port}"
        halves = [b"", b"GET / HTTP/1.1\r\nHost: ", f"POST /api/next HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
                  "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{".encode()]
        crowd = []
        try:
            for i in range(400):
                crowd.append(socket.create_connection(("127.0.0.1", self.server.port), timeout=60))
                crowd[-1].sendall(halves[i % 3])
            for name in ["ann", "bob", "cy"]:
                client = self.browser(name)  # answered at once, while all of them hold on
                self.assertEqual(client.get("/api/session")["rater"], name)
        finally:
            for connection in crowd:
                connection.close()


def alone(store, copy):
    """The one file, without what lies beside it."""
    copy.write_bytes(store.read_bytes())
    for suffix in ["-wal", "-shm"]:
        pathlib.Path(f"{copy}{suffix}").unlink(missing_ok=True)


def stats_of(store):
    """Counts of a store, as "comparisons: 3"; empty votes too."""
    done = nudge("preferences", "export", "--dataset", store, "--format", "events", "--output", "/dev/stdout")
    events = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    return f"comparisons: {events.count('added')}, votes: {events.count('decided')}"


class Start(unittest.TestCase):
    def test_one_link_a_private_file_and_a_clean_end(self):
        folder = fresh("label_start")
        server = Server(folder / "s.store")
        self.assertEqual(stat.S_IMODE(os.stat(folder / "s.store").st_mode), 0o600)
        browser = Client(server, "ann")
        self.assertEqual(browser.next(), {"task": None, "reason": "done", "retry_seconds": 2.0})
        server.stop()  # and not by being killed
        self.assertEqual(sorted(p.name for p in folder.iterdir()), ["s.store"])  # no journals stay

    def test_links_and_sessions_outlive_the_server(self):
        folder = fresh("label_links")
        server = Server(folder / "s.store", "--import", write_comparisons(folder / "c.jsonl", 3))
        owner = Client(server, "owner")
        link = owner.get("/api/owner/summary")["rater_link"]
        ann = Client(server, "ann", token=link.split("token=")[1])
        task = ann.next()["task"]
        for again in [Server.stop, Server.kill]:
            again(server)
            first, server = server, Server(folder / "s.store")
            self.assertEqual(server.link, first.link)
            self.assertEqual(ann.next()["task"]["lease"], task["lease"])  # the page of before goes on
            self.assertEqual(owner.get("/api/owner/summary")["rater_link"], link)
            Client(server, "bob", token=link.split("token=")[1])
        server.stop()
        for file in [folder / "s.store"]:
            self.assertNotIn(server.token.encode(), file.read_bytes())
        other = Server(folder / "s.store", "--new_links")
        self.assertNotEqual(other.token, server.token)
        self.assertEqual(ann.send("POST", "/api/next", {})[0], 401)
        with self.assertRaises(AssertionError):
            Client(other, token=server.token)
        other.stop()

    def test_a_closed_terminal_ends_it_cleanly(self):
        folder = fresh("label_hangup")
        server = Server(folder / "s.store", "--import", write_comparisons(folder / "c.jsonl", 3))
        ann = Client(server, "ann")
        ann.submit(ann.next()["task"])
        server.process.send_signal(signal.SIGHUP)
        self.assertEqual(server.process.wait(timeout=60), 0)
        self.assertEqual(sorted(p.name for p in folder.iterdir()), ["c.jsonl", "s.store"])
        server._close()

    def test_the_one_file_holds_what_was_imported_and_what_was_said_before_a_pause(self):
        folder = fresh("label_alone")
        server = Server(folder / "s.store", "--import", write_comparisons(folder / "c.jsonl", 3))
        ann = Client(server, "ann")  # the file holds the import already
        alone(folder / "s.store", folder / "imported.store")
        self.assertIn("comparisons: 3", stats_of(folder / "imported.store"))
        ann.submit(ann.next()["task"])
        until = time.monotonic() + 120
        while True:  # a label lies in the one file seconds later
            alone(folder / "s.store", folder / "copy.store")
            if "votes: 1" in stats_of(folder / "copy.store") or time.monotonic() > until:
                break
            time.sleep(0.5)
        server.kill()
        self.assertIn("votes: 1", stats_of(folder / "copy.store"))

    def test_a_store_without_its_log_is_not_made_anew(self):
        folder = fresh("label_orphan")
        with sqlite3.connect(folder / "s.store") as connection:  # a store of before, copied without its -wal
            server = Server(folder / "whole.store")
            server.stop()
            with sqlite3.connect(folder / "whole.store") as whole:
                schema = [sql for (sql,) in whole.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")]
                version = whole.execute("PRAGMA user_version").fetchone()[0]
                application = whole.execute("PRAGMA application_id").fetchone()[0]
            for sql in schema:
                connection.execute(sql)
            connection.execute(f"PRAGMA user_version={version}")
            connection.execute(f"PRAGMA application_id={application}")
        connection.close()
        before = (folder / "s.store").read_bytes()
        for command in [("label", folder / "s.store"), ("preferences", "stats", "--dataset", folder / "s.store"),
                        ("preferences", "import", "--dataset", write_comparisons(folder / "c.jsonl", 1), "--output", folder / "s.store")]:
            self.assertIn("its -wal is missing", nudge(*command, code=1).stderr)
        self.assertEqual((folder / "s.store").read_bytes(), before)
        (folder / "gone.store-wal").write_text("labels")  # and the other way round
        self.assertIn("the file is missing", nudge("label", folder / "gone.store", code=1).stderr)
        self.assertEqual([p.name for p in folder.glob("gone*")], ["gone.store-wal"])
        self.assertEqual((folder / "gone.store-wal").read_text(), "labels")

    def test_a_store_that_goes_away_saves_nothing(self):
        folder = fresh("label_gone")
        for name, happen in [("moved", lambda store: store.rename(folder / "elsewhere")), ("removed", pathlib.Path.unlink),
                             ("cut", lambda store: os.truncate(store, 4096))]:
            store = folder / f"{name}.store"
            server = Server(store, "--import", write_comparisons(folder / "c.jsonl", 3))
            ann = Client(server, "ann")
            task = ann.next()["task"]
            happen(store)
            status, answer = ann.send("POST", "/api/submit", ann.submission(task))
            self.assertEqual((status, answer["code"]), (503, "read_only"), name)
            self.assertIn("moved, removed or cut off", answer["error"])
            if name != "cut":  # of which nothing can be read either
                self.assertIn("moved, removed or cut off", ann.get("/api/session")["read_only"])
            server.stop()

    # The case store-negative-version: one bit in the header of a store.
    def test_every_command_refuses_a_damaged_store(self):
        folder = fresh("label_damaged")
        server = Server(folder / "s.store", "--import", write_comparisons(folder / "c.jsonl", 3))
        ann = Client(server, "ann")
        while task := ann.next()["task"]:
            ann.submit(task)
        server.stop()
        whole = (folder / "s.store").read_bytes()
        at = whole.index(b"e.kind = 'decided' AND e.body")
        damages = {"version": (60, 0x80, "no store of a version that nudge knows"), "view": (at + 10, 0x01, "the store's schema")}
        for name, (place, bit, words) in damages.items():
            damaged = bytearray(whole)
            damaged[place] ^= bit
            store = folder / f"{name}.store"
            store.write_bytes(damaged)
            for command in [("label", store), ("label", store, "--forget", "ann"), ("preferences", "stats", "--dataset", store),
                            ("preferences", "agreement", "--dataset", store),
                            ("preferences", "export", "--dataset", store, "--output", folder / "out.jsonl"),
                            ("preferences", "export", "--dataset", store, "--format", "events", "--output", folder / "out.jsonl"),
                            ("preferences", "import", "--dataset", folder / "c.jsonl", "--output", store),
                            ("preferences", "split", "--dataset", store, "--output_dir", folder / "split")]:
                self.assertIn(words, nudge(*command, code=1).stderr, command)
            self.assertEqual(store.read_bytes(), bytes(damaged), name)

    # The case malformed-clip: one blocked a rater for good.
    def test_malformed_clips_are_named_and_left_out(self):
        folder = fresh("label_clips")
        circle = {"shape": "circle", "x": 20, "y": 20, "r": 10}
        with open(folder / "clips.jsonl", "w") as file:
            for i, frames in enumerate([[[circle]], [[None]], [[circle], [{"shape": "line"}]]]):
                clips = [json.dumps({"width": 320, "height": 200, "fps": 20, "frames": shown}) for shown in ([[circle], [circle]], frames)]
                file.write(json.dumps({"id": f"clip-{i}", "prompt": {"id": f"p{i}", "messages": [{"role": "user", "content": f"clip {i}"}]},
                                       "answers": [{"content": clip, "media": "clip"} for clip in clips]}) + "\n")
        server = Server(folder / "s.store", "--import", folder / "clips.jsonl", "--overlap_share", 0)
        self.assertEqual(Client(server, "owner").get("/api/owner/summary")["progress"]["comparisons"], 1)
        said = server.stop()
        self.assertRegex(said, r"answer 2: its clip is malformed: its frame 1 holds null.*line 2\b")
        self.assertRegex(said, r"answer 2: its clip is malformed: its frame 2 holds a line without points.*line 3\b")

    def test_behind_a_proxy(self):
        folder = fresh("label_proxy")
        server = Server(folder / "s.store", "--import", write_comparisons(folder / "c.jsonl", 3), "--host", "0.0.0.0",
                        "--allow_remote")
        self.assertTrue(server.link.startswith("http://127.0.0.1:"))
        ann = Client(server, "ann")
        name = "label.example.org"
        headers = {"Host": name, "Origin": f"https://{name}", "Content-Type": "application/json"}
        self.assertEqual(ann.raw("POST", "/api/next", b"{}", headers)[0], 200)
        link = json.loads(ann.raw("GET", "/api/owner/summary", headers={"Host": name})[2])["rater_link"]
        self.assertTrue(link.startswith(f"http://{name}/?token="), link)
        self.assertEqual(ann.raw("POST", "/api/next", b"{}", {**headers, "Origin": "https://evil.example"})[0], 403)
        self.assertEqual(ann.raw("POST", "/api/next", b"{}", {**headers, "Cookie": "x=y"})[0], 401)
        server.stop()
        server = Server(folder / "s.store", "--allow_remote", "--public_url", f"https://{name}", port=server.port)
        self.assertTrue(server.link.startswith(f"https://{name}/?token="), server.link)
        rewritten = {"Origin": f"https://{name}", "Content-Type": "application/json"}  # the proxy's own Host
        self.assertEqual(ann.raw("POST", "/api/next", b"{}", rewritten)[0], 200)
        status, headers, _ = ann.raw("GET", f"/?token={server.token}")
        self.assertIn("; Secure", headers["Set-Cookie"])
        server.stop()

    def test_nothing_half_made_stays_behind(self):
        folder = fresh("label_half")
        (folder / "bad.jsonl").write_text("no json\n")
        nudge("label", folder / "s.store", "--import", folder / "bad.jsonl", code=1)
        nudge("label", folder / "s.store", "--guidelines", folder / "nowhere.md", code=1)
        self.assertEqual([p.name for p in folder.iterdir()], ["bad.jsonl"])
        server = Server(folder / "s.store")
        self.assertIn("no comparisons yet", server.stop())

    def test_settings_stay_with_the_store(self):
        folder = fresh("label_settings")
        Server(folder / "s.store", "--overlap", 3, "--answer_flags", "instructgpt", "--no_strength").stop()
        server = Server(folder / "s.store", "--overlap_share", 0.5)
        settings = Client(server).get("/api/owner/settings")
        self.assertEqual((settings["overlap"], settings["overlap_share"], settings["strength"], len(settings["answer_flags"])),
                         (3, 0.5, False, 11))
        server.stop()

    def test_the_port_stays_with_the_store(self):
        """A page keeps what it could not send under its address: a server that comes back must have the same one."""
        folder = fresh("label_port")
        first = Server(folder / "s.store")
        first.stop()
        second = Server(folder / "s.store")
        self.assertEqual(second.port, first.port)
        second.kill()
        with socket.socket() as other:  # a program that has it meanwhile
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", first.port))
            other.listen()
            third = Server(folder / "s.store")
            self.assertNotEqual(third.port, first.port)
            Client(third, "ann").next()
            third.stop()
        fourth = Server(folder / "s.store")  # the program is gone
        self.assertEqual(fourth.port, first.port)
        fourth.stop()
        fifth = Server(folder / "s.store", "--port", third.port)  # what is asked for wins
        self.assertEqual(fifth.port, third.port)
        fifth.stop()

    def test_a_late_draft_is_no_fault(self):
        folder = fresh("label_late")
        server = Server(folder / "s.store", "--import", write_comparisons(folder / "c.jsonl", 3))
        ann = Client(server, "ann")
        task = ann.next()["task"]
        draft = {"comparison": task["comparison"], "lease": task["lease"], "draft": {"strength": 1}}
        self.assertEqual(ann.post("/api/draft", draft), {"saved": True})
        ann.submit(task)
        self.assertEqual(ann.post("/api/draft", draft), {"saved": False})  # overtaken by the decision
        server.stop()

    def test_exports_while_raters_work(self):
        folder = fresh("label_export")
        server = Server(folder / "s.store", "--import", write_comparisons(folder / "c.jsonl", 30, gold=5), "--gold_share", 0.2,
                        "--overlap_share", 0, "--repeat_share", 0)
        ann = Client(server, "ann")
        while task := ann.next()["task"]:
            ann.submit(task, ranks=[0, 1])
        done = nudge("preferences", "export", "--dataset", folder / "s.store", "--output", folder / "pairs.jsonl")
        self.assertIn("25 records", done.stdout)  # gold items measured ann, and are no labels
        first = (folder / "pairs.jsonl").read_bytes()
        for form in ["pairs", "ranking", "kto", "sharegpt", "csv", "raw", "events"]:
            status, headers, data = ann.raw("GET", f"/api/owner/export?format={form}")
            self.assertEqual(status, 200, form)
            self.assertIn("attachment", headers["Content-Disposition"])
            self.assertGreater(len(data.splitlines()), 24, form)
            if form == "pairs":
                self.assertEqual(data, first)
            if form == "events":
                nudge("preferences", "export", "--dataset", folder / "s.store", "--format", "events", "--output", folder / "log.jsonl")
                self.assertEqual((folder / "log.jsonl").read_bytes(), data)
                of_log = json.loads((folder / "log.jsonl.manifest.json").read_text())
                self.assertEqual(of_log["sha256"], hashlib.sha256(data).hexdigest())
                self.assertEqual(of_log["source"]["sha256"], json.loads(data.splitlines()[-1])["hash"])
                self.assertEqual(of_log["counts"]["records"], len(data.splitlines()))
        self.assertEqual(ann.raw("GET", "/api/owner/export?format=parquet")[0], 400)
        summary = ann.get("/api/owner/summary")
        self.assertEqual((summary["progress"]["done"], summary["progress"]["comparisons"]), (25, 25))
        self.assertEqual(summary["progress"]["raters"][0]["gold"]["asked"], len(ann.get("/api/history")["decisions"]) - 25)
        self.assertEqual(summary["by_source"], [{"source": "made", "comparisons": 25, "votes": 25}])
        self.assertEqual(summary["by_model"], [{"model": f"m{k}", "comparisons": 25, "pairs": 25} for k in range(2)])
        self.assertEqual(summary["bias"]["left_share"]["value"], 1)
        manifest = (folder / "pairs.jsonl.manifest.json").read_bytes()
        server.stop()
        nudge("preferences", "export", "--dataset", folder / "s.store", "--output", folder / "pairs.jsonl")
        self.assertEqual(((folder / "pairs.jsonl").read_bytes(), (folder / "pairs.jsonl.manifest.json").read_bytes()),
                         (first, manifest))

    def test_forgetting_a_rater(self):
        folder = fresh("label_forget")
        server = Server(folder / "s.store", "--import", write_comparisons(folder / "c.jsonl", 5))
        ann = Client(server, "Ann Unusual")
        ann.submit(ann.next()["task"], comment="a personal remark")
        server.stop()
        nudge("label", folder / "s.store", "--forget", "Ann Unusual")
        for file in folder.glob("s.store*"):
            self.assertNotIn(b"Unusual", file.read_bytes())
            self.assertNotIn(b"personal remark", file.read_bytes())
        server = Server(folder / "s.store")
        self.assertEqual(Client(server, "bob").get("/api/owner/summary")["progress"]["votes"], 0)
        server.stop()

    def test_wrong_use(self):
        folder = fresh("label_wrong")
        self.assertIn("--allow_remote", nudge("label", folder / "s", "--host", "0.0.0.0", code=2).stderr)
        self.assertIn("--allow_remote", nudge("label", folder / "s", "--public_url", "https://a.example", code=2).stderr)
        for url in ["label.example.org", "ftp://a.example", "https://", "https://a.example/label", "https://a b"]:
            said = nudge("label", folder / "s", "--allow_remote", "--public_url", url, code=2).stderr
            self.assertIn("as in https://label.example.org", said)
        self.assertIn("STORE", nudge("label", code=2).stderr)
        (folder / "text").write_text("no database" * 100)
        self.assertIn("SQLite", nudge("label", folder / "text", code=1).stderr)
        server = Server(folder / "s")
        self.assertIn("port", nudge("label", folder / "t", "--port", server.port, code=1).stderr)
        server.stop()


if __name__ == "__main__":
    main()
