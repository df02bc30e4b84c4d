"""A rater's browser as far as the server sees it, and the server itself; standard library only."""

import atexit
import http.client
import json
import os
import subprocess
import time
import urllib.parse
import uuid

NUDGE = os.environ["NUDGE"]


class Server:
    """`nudge label STORE`, from its link until stop() or kill()."""

    def __init__(self, store, *options, preexec=None, port=None):
        self.process = subprocess.Popen([NUDGE, "label", str(store), *map(str, options)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, preexec_fn=preexec)
        atexit.register(self.process.kill)  # of a test that failed
        self.link = self.process.stdout.readline().strip()
        if not self.link:
            raise AssertionError(f"no link: {self.process.stderr.read()}")
        url = urllib.parse.urlsplit(self.link)
        self.port = url.port or port  # a public address says nothing of it
        self.token = url.query.removeprefix("token=")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._close()

    def stop(self):
        """Ctrl-C; returns what it said."""
        self.process.terminate()
        said = self.process.stderr.read()
        code = self.process.wait(timeout=20)
        self._close()
        if code != 0:
            raise AssertionError(f"the server ended with {code}: {said}")
        return said

    def _close(self):
        self.process.stdout.close()
        self.process.stderr.close()


class Client:
    """One browser with one cookie and one connection."""

    def __init__(self, server, rater=None, token=None):
        self.host = f"127.0.0.1:{server.port}"
        self.cookie = None
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        status, headers, _ = self.raw("GET", f"/?token={token or server.token}")
        if status != 302:
            raise AssertionError(f"the link answered {status}")
        self.cookie = headers["Set-Cookie"].split(";")[0]
        if rater:
            self.post("/api/session", {"rater": rater})

    def __del__(self):
        self.connection.close()

    def raw(self, method, path, body=None, headers=None):
        sent = {"Host": self.host, **({"Cookie": self.cookie} if self.cookie else {}), **(headers or {})}
        try:
            self.connection.request(method, path, body=body, headers=sent)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):  # idle for too long
            self.connection.close()
            self.connection.request(method, path, body=body, headers=sent)
            response = self.connection.getresponse()
        data = response.read()
        if "Set-Cookie" in response.headers:
            self.cookie = response.headers["Set-Cookie"].split(";")[0]
        return response.status, response.headers, data

    def send(self, method, path, body=None):
        """Status and JSON."""
        headers = {"Content-Type": "application/json", "Origin": f"http://{self.host}"} if method == "POST" else {}
        status, _, data = self.raw(method, path, json.dumps(body) if body is not None else None, headers)
        return status, json.loads(data)

    def get(self, path):
        status, answer = self.send("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {answer}")
        return answer

    def post(self, path, body):
        status, answer = self.send("POST", path, body)
        if status != 200:
            raise AssertionError(f"POST {path}: {status} {answer}")
        return answer

    def next(self):
        return self.post("/api/next", {})

    def submission(self, task, **more):
        """An answer to a task: the first place wins unless told otherwise."""
        return {"nonce": str(uuid.uuid4()), "comparison": task["comparison"], "lease": task["lease"], "outcome": "compared",
                "ranks": list(range(len(task["answers"]))), "strength": 2, "seconds": 3.5, **more}

    def submit(self, task, **more):
        return self.post("/api/submit", self.submission(task, **more))


def write_comparisons(path, count, answers=2, gold=0, first=0):
    """Comparisons c0, c1 ... of which the first `gold` are gold items whose answer 0 is best."""
    with open(path, "w") as file:
        for i in range(first, first + count):
            record = {"id": f"c{i}", "prompt": {"id": f"p{i}", "messages": [{"role": "user", "content": f"Question {i}?"}]},
                      "answers": [{"content": f"answer {k} to {i}", "model": f"m{k}"} for k in range(answers)], "source": "made"}
            if i - first < gold:
                record["extra"] = {"gold_ranks": list(range(answers))}
            file.write(json.dumps(record) + "\n")
    return path
