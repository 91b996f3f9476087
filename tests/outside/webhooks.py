#!/usr/bin/env python3
"""Kills the daemon over and over while it sends webhooks, and holds what arrived against what it should have been.

Every event must end delivered, or failed after its attempts; none may be missing; what came twice came with the same id and
the same bytes; every signature is judged by the `standardwebhooks` library (pip install standardwebhooks) and by Python's own
HMAC, and refused once a bit is changed.

    python3 tests/outside/webhooks.py --reeld target/release/reeld --workflows 500 --kills 200
"""

import argparse
import hashlib
import hmac
import http.client
import http.server
import json
import os
import random
import socket
import subprocess
import tempfile
import threading
import time

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ATTEMPTS = 5
CONFIG = """
[resources]
cpu = 4
[webhooks]
allow_http = true
allow_private = ["127.0.0.1"]
schedule = ["0s", "1s", "1s", "2s", "2s"]
timeout = "1s"
rate = "1000/s"
"""


class Seen:
    """What the receivers got."""

    def __init__(self):
        self.lock = threading.Lock()
        self.bodies = {}
        self.requests = 0
        self.right = 0
        self.changed_refused = 0
        self.wrong = []

    def take(self, endpoint, headers, body):
        key = (endpoint, headers["webhook-id"])
        verdict = self.judge(headers, body)
        with self.lock:
            self.requests += 1
            if self.bodies.setdefault(key, body) != body:
                self.wrong.append(f"{key} came with other bytes")
            if json.loads(body)["eventId"] != headers["webhook-id"]:
                self.wrong.append(f"{key} has another eventId")
            if verdict:
                self.wrong.append(f"{key}: {verdict}")
            else:
                self.right += 1
                self.changed_refused += 1

    @staticmethod
    def judge(headers, body):
        library = Webhook(SECRET)
        try:
            library.verify(body, headers)
        except WebhookVerificationError as error:
            return f"refused by standardwebhooks: {error}"
        right = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, headers["x-webhook-signature"]):
            return "the older signature is wrong"
        changed = bytearray(body)
        bit = random.randrange(len(changed) * 8)
        changed[bit // 8] ^= 1 << (bit % 8)
        try:
            library.verify(bytes(changed), headers)
            return f"bit {bit} changed, and it was still taken"
        except (WebhookVerificationError, UnicodeDecodeError):
            return None


def receiver(seen):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            draw = random.random()
            if draw < 0.03:
                time.sleep(1.5)
                self.close_connection = True
                return
            self.send_response(200 if draw < 0.75 else 500)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

        def handle_one_request(self):
            try:
                super().handle_one_request()
            except (ConnectionError, BrokenPipeError):
                self.close_connection = True

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class Daemon:
    def __init__(self, program, directory):
        self.program, self.directory = program, directory
        self.socket = os.path.join(directory, "s")
        self.process = None

    def start(self):
        log = open(os.path.join(self.directory, "out.log"), "ab")
        self.process = subprocess.Popen(
            [self.program, "run", "--config", os.path.join(self.directory, "reeld.toml"), "--data-dir", self.directory,
             "--socket", self.socket, "--listen", "off", "--log", "warn"],
            stderr=log, stdout=log)
        until = time.time() + 60
        while time.time() < until:
            try:
                self.ask("GET", "/healthz")
                return
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit(f"the daemon ended: see {log.name}")
                time.sleep(0.02)
        raise SystemExit("the daemon does not answer")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(30)
        connection.sock.connect(self.socket)
        connection.request(method, path, json.dumps(body) if body is not None else None, {"content-type": "application/json"})
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {said}")
        return said

    def pages(self, path):
        found, offset = [], 0
        while True:
            page = self.ask("GET", f"{path}?limit=200&offset={offset}")["data"]
            found += page["deliveries"]
            offset += 200
            if offset >= page["total"]:
                return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reeld", default="target/release/reeld")
    parser.add_argument("--workflows", type=int, default=500)
    parser.add_argument("--endpoints", type=int, default=4)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--wait", type=float, default=600, help="seconds for the rest after the last kill")
    options = parser.parse_args()
    seen = Seen()
    port = receiver(seen)
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "reeld.toml"), "w", encoding="utf-8") as file:
            file.write(CONFIG)
        daemon = Daemon(os.path.abspath(options.reeld), directory)
        daemon.start()
        endpoints = {}
        for index in range(options.endpoints):
            made = daemon.ask("POST", "/api/webhooks/register",
                              {"url": f"http://127.0.0.1:{port}/{index}", "events": ["video.completed"], "secret": SECRET})
            endpoints[made["webhookId"]] = f"/{index}"
        left, made, kills = options.workflows, [], 0
        while left or kills < options.kills:
            count = min(left, max(1, options.workflows // max(1, options.kills)) if kills < options.kills else left)
            if count:
                ids = [f"w{len(made) + n}" for n in range(count)]
                work = [{"pipeline": "command", "id": one, "params": {"argv": ["true"]}} for one in ids]
                daemon.ask("POST", "/api/workflow/batch", {"workflows": work})
                made += ids
                left -= count
            if kills < options.kills:
                time.sleep(random.uniform(0.0, 0.35))
                daemon.kill()
                kills += 1
                daemon.start()
        until = time.time() + options.wait
        while time.time() < until:
            deliveries = {one: daemon.pages(f"/api/webhooks/{one}/deliveries") for one in endpoints}
            everything = [delivery for some in deliveries.values() for delivery in some]
            if len(everything) >= options.workflows * len(endpoints) and all(d["status"] != "pending" for d in everything):
                break
            time.sleep(0.5)
        wrong = list(seen.wrong)
        tally = {"delivered": 0, "failed": 0, "pending": 0}
        for one, some in deliveries.items():
            of = sorted(delivery["videoId"] for delivery in some)
            if of != sorted(made):
                wrong.append(f"{one}: {len(of)} deliveries for {len(made)} workflows")
            for delivery in some:
                tally[delivery["status"]] += 1
                attempts, name = delivery["attempts"], delivery["deliveryId"]
                if [attempt["number"] for attempt in attempts] != list(range(1, len(attempts) + 1)):
                    wrong.append(f"{name}: its attempts are not numbered")
                if delivery["status"] == "failed" and len(attempts) != ATTEMPTS:
                    wrong.append(f"{name}: failed after {len(attempts)} attempts")
                if delivery["status"] == "delivered" and attempts[-1]["status"] != 200:
                    wrong.append(f"{name}: delivered without a 200")
                if (endpoints[one], delivery["eventId"]) not in seen.bodies:
                    wrong.append(f"{name}: never arrived")
        daemon.process.terminate()
        daemon.process.wait()
    recorded = sum(len(d["attempts"]) for some in deliveries.values() for d in some)
    print(json.dumps({
        "kills": kills, "workflows": len(made), "deliveries": sum(tally.values()), **tally, "requests": seen.requests,
        "recordedAttempts": recorded, "sentAgainAfterAKill": seen.requests - recorded, "verified": seen.right,
        "changedBitRefused": seen.changed_refused, "wrong": wrong[:20]}, indent=2))
    raise SystemExit(1 if wrong or tally["pending"] else 0)


if __name__ == "__main__":
    main()
