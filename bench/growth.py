#!/usr/bin/env python3
"""Measures the same requests on a small and on a large installation, in turn: see
docs/performance.md."""

import argparse
import os
import statistics
import tempfile
from pathlib import Path
from types import SimpleNamespace

from cases import cases
from machine import KINDS, Server, bench_look_up, build, fill, say, sign_in_requests, wrk
from statements import LOOKUPS, lookups

CASES = ["list", "one", "stats", "me"]
# A hash takes so much longer than all else that more would only wait for it.
SIGN_IN_CONNECTIONS = 4
MOST_USERS = 1_000_000
WARM_UPS = 3


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--databases", default="sqlite,postgres", help="which, with commas between (%(default)s)")
    add("--small", type=int, default=1000, help="organizations, each with about twenty users as long as those are at most a million (%(default)s)")
    add("--large", type=int, default=100_000, help="the same of the other (%(default)s)")
    add("--cases", help="which of the table's, with commas between; all without this")
    add("--seed", type=int, default=1)
    add("--tokens", type=int, default=4000, help="different tokens in use (%(default)s)")
    add("--connections", type=int, default=32)
    add("--seconds", type=int, default=3, help="of each run (%(default)s)")
    add("--rounds", type=int, default=5, help="runs of each kind (%(default)s)")
    add("--binary", help="the server; built by cargo without this")
    return parser.parse_args()


def users_of(organizations):
    return min(20 * organizations, MOST_USERS)


class Installation:
    """A database of some size, and a server on it."""

    def __init__(self, kind, binary, folder, organizations, options):
        users = users_of(organizations)
        size = SimpleNamespace(organizations=organizations, users=users, seed=options.seed,
                               sessions=min(users, 200_000))
        folder.mkdir()
        self.folder, self.database = folder, kind(folder)
        try:
            say(f"{self.database.name}: making {organizations:,} organizations and {users:,} users …")
            found, _ = fill(binary, self.database, folder, size)
            self.server = Server(binary, self.database, folder, {})
            self.binary = binary
        except BaseException:
            self.database.stop()
            raise
        self.requests = {case.name: case.write_to(folder / f"{case.name}.tsv")
                         for case in cases(found, options.tokens, 0) if case.name in CASES}
        self.requests["sign-in"] = sign_in_requests(self.database, folder / "sign-in.tsv", options.tokens)

    def run(self, case, options):
        connections = SIGN_IN_CONNECTIONS if case == "sign-in" else options.connections
        run = wrk(self.server, self.database, self.requests[case], options.seconds, connections, self.folder)
        if run["errors"]:
            raise SystemExit(f"{case}: {run['errors']} errors")
        return run["per_second"]

    def look_up(self, options):
        return bench_look_up(self.binary, self.database, self.folder, options.seconds, LOOKUPS)

    def serve_without_cache(self):
        self.server.stop()
        self.server = Server(self.binary, self.database, self.folder, {"GUILDHALL_CACHE_MEGABYTES": "0"})

    def stop(self):
        self.server.stop()
        self.database.stop()


def kinds(options):
    """What is compared by default, and without the cache."""
    wanted = lambda found: {case: reach for case, reach in found.items()
                            if options.cases is None or case in options.cases.split(",")}
    run = lambda case: lambda of: of.run(case, options)
    cached = {case: run(case) for case in [*CASES, "sign-in"]}
    cached["user by e-mail"] = lambda of: of.look_up(options)
    cached["user by e-mail by the statement alone"] = lambda of: lookups(of.database, options.seconds)
    return wanted(cached), wanted({f"{case} without the cache": run(case) for case in CASES})


def compare(small, large, kinds, options):
    """By case: what each reaches, and how much longer the large one takes."""
    for name, reach in kinds.items():
        # The stats of some thousand users take a while to be counted for the first time.
        for _ in range(WARM_UPS):
            reach(small), reach(large)
        rounds = [(reach(small), reach(large)) for _ in range(options.rounds)]
        found = [statistics.median(r[n] for r in rounds) for n in (0, 1)]
        yield name, *found, statistics.median(s / l for s, l in rounds)


def tell(database, compared):
    for case, small, large, ratio in compared:
        print(f"| {database} | {case} | {small:,.0f} | {large:,.0f} | {ratio:.2f} × |", flush=True)


def main():
    options = arguments()
    binary = str(Path(options.binary).resolve()) if options.binary else build()
    print(f"{os.cpu_count()} cores; {options.small:,} organizations and {users_of(options.small):,} users against "
          f"{options.large:,} and {users_of(options.large):,}; {options.connections} connections, medians of {options.rounds} rounds of {options.seconds} s.\n")
    print("| database | case | small, a second | large, a second | time of the large |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        for name in options.databases.split(","):
            started = []
            try:
                for size in (options.small, options.large):
                    own = Path(folder) / f"{name}-{size}"
                    started.append(Installation(KINDS[name], binary, own, size, options))
                cached, uncached = kinds(options)
                tell(name, compare(*started, cached, options))
                for installation in started:
                    installation.serve_without_cache()
                tell(name, compare(*started, uncached, options))
            finally:
                for installation in started:
                    installation.stop()


if __name__ == "__main__":
    main()
