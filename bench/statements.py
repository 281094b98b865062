"""What the database alone does for the statements of a request.

Reads on PostgreSQL: the statements of real requests are taken from PostgreSQL's own
log in the same run, so that they are always those that the server sends. Writes make
rows that must be new each time; their statements are in sql/, written down from
`bench.py --print-statements`, which shows what to bring up to date."""

import itertools
import os
import re
import sqlite3
import subprocess
import time
import uuid
from pathlib import Path

from machine import HERE, Server

# What the server asks for itself meanwhile.
OTHERS = re.compile("mail_queue|serving_periods|audit_checkpoints|SELECT 1$")
# Likewise, in a transaction of several statements.
USES_OF_SESSIONS = re.compile("UPDATE sessions .* FROM free ")

# Different addresses that are looked up.
LOOKUPS = 20_000


class Capture:
    """A server of one connection to PostgreSQL whose statements are logged."""

    def __init__(self, binary, database, folder):
        self.database = database
        self._log("SET log_statement = 'all'")
        # Without a cache, or nothing would be asked; what other nodes change is not asked for either.
        settings = {"GUILDHALL_DATABASE_MAX_CONNECTIONS": "1", "GUILDHALL_CACHE_MEGABYTES": "0"}
        self.server = Server(binary, database, folder, settings)
        time.sleep(0.5)

    def _log(self, setting):
        self.database.rows(f"ALTER ROLE guildhall {setting}")

    def statements(self, before, request):
        """The statements of a request, the parameters written into them. Another one is
        made before: what is said once on a connection is no part of it."""
        while True:
            self.server.send(*before)
            start = self.database.log.stat().st_size
            self.server.send(*request)
            time.sleep(0.02)
            with self.database.log.open() as log:
                log.seek(start)
                found = list(parsed(log.read()))
            if not any(map(USES_OF_SESSIONS.search, found)):
                return found

    def stop(self):
        self.server.stop()
        self._log("RESET log_statement")


def parsed(log):
    """Statements out of a log whose entries begin with `@@ `."""
    found = []
    for entry in log.split("@@ ")[1:]:
        kind, _, text = entry.partition(":  ")
        text = " ".join(text.split())
        if kind == "LOG":
            found.append(re.sub(r"^(statement|execute [^:]*): ", "", text))
        elif kind == "DETAIL" and text.startswith("parameters: ") and found:
            for number, value in re.findall(r"\$(\d+) = ('(?:[^']|'')*'|NULL)", text):
                found[-1] = re.sub(rf"\${number}\b", lambda _: value, found[-1])
    return [text for text in found if not OTHERS.search(text)]


def script(statements):
    """The statements for pgbench. It prepares one at a time; settings that the
    server makes in one round trip are one statement here too."""
    lines = []
    for text in statements:
        settings = re.findall(r"SET (?:SESSION|LOCAL) (\S+) = ('[^']*')", text)
        if settings and not text.startswith("BEGIN"):
            text = "SELECT " + ", ".join(f"set_config('{k}', {v}, false)" for k, v in settings)
        lines.append(text.rstrip(";") + ";")
    return "\n".join(lines) + "\n"


def keep_pairs(database, pairs):
    """A table of managers, their organizations and who is to become a member there,
    for the scripts in sql/."""
    database.rows("DROP TABLE IF EXISTS bench_pairs")
    database.rows("CREATE TABLE bench_pairs (n int PRIMARY KEY, manager uuid, home uuid, member uuid)")
    lines = (f"{n}\t{m.id[5:]}\t{m.home[4:]}\t{u.id[5:]}\n" for n, (m, u) in enumerate(pairs))
    database.rows("COPY bench_pairs FROM STDIN", "".join(lines))
    database.rows("ANALYZE bench_pairs")
    return int(database.rows("SELECT count(*) FROM bench_pairs")[0][0])


def pgbench(database, scripts, seconds, clients, settings="role=guildhall_application", pairs=1):
    """Transactions a second with prepared statements, each time one of the scripts."""
    files = []
    for number, text in enumerate(scripts):
        path = Path(database.folder) / f"script-{number}.sql"
        path.write_text(text)
        path.chmod(0o644)
        files += ["-f", str(path)]
    result = subprocess.run(
        [database.pgbench, "-h", "127.0.0.1", "-p", str(database.port), "-U", "guildhall", "-n",
         "-M", "prepared", "-D", f"pairs={pairs}", "-c", str(clients), "-j", "1", "-T", str(seconds), *files, "bench"],
        capture_output=True, text=True, cwd="/", env=os.environ | {"PGOPTIONS": f"-c {settings}"},
    )
    if result.returncode != 0 or "aborted" in result.stderr:
        raise SystemExit(f"pgbench: {result.stderr}")
    return float(re.search(r"tps = ([\d.]+) \(without", result.stdout)[1])


def of_file(name):
    return (HERE / "sql" / name).read_text()


def sqlite(database, name, rows, seconds):
    """Transactions a second over one connection with the server's settings, every
    statement prepared once; each time with values of `rows`."""
    text = re.sub(r"--.*", "", of_file(name))
    statements = [s.strip() for s in text.split(";") if s.strip()]
    connection = sqlite3.connect(database.path, isolation_level=None)
    for pragma in ["busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL",
                   "foreign_keys = ON", "secure_delete = ON"]:
        connection.execute(f"PRAGMA {pragma}")
    count, began = 0, time.monotonic()
    for values in rows:
        if time.monotonic() - began > seconds:
            break
        values = values | {
            "new": uuid.uuid4().bytes, "event": uuid.uuid4().bytes, "other": uuid.uuid4().bytes,
            "text": uuid.uuid4().hex, "hash": os.urandom(32), "now": int(time.time() * 1e6),
            # Never one that a log has.
            "number": time.monotonic_ns(),
        }
        for statement in statements:
            connection.execute(statement, values if ":" in statement else ()).fetchall()
        count += 1
    per_second = count / (time.monotonic() - began)
    connection.close()
    return per_second


def lookups(database, seconds):
    """How many users one client finds by their address in a second."""
    return (sqlite_lookups if database.name == "sqlite" else postgres_lookups)(database, seconds)


def sqlite_lookups(database, seconds):
    """Over a connection with as large a cache as the server's readers have."""
    emails = [email.lower() for email in database.emails(LOOKUPS)]
    connection = sqlite3.connect(database.path)
    connection.execute("PRAGMA cache_size = -500")
    began = time.monotonic()
    for count, email in enumerate(itertools.cycle(emails), 1):
        connection.execute("SELECT * FROM users WHERE email_key = ?", (email,)).fetchall()
        if (took := time.monotonic() - began) > seconds:
            connection.close()
            return count / took


def postgres_lookups(database, seconds):
    """By a prepared statement, without the time in which pgbench picks an address."""
    database.rows(f"""
        CREATE TABLE IF NOT EXISTS bench_addresses AS
            SELECT (row_number() OVER (ORDER BY id))::int AS n, email_key FROM users ORDER BY id LIMIT {LOOKUPS};
        CREATE UNIQUE INDEX IF NOT EXISTS bench_addresses_n ON bench_addresses (n)""")
    count = database.rows("SELECT count(*) FROM bench_addresses")[0][0]
    pick = f"\\set n random(1, {count})\nSELECT email_key AS wanted FROM bench_addresses WHERE n = :n \\gset\n"
    find = pick + "SELECT * FROM users WHERE email_key = :wanted;\n"
    picking, both = (1 / pgbench(database, [script], seconds, clients=1, settings="role=guildhall") for script in (pick, find))
    return 1 / (both - picking)
