#!/usr/bin/env python3
"""Keeps a server under a steady, mixed load and watches whether it grows: see
docs/performance.md. What the load creates it deletes again.

The exit code is 0 when nothing grew and nothing failed, and 1 otherwise."""

import argparse
import datetime
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from load import Load
from machine import DEMO_PASSWORD, KINDS, ROOT, Server, build, fill, open_files, resident_megabytes, say, threads

# What may grow: memory by a few pages and caches; files by what a request under way at that
# moment has open; threads by those that block then.
MEMORY_MB, MEMORY_SHARE = 5, 0.05
FILES, THREADS = 4, 8
# SQLite begins its log anew after every 4 MB, if nobody reads from it at that moment.
LOG_MB = 16
ADMIN = "root@guildhall.example"
COLUMNS = ["minute", "requests", "errors", "resident_mb", "files", "threads", "connections", "database_mb", "log_mb", "p99_ms"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--database", choices=KINDS, default="sqlite")
    add("--minutes", type=float, default=60)
    add("--warm-up", type=float, help="minutes that do not count; a quarter of the whole, at most 10, without this")
    add("--rate", type=float, default=60, help="actions a second (%(default)s)")
    add("--workers", type=int, default=12, help="clients that do them (%(default)s)")
    add("--every", type=float, default=10, help="seconds between samples (%(default)s)")
    add("--organizations", type=int, default=10_000)
    add("--users", type=int, default=200_000)
    add("--sessions", type=int, default=200_000)
    add("--seed", type=int, default=1)
    add("--set", action="append", default=[], metavar="VARIABLE=VALUE", help="a setting of the server")
    add("--binary", help="the server; built by cargo without this")
    add("--output", type=Path, default=ROOT / "target" / "bench", help="folder for results (%(default)s)")
    options = parser.parse_args()
    if options.warm_up is None:
        options.warm_up = min(options.minutes / 4, 10)
    if options.warm_up >= options.minutes:
        parser.error("the warm-up must be shorter than the whole")
    return options


def sample(server, database, counts, began):
    # Connections are counted by themselves.
    files = [file for file in open_files(server.process.pid) if not database.has(file)]
    requests, errors, p99 = counts.take()
    return {
        "minute": (time.monotonic() - began) / 60,
        "requests": requests,
        "errors": errors,
        "resident_mb": resident_megabytes(server.process.pid),
        "files": len(files),
        "threads": threads(server.process.pid),
        "connections": database.connections(server),
        "database_mb": database.megabytes(),
        "log_mb": database.log_megabytes(),
        "p99_ms": p99,
    }


def watch(server, database, load, options):
    """Samples until the time is over or the server is."""
    samples, began = [], time.monotonic()
    end = began + options.minutes * 60
    say(row(COLUMNS))
    while (now := time.monotonic()) < end:
        time.sleep(min(options.every, end - now))
        if server.process.poll() is not None:
            raise SystemExit(f"The server ended with {server.process.returncode}: {server.log}")
        samples.append(sample(server, database, load.counts, began))
        say(row(shown(samples[-1])))
    return samples


def shown(sample):
    return [f"{value:.1f}" if isinstance(value, float) else str(value) for value in map(sample.get, COLUMNS)]


def row(cells):
    return "| " + " | ".join(f"{cell:>11}" for cell in cells) + " |"


def slope(samples, key):
    """How much it grows in an hour, by the line that fits best."""
    hours = [s["minute"] / 60 for s in samples]
    return statistics.linear_regression(hours, [s[key] for s in samples]).slope if len(samples) > 2 else 0.0


def verdict(samples, database, failures, options):
    """Each check with what was found, and whether it holds: the first and the last
    third after the warm-up are compared, so that one sample decides nothing."""
    settled = [s for s in samples if s["minute"] > options.warm_up]
    third = max(len(settled) // 3, 1)
    checks = []
    for key, allowed in [("resident_mb", None), ("files", FILES), ("threads", THREADS)]:
        first, last = (statistics.median(s[key] for s in part) for part in (settled[:third], settled[-third:]))
        bound = max(MEMORY_MB, first * MEMORY_SHARE) if allowed is None else allowed
        told = f"{key}: {first:.1f} at first, {last:.1f} at last, {slope(settled, key):+.1f} an hour; may grow by {bound:.1f}"
        checks.append((told, last - first <= bound))
    most = max(s["connections"] for s in samples)
    checks.append((f"connections: {most} at most; may be {database.most_connections}", most <= database.most_connections))
    longest = max(s["log_mb"] for s in samples)
    checks.append((f"log_mb: {longest:.1f} at most; may be {LOG_MB}", longest <= LOG_MB))
    checks.append((f"errors: {sum(s['errors'] for s in samples)} of {sum(s['requests'] for s in samples)} requests"
                   + "".join(f"\n  - {failure}" for failure in failures), not any(s["errors"] for s in samples)))
    return checks


def soak(binary, folder, options):
    database = KINDS[options.database](folder)
    try:
        say(f"{database.name}: making data …")
        users, _ = fill(binary, database, folder, options)
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database.url, "GUILDHALL_DATA_DIR": str(folder)}
        subprocess.run([binary, "admin", "create", "--email", ADMIN, "--name", "Root"], env=environment,
                       input=DEMO_PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL)
        settings = {
            # What is deleted is purged within the hour.
            "GUILDHALL_ORGANIZATIONS_RESTORE_DAYS": "0",
            # Stalled clients are cut while somebody watches.
            "GUILDHALL_HTTP_REQUEST_TIMEOUT": "5",
        } | dict(setting.split("=", 1) for setting in options.set)
        server = Server(binary, database, folder, settings)
        try:
            load = Load(server.base, users, database.emails(500), (ADMIN, DEMO_PASSWORD), options)
            load.start()
            try:
                samples = watch(server, database, load, options)
            finally:
                load.stop()
        finally:
            server.stop()
        return samples, load.counts
    finally:
        database.stop()


def main():
    options = arguments()
    binary = str(Path(options.binary).resolve()) if options.binary else build()
    with tempfile.TemporaryDirectory(prefix="guildhall-soak-") as folder:
        samples, counts = soak(binary, Path(folder), options)
    checks = verdict(samples, KINDS[options.database], counts.failures, options)
    lines = [
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M UTC}, {options.database}, {os.cpu_count()} cores; "
        f"{options.organizations:,} organizations, {options.users:,} users; {options.minutes:g} minutes, of which "
        f"{options.warm_up:g} to warm up; {options.rate:g} actions a second by {options.workers} clients.", "",
        *(f"- {'holds' if holds else '**FAILS**'}: {told}" for told, holds in checks), "",
        "Actions: " + ", ".join(f"{name} {count:,}" for name, count in sorted(counts.actions.items())) + ".", "",
        row(COLUMNS), "|" + "---:|" * len(COLUMNS),
        # One of many is enough to see the curve; all are in the JSON.
        *(row(shown(s)) for s in samples[:: max(len(samples) // 30, 1)]),
    ]
    text = "\n".join(lines) + "\n"
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / f"soak-{options.database}.json").write_text(json.dumps(samples, indent=2) + "\n")
    (options.output / f"soak-{options.database}.md").write_text(text)
    print(text)
    if not all(holds for _, holds in checks):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
