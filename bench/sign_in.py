#!/usr/bin/env python3
"""Measures sign-ins against their hashes alone, and what others notice while many wait:
see docs/performance.md."""

import argparse
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from cases import cases
from machine import KINDS, Server, bench_hashing, build, fill, resident_megabytes, say, sign_in_requests, wrk


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--databases", default="sqlite,postgres", help="which, with commas between (%(default)s)")
    add("--organizations", type=int, default=10_000)
    add("--users", type=int, default=200_000)
    add("--sessions", type=int, default=200_000)
    add("--seed", type=int, default=1)
    add("--waiting", type=int, default=64, help="sign-ins at a time (%(default)s)")
    add("--connections", type=int, default=32, help="of those who read meanwhile (%(default)s)")
    add("--seconds", type=int, default=5, help="of each run (%(default)s)")
    add("--rounds", type=int, default=5, help="runs of each kind (%(default)s)")
    add("--binary", help="the server; built by cargo without this")
    return parser.parse_args()


class Peak:
    """The most resident memory of a process while this is entered."""

    def __init__(self, pid):
        self.pid, self.megabytes, self.ended = pid, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self.ended.wait(0.05):
            self.megabytes = max(self.megabytes, resident_megabytes(self.pid))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def beside(work, others):
    """What the one returns, done while the others go on and a second after them."""
    thread = threading.Thread(target=others)
    thread.start()
    time.sleep(1)
    done = work()
    thread.join()
    return done


def measure(binary, server, database, folder, users, options):
    sign_ins = sign_in_requests(database, folder / "sign-ins.tsv", 4000)
    lists = next(case for case in cases(users, 4000, 0) if case.name == "list").write_to(folder / "lists.tsv")
    own = folder / "sign-ins"
    own.mkdir()
    sign_in = lambda seconds: wrk(server, database, sign_ins, seconds, options.waiting, own)
    read = lambda: wrk(server, database, lists, options.seconds, options.connections, folder)
    read()
    rounds = []
    for _ in range(options.rounds):
        hashes = bench_hashing(binary, options.seconds)
        signed_in = sign_in(options.seconds)
        with Peak(server.process.pid) as calm:
            undisturbed = read()
        with Peak(server.process.pid) as busy:
            disturbed = beside(read, lambda: sign_in(options.seconds + 2))
        rounds.append({
            "hashes alone, a second": hashes,
            "sign-ins a second": signed_in["per_second"],
            "sign-ins of hashes": signed_in["per_second"] / hashes,
            "list p99 ms, alone": undisturbed["p99_ms"],
            "list p99 ms, beside": disturbed["p99_ms"],
            "list p99, beside of alone": disturbed["p99_ms"] / undisturbed["p99_ms"],
            "list req/s, beside of alone": disturbed["per_second"] / undisturbed["per_second"],
            "peak MB, alone": calm.megabytes,
            "peak MB, beside": busy.megabytes,
            "errors": signed_in["errors"] + undisturbed["errors"] + disturbed["errors"],
        })
        say("  " + ", ".join(f"{key} {value:.2f}" for key, value in rounds[-1].items()))
    return {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}


def on(kind, binary, folder, options):
    database = kind(folder)
    try:
        say(f"{database.name}: making data …")
        users, _ = fill(binary, database, folder, options)
        server = Server(binary, database, folder, {})
        try:
            return measure(binary, server, database, folder, users, options)
        finally:
            server.stop()
    finally:
        database.stop()


def main():
    options = arguments()
    binary = str(Path(options.binary).resolve()) if options.binary else build()
    found = {}
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        for name in options.databases.split(","):
            own = Path(folder) / name
            own.mkdir()
            found[name] = on(KINDS[name], binary, own, options)
    print(f"{os.cpu_count()} cores, {options.waiting} sign-ins at a time, {options.connections} connections that read; "
          f"medians of {options.rounds} rounds of {options.seconds} s.\n")
    print("| | " + " | ".join(found) + " |\n|---|" + "---:|" * len(found))
    for key in next(iter(found.values())):
        print(f"| {key} | " + " | ".join(f"{of[key]:.2f}" for of in found.values()) + " |")


if __name__ == "__main__":
    main()
