"""nudge label: what raters and the owner can do over HTTP, and what nobody else can."""

import hashlib
import json
import os
import random
import select
import socket
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
            self.assertNotIn(b"<", answer.split(b"\r\n\r\n", 1)[1])
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

    def test_a_full_house_is_told_so(self):
        crowd = [socket.create_connection(("127.0.0.1", self.server.port), timeout=60) for _ in range(258)]
        answers, until = [], time.monotonic() + 60
        waiting = set(crowd)  # all but two are served: the server waits for their request
        while len(answers) < 2 and time.monotonic() < until:
            for connection in select.select(waiting, [], [], 1)[0]:
                waiting.discard(connection)
                if answer := connection.recv(100):  # else it waited too long
                    answers.append(answer)
        for connection in crowd:
            connection.close()
        self.assertEqual(len(answers), 2)
        self.assertTrue(all(answer.startswith(b"HTTP/1.1 503") for answer in answers), answers)
        while True:  # the server may need a moment to see them gone
            try:
                self.browser("ann").get("/api/session")
                break
            except AssertionError:
                self.assertLess(time.monotonic(), until + 60)
                time.sleep(0.2)


class Start(unittest.TestCase):
    def test_one_link_a_private_file_and_a_clean_end(self):
        folder = fresh("label_start")
        server = Server(folder / "s.store")
        self.assertEqual(stat.S_IMODE(os.stat(folder / "s.store").st_mode), 0o600)
        browser = Client(server, "ann")
        self.assertEqual(browser.next(), {"task": None, "reason": "done", "retry_seconds": 2.0})
        server.stop()  # and not by being killed
        self.assertEqual(sorted(p.name for p in folder.iterdir()), ["s.store"])  # no journals stay

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
        self.assertIn("STORE", nudge("label", code=2).stderr)
        (folder / "text").write_text("no database" * 100)
        self.assertIn("SQLite", nudge("label", folder / "text", code=1).stderr)
        server = Server(folder / "s")
        self.assertIn("port", nudge("label", folder / "t", "--port", server.port, code=1).stderr)
        server.stop()


if __name__ == "__main__":
    main()
