#!/usr/bin/env python3
"""Opens an HTML file in headless Chromium and fails when it is not what a self-contained page should be.

    tools/check_page.py report.html [--screenshot report.png] [--width 400] [--dark]

Fails (exit 1) on console errors, exceptions, requests to anything but the file itself, content wider than the
window, and pages without a title or text. Needs nothing but Python and Chromium: it speaks the DevTools
protocol over a pipe.
"""

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHROMIUM = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
TIMEOUT_S = 60


class Browser:
    """Chromium on file descriptors 3 (to it) and 4 (from it); messages end with a zero byte."""

    def __init__(self, program, profile):
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()

        def connect():
            # dup2 makes the copies inheritable; high numbers first, so that neither overwrites the other.
            a, b = os.dup(to_read), os.dup(from_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--hide-scrollbars", "--disable-component-update",
             "--disable-background-networking", f"--user-data-dir={profile}", "--remote-debugging-pipe",
             "about:blank"],
            preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.to, self.back = to_write, from_read
        os.set_blocking(self.back, False)
        self.buffer, self.events, self.last, self.session = b"", [], 0, None

    def receive(self, deadline):
        while b"\0" not in self.buffer:
            if time.monotonic() > deadline:
                raise TimeoutError("Chromium did not answer in time")
            try:
                more = os.read(self.back, 1 << 16)
            except BlockingIOError:
                time.sleep(0.01)
                continue
            if not more:
                raise ConnectionError("Chromium ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, event):
        deadline = time.monotonic() + TIMEOUT_S
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.receive(deadline))

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def complaints(events, url):
    """What the page did that it should not have done, in sentences."""
    found = []
    for event in events:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                found.append("exception: " + parameters["exceptionDetails"]["text"])
            case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "assert"):
                found.append("console error: " + str([a.get("value") for a in parameters["args"]]))
            case "Log.entryAdded" if parameters["entry"]["level"] == "error":
                found.append("error: " + parameters["entry"]["text"])
            case "Network.requestWillBeSent":
                request = parameters["request"]["url"]
                if request != url and not request.startswith("data:"):
                    found.append("request to " + request)
    return found


def check(browser, page, options):
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.call(domain + ".enable")
    browser.call("Emulation.setDeviceMetricsOverride", width=options.width, height=900, deviceScaleFactor=1,
                 mobile=options.width < 600)
    scheme = "dark" if options.dark else "light"
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events.clear()
    url = page.resolve().as_uri()
    browser.call("Page.navigate", url=url)
    browser.wait_for("Page.loadEventFired")
    time.sleep(0.3)  # for what a page does after loading
    found = []
    if not browser.evaluate("document.title"):
        found.append("the page has no title")
    if not browser.evaluate("document.body.innerText.trim().length > 100"):
        found.append("the page says nothing")
    width = browser.evaluate("document.documentElement.scrollWidth")
    if width > options.width:
        found.append(f"the page is {width} pixels wide in a window of {options.width}")
    found += complaints(browser.events, url)
    if options.screenshot:
        shot = browser.call("Page.captureScreenshot", captureBeyondViewport=True, format="png",
                            clip={"x": 0, "y": 0, "width": options.width, "scale": 1,
                                  "height": browser.evaluate("document.documentElement.scrollHeight")})
        Path(options.screenshot).write_bytes(base64.b64decode(shot["data"]))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("--screenshot", help="PNG of the whole page")
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not program:
        sys.exit("check_page: no Chromium is installed (Debian: apt-get install chromium).")
    if not options.page.is_file():
        sys.exit(f"check_page: {options.page} does not exist.")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            found = check(browser, options.page, options)
        finally:
            browser.close()
    for complaint in found:
        print(f"check_page: {options.page}: {complaint}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
