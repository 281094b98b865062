"""A mixed load at a steady rate: what clients do all day, and what they should not.

Whoever creates something deletes it, so that the data stay as many as they were; what
grows is the audit log."""

import collections
import http.client
import json
import random
import socket
import statistics
import threading
import time
import uuid
from urllib.parse import urlsplit

from machine import DEMO_PASSWORD

# Failures that are kept to be shown.
SHOWN = 10
# Connections are used again within the server's keep-alive.
IDLE = 10
# Connections that are left to be cut by the server.
STALLED = 20


class Counts:
    """What was done since the last look, and what went wrong."""

    def __init__(self):
        self.lock = threading.Lock()
        self.actions = collections.Counter()
        self.failures = []
        self.requests, self.errors, self.milliseconds = 0, 0, []

    def answered(self, seconds):
        with self.lock:
            self.requests += 1
            self.milliseconds.append(seconds * 1000)

    def failed(self, text):
        with self.lock:
            self.errors += 1
            if len(self.failures) < SHOWN:
                self.failures.append(text)

    def did(self, name):
        with self.lock:
            self.actions[name] += 1

    def take(self):
        """Requests, errors and the p99 in milliseconds since the last call."""
        with self.lock:
            taken = self.requests, self.errors, self.milliseconds
            self.requests, self.errors, self.milliseconds = 0, 0, []
        requests, errors, times = taken
        return requests, errors, statistics.quantiles(times, n=100)[98] if len(times) > 1 else 0.0


