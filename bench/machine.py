"""Processes: starting them, and what they cost."""

import datetime
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cases import read_users

DEMO_PASSWORD = "correct horse battery staple"
TICKS = os.sysconf("SC_CLK_TCK")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def say(text):
    print(text, file=sys.stderr, flush=True)


def build():
    say("Building …")
    subprocess.run(["cargo", "build", "--release", "--package", "guildhall-server"], cwd=ROOT, check=True)
    return str(ROOT / "target" / "release" / "guildhall")


def fill(binary, database, folder, options):
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database.url, "GUILDHALL_DATA_DIR": str(folder)}
    run = lambda *command: subprocess.run([binary, *command], env=environment, check=True, stdout=subprocess.DEVNULL)
    run("migrate")
    tokens = folder / f"tokens-{database.name}"
    began = datetime.datetime.now()
    run("demo-data", "--organizations", str(options.organizations), "--users", str(options.users),
        "--sessions", str(options.sessions), "--seed", str(options.seed), "--tokens", str(tokens))
    seconds = (datetime.datetime.now() - began).total_seconds()
    database.settle()
    return read_users(tokens), seconds


def cpu_seconds(pid):
    """User and system time of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def resident_megabytes(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def threads(pid):
    return int(re.search(r"Threads:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def open_files(pid):
    """What each open file of a process is."""
    found = []
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(file))
        except OSError:
            continue
    return found


def children_of(pid):
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = folder.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1]
            except OSError:
                continue
            if int(parent) == pid:
                found.append(int(folder.name))
    return found


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def program(name):
    """A program of PostgreSQL, the newest that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: float(p.parts[4]))
    path = str(found[-1]) if found else shutil.which(name)
    if not path:
        raise SystemExit(f"PostgreSQL's {name} is not installed.")
    return path


class Sqlite:
    """A database file."""

    name = "sqlite"
    # A pool of eight that read, one that writes, and one that stays reading.
    most_connections = 10

    def __init__(self, folder):
        self.path = folder / "guildhall.db"
        self.log = self.path.with_name(f"{self.path.name}-wal")
        self.url = f"sqlite:{self.path}"

    def cpu(self):
        """It lives in the server's process."""
        return 0.0

    def connections(self, server):
        """How many the server has."""
        return open_files(server.process.pid).count(str(self.path))

    def has(self, file):
        """Whether a connection has it open."""
        return file.startswith(str(self.path))

    def megabytes(self):
        return self.path.stat().st_size / 1e6

    def log_megabytes(self):
        return self.log.stat().st_size / 1e6 if self.log.exists() else 0.0

    def emails(self, count):
        connection = sqlite3.connect(self.path)
        rows = connection.execute("SELECT email FROM users ORDER BY id LIMIT ?", (count,)).fetchall()
        connection.close()
        return [email for email, in rows]

    def settle(self):
        pass

    def stop(self):
        pass