class Client:
    """One connection, made anew when it has been idle for long or was broken off."""

    def __init__(self, base, counts):
        self.address = urlsplit(base).hostname, urlsplit(base).port
        self.counts = counts
        self.connection, self.used = None, 0.0

    def send(self, method, path, token=None, body=None, expected=(200,), **headers):
        """The body of an answer as JSON, or nothing if it is not as expected."""
        if self.connection is None or time.monotonic() - self.used > IDLE:
            self.close()
            self.connection = http.client.HTTPConnection(*self.address, timeout=60)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        began = time.monotonic()
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self.counts.failed(f"{method} {path}: {error!r}")
            return None
        self.used = time.monotonic()
        self.counts.answered(self.used - began)
        if answer.will_close:
            self.close()
        if answer.status not in expected:
            self.counts.failed(f"{method} {path}: {answer.status} {data[:200]!r}")
            return None
        return json.loads(data) if data and answer.headers.get_content_subtype() == "json" else data

    def raw(self, data):
        """A connection of its own on which something was sent."""
        connection = socket.create_connection(self.address, timeout=60)
        connection.sendall(data)
        return connection

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Load:
    """Workers that choose actions by their weight, each with its own dice and users."""

    def __init__(self, base, users, emails, admin, options):
        self.base, self.emails, self.options = base, emails, options
        self.counts = Counts()
        dice = random.Random(options.seed)
        traveller, *others = users
        self.traveller = traveller
        self.users = dice.sample(others, min(4000, len(others)))
        # Each worker has its own, so that no two change the same organization's parts
        # by one name.
        managers = [user for user in others if user.role != "member"]
        self.managers = dice.sample(managers, min(1000, len(managers)))
        answer = Client(base, self.counts).send(
            "POST", "/api/auth/login", body={"email": admin[0], "password": admin[1]})
        self.admin = answer["access_token"]
        self.stalled = collections.deque()
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(number,), daemon=True)
                        for number in range(options.workers)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(90)
        while self.stalled:
            self.stalled.popleft().close()

    def _work(self, number):
        client = Client(self.base, self.counts)
        dice = random.Random(self.options.seed * 1000 + number)
        managers = self.managers[number::self.options.workers]
        names, weights = zip(*ACTIONS.items())
        pause = self.options.workers / self.options.rate
        due = time.monotonic() + dice.random() * pause
        while not self.ending.wait(max(due - time.monotonic(), 0)):
            name, = dice.choices(names, weights)
            try:
                getattr(self, name)(client, dice, managers)
                self.counts.did(name)
            except Exception as error:  # A worker that ended would lighten the load unseen.
                self.counts.failed(f"{name}: {error!r}")
                client.close()
            # Who is late does not catch up in a burst.
            due = max(due + pause, time.monotonic())
        client.close()

    def list(self, client, dice, _):
        client.send("GET", "/api/organizations", dice.choice(self.users).token)

    def one(self, client, dice, _):
        user = dice.choice(self.users)
        client.send("GET", f"/api/organizations/{user.home}", user.token)

    def me(self, client, dice, _):
        client.send("GET", "/api/auth/me", dice.choice(self.users).token)

    def stats(self, client, dice, _):
        client.send("GET", "/api/stats", dice.choice(self.users).token)

    def members(self, client, dice, _):
        user = dice.choice(self.users)
        client.send("GET", f"/api/organizations/{user.home}/members?limit=50", user.token)

    def page(self, client, dice, _):
        client.send("GET", "/api/organizations?limit=50", self.traveller.token)

    def whole_list(self, client, dice, _):
        client.send("GET", "/api/organizations", self.admin)

    def audit_export(self, client, dice, managers):
        manager = dice.choice(managers)
        client.send("GET", f"/api/organizations/{manager.home}/audit-logs", manager.token,
                    Accept="application/x-ndjson")

    def workspace(self, client, dice, managers):
        """Created, maybe twice by one key, changed, deleted."""
        manager = dice.choice(managers)
        path = f"/api/organizations/{manager.home}/workspaces"
        body, key = {"name": f"Soak {uuid.uuid4()}"}, {"Idempotency-Key": str(uuid.uuid4())}
        for _ in range(dice.choice([1, 2])):
            made = client.send("POST", path, manager.token, body, (201,), **key)
        if made:
            path = f"{path}/{made['id']}"
            client.send("PATCH", path, manager.token, {"status": "running"})
            client.send("DELETE", path, manager.token, expected=(204,))

    def member(self, client, dice, managers):
        """Added and removed."""
        manager, user = dice.choice(managers), dice.choice(self.users)
        if user.home == manager.home or user.organizations > 1:
            return
        path = f"/api/organizations/{manager.home}/members/{user.id}"
        # 409: the organization is full, or another worker was quicker.
        if client.send("PUT", path, manager.token, {"role": "member"}, (200, 201, 409)):
            client.send("DELETE", path, manager.token, expected=(204, 404))

    def organization(self, client, dice, _):
        """Founded and deleted; the server purges it within the hour."""
        token = dice.choice(self.users).token
        made = client.send("POST", "/api/organizations", token, {"name": f"Soak {uuid.uuid4()}"}, (201,))
        if made:
            client.send("DELETE", f"/api/organizations/{made['id']}", token, expected=(204,))

    def sign_in(self, client, dice, _):
        """Used, and ended."""
        body = {"email": dice.choice(self.emails), "password": DEMO_PASSWORD}
        answer = client.send("POST", "/api/auth/login", body=body)
        if answer:
            client.send("GET", "/api/auth/me", answer["access_token"])
            client.send("POST", "/api/auth/logout", answer["access_token"])

    def wrong_password(self, client, dice, _):
        body = {"email": dice.choice(self.emails), "password": "an utterly wrong password"}
        client.send("POST", "/api/auth/login", body=body, expected=(401,))

    def bad_request(self, client, dice, _):
        client.send("POST", "/api/organizations", dice.choice(self.users).token, {"name": ""}, (422,))

    def unknown_token(self, client, dice, _):
        client.send("GET", "/api/organizations", f"gh_{uuid.uuid4()}", expected=(401,))

    def drop(self, client, dice, _):
        """Goes away in the middle of a request or of a long answer."""
        head = "POST /api/auth/login HTTP/1.1\r\nHost: soak\r\nContent-Type: application/json\r\nContent-Length: 500\r\n"
        long = f"GET /api/organizations HTTP/1.1\r\nHost: soak\r\nAuthorization: Bearer {self.admin}\r\n\r\n"
        request = dice.choice([head[:40], head + "\r\n{\"email\": ", long])
        connection = client.raw(request.encode())
        if request is long:
            connection.recv(1000)
        connection.close()

    def stall(self, client, dice, _):
        """Sends half a request and waits to be cut."""
        self.stalled.append(client.raw(b"GET /api/organizations HTTP/1.1\r\nHost: soak\r\nX-Half: "))
        while len(self.stalled) > STALLED:
            self.stalled.popleft().close()


# How often each, in a thousand. A sign-in costs tens of milliseconds of a core.
ACTIONS = {
    "list": 350, "one": 200, "me": 100, "members": 80, "stats": 50, "page": 30, "whole_list": 2, "audit_export": 10,
    "workspace": 60, "member": 30, "organization": 5, "sign_in": 40, "wrong_password": 8,
    "bad_request": 10, "unknown_token": 10, "drop": 10, "stall": 5,
}