class Postgres:
    """A private PostgreSQL cluster, as the user postgres when this runs as root."""

    name = "postgres"
    # A pool of eight, and one that listens.
    most_connections = 9

    def __init__(self, folder):
        self.psql, self.pgbench = program("psql"), program("pgbench")
        # Where the user postgres may go, whoever owns the output folder.
        self.folder = Path(tempfile.mkdtemp(prefix="guildhall-bench-postgres-"))
        self.prefix = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        data, self.port = self.folder / "data", free_port()
        self._run([program("initdb"), "-D", data, "-U", "guildhall", "--auth=trust", "-E", "UTF8", "--locale=C"])
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "synchronous_commit": "on",
            "log_line_prefix": "@@ ",
        }
        command = [program("postgres"), "-D", str(data)]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        self.log = folder / "postgres.log"
        self.process = subprocess.Popen(
            self.prefix + command, cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=self.log.open("w"),
        )
        for _ in range(200):
            if self._quiet(["-d", "postgres", "-c", "SELECT 1"]).returncode == 0:
                break
            if self.process.poll() is not None:
                raise SystemExit(f"PostgreSQL did not start: {self.log.read_text()}")
            time.sleep(0.05)
        self._quiet(["-d", "postgres", "-c", "CREATE DATABASE bench"]).check_returncode()
        self.url = f"postgres://guildhall@127.0.0.1:{self.port}/bench"

    def _run(self, command):
        subprocess.run(self.prefix + list(map(str, command)), cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL)

    def _quiet(self, arguments, text=None):
        command = [self.psql, "-h", "127.0.0.1", "-p", str(self.port), "-U", "guildhall",
                   "-At", *arguments]
        return subprocess.run(command, capture_output=True, text=True, input=text)

    def rows(self, query, text=None):
        """The rows of a query, as texts; `text` is its input."""
        result = self._quiet(["-d", "bench", "-c", query], text)
        if result.returncode != 0:
            raise SystemExit(f"{query}: {result.stderr}")
        return [line.split("|") for line in result.stdout.splitlines()]

    def connections(self, server):
        """How many the server has."""
        # Those who vacuum are at the same database.
        query = ("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                 "AND datname = 'bench' AND pid <> pg_backend_pid()")
        return int(self.rows(query)[0][0])

    def megabytes(self):
        return int(self.rows("SELECT pg_database_size('bench')")[0][0]) / 1e6

    def has(self, file):
        """Whether a connection has it open, which is a socket like others."""
        return False

    def log_megabytes(self):
        """Of what the server reads from: PostgreSQL keeps its log to itself."""
        return 0.0

    def emails(self, count):
        return [email for email, in self.rows(f"SELECT email FROM users ORDER BY id LIMIT {count}")]

    def cpu(self):
        """Of the postmaster and everything it has started."""
        return sum(map(cpu_seconds, [self.process.pid, *children_of(self.process.pid)]))

    def settle(self):
        """As after a while of service: statistics, and nothing left to write."""
        for command in ["VACUUM ANALYZE", "CHECKPOINT"]:
            self._quiet(["-d", "bench", "-c", command]).check_returncode()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


KINDS = {"sqlite": Sqlite, "postgres": Postgres}


class Server:
    """The release server on a free port."""

    def __init__(self, binary, database, folder, settings):
        environment = {
            "PATH": os.environ["PATH"],
            # As the unit and the image have it.
            "MALLOC_ARENA_MAX": "2",
            "DATABASE_URL": database.url,
            "GUILDHALL_DATA_DIR": str(folder),
            "GUILDHALL_LISTEN": "127.0.0.1:0",
            "GUILDHALL_RATE_LIMITS": "off",
            "GUILDHALL_ORGANIZATIONS_SELF_SERVICE": "on",
            "GUILDHALL_HTTP_BENCH_ROUTE": "on",
        } | settings
        self.log = folder / f"server-{database.name}.log"
        began = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "serve"], env=environment, cwd=folder, text=True,
            stdout=subprocess.PIPE, stderr=self.log.open("w"),
        )
        for line in self.process.stdout:
            if line.startswith("Guildhall is listening on "):
                self.base = line.split()[-1]
                break
        else:
            raise SystemExit(f"The server did not start: {self.log.read_text()}")
        while not self._is_ready():
            time.sleep(0.001)
        self.started_in = time.monotonic() - began

    def _is_ready(self):
        try:
            with urlopen(self.base + "/readyz"):
                return True
        except HTTPError:
            return False

    def send(self, method, path, token, body=None):
        """The body of an answer, which must be a success."""
        headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": "application/json"} if body else {})
        request = Request(self.base + path, body.encode() if body else None, headers, method=method)
        with urlopen(request) as answer:
            return answer.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wrk(server, database, requests, seconds, connections, folder, offset=0):
    """One run of wrk: what it saw, and what it cost the others."""
    output = folder / "run.json"
    before = cpu_seconds(server.process.pid), database.cpu()
    subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s",
         "--latency", "--timeout", "30s", "--script", str(HERE / "requests.lua"), server.base,
         "--", str(requests), str(offset)],
        env=os.environ | {"BENCH_OUTPUT": str(output)}, check=True, stdout=subprocess.DEVNULL,
    )
    run = json.loads(output.read_text())
    after = cpu_seconds(server.process.pid), database.cpu()
    count = max(run["requests"], 1)
    return {
        "requests": run["requests"],
        "sent": run["sent"],
        "per_second": count / (run["microseconds"] / 1e6),
        "p50_ms": run["p50"] / 1000, "p95_ms": run["p95"] / 1000, "p99_ms": run["p99"] / 1000,
        "errors": run["errors"],
        "server_us": (after[0] - before[0]) / count * 1e6,
        "database_us": (after[1] - before[1]) / count * 1e6,
        "resident_mb": resident_megabytes(server.process.pid),
    }


def bench_hashing(binary, seconds):
    """Hashes a second with nothing else to do: the server's own, on every core."""
    command = [binary, "bench-hashing", "--seconds", str(seconds)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, env={}).stdout)


def bench_look_up(binary, database, folder, seconds, count):
    """Users found by their address in a second, one after the other, as a sign-in finds them."""
    environment = {"DATABASE_URL": database.url, "GUILDHALL_DATA_DIR": str(folder)}
    command = [binary, "bench-look-up", "--seconds", str(seconds)]
    addresses = "\n".join(database.emails(count))
    return float(subprocess.run(command, input=addresses, capture_output=True, text=True, check=True, env=environment).stdout)


def sign_in_requests(database, path, count):
    """A file of sign-ins of different demo users, who share a password."""
    bodies = (json.dumps({"email": email, "password": DEMO_PASSWORD}) for email in database.emails(count))
    # The token is for requests.lua, and is not looked at where one signs in.
    path.write_text("".join(f"POST\t/api/auth/login\tnone\t{body}\n" for body in bodies))
    return path
