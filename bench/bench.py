#!/usr/bin/env python3
"""Measures the release server: see docs/performance.md.

Every case is run in turn with a static answer of the same size from the same server
over as many connections, and is told as medians and as a ratio to that ceiling."""

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import tempfile
from pathlib import Path

import statements
from cases import cases
from machine import KINDS, ROOT, Server, build, fill, resident_megabytes, say, wrk

CASES = ["list", "one", "stats", "me", "page-of-one", "page-of-many", "create", "member"]
# How many answers are looked at for their size.
SAMPLE = 20
# How many users pgbench takes turns at: each is a script, whose statements each of its
# clients prepares first.
SCRIPTS = 4
# More than any machine that this was run on.
WRITES_PER_SECOND = 4000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--databases", default="sqlite,postgres", help="which, with commas between (%(default)s)")
    add("--cases", default=",".join(CASES), help="which, with commas between (%(default)s)")
    add("--organizations", type=int, default=10_000)
    add("--users", type=int, default=200_000)
    add("--sessions", type=int, default=200_000)
    add("--seed", type=int, default=1)
    add("--tokens", type=int, default=4000, help="different tokens in use (%(default)s)")
    add("--connections", type=int, default=32)
    add("--seconds", type=int, default=3, help="of each run (%(default)s)")
    add("--rounds", type=int, default=5, help="runs of each kind (%(default)s)")
    add("--quick", action="store_true", help="a small installation, four cases, one round of a second: to try the harness")
    add("--set", action="append", default=[], metavar="VARIABLE=VALUE", help="a setting of the server")
    add("--binary", help="the server; built by cargo without this")
    add("--output", type=Path, default=ROOT / "target" / "bench", help="folder for results (%(default)s)")
    add("--print-statements", action="store_true", help="show what is sent to PostgreSQL in each case, and end")
    options = parser.parse_args()
    if options.quick:
        options.organizations, options.users, options.sessions = 300, 6000, 6000
        options.tokens, options.seconds, options.rounds = 1000, 1, 1
        if options.cases == ",".join(CASES):
            options.cases = "list,me,page-of-many,create"
    options.cases = options.cases.split(",")
    unknown = set(options.cases) - set(CASES)
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}")
    return options


def medians(runs):
    keys = ["per_second", "p50_ms", "p95_ms", "p99_ms", "server_us", "database_us", "resident_mb"]
    return {key: statistics.median(run[key] for run in runs) for key in keys} | {
        "errors": sum(run["errors"] for run in runs)
    }


def measure(case, server, database, folder, options, captured):
    """Runs of the ceiling, of the case, and of the database alone in turn."""
    requests = case.write_to(folder / "requests.tsv")
    # What writes is answered with what was written; nothing is asked twice.
    size = 300
    if not case.writes:
        sample = [server.send(*request[:3]) for request in case.requests[:SAMPLE]]
        size = round(statistics.mean(map(len, sample)))
    ceiling = folder / "ceiling.tsv"
    ceiling.write_text("".join(f"GET\t/bench/{size}\t{request[2]}\n" for request in case.requests[:options.tokens]))
    wrk_on = lambda file, seconds, at: wrk(server, database, file, seconds, options.connections, folder, at)
    bare = alone(case, database, captured, options)
    rounds, offset = [], 0
    # Every token once, so that its session is noted as used, and every cache is warm.
    run = wrk_on(requests, 1 if case.writes else options.seconds, 0)
    if case.writes:
        # PostgreSQL keeps the plans that it made for tables while they were empty, until
        # it has statistics of them.
        database.settle()
    for _ in range(options.rounds):
        if case.writes:
            offset += run["sent"]
            if offset + WRITES_PER_SECOND * options.seconds > len(case.requests):
                raise SystemExit(f"{case.name}: there are too few requests for so many a second")
        above = wrk_on(ceiling, options.seconds, 0)
        run = wrk_on(requests, options.seconds, offset)
        rounds.append((above, run, {name: reach() for name, reach in bare.items()}))
    ratio = lambda of: statistics.median(map(of, rounds))
    return {
        "case": case.name, "what": case.what, "database": database.name, "bytes": size,
        "ceiling": medians([above for above, _, _ in rounds]),
        "measured": medians([run for _, run, _ in rounds]),
        "ratio": ratio(lambda r: r[1]["per_second"] / r[0]["per_second"]),
        "p99_ratio": ratio(lambda r: r[1]["p99_ms"] / r[0]["p99_ms"]),
        "alone": {
            name: {"per_second": ratio(lambda r: r[2][name]),
                   "ratio": ratio(lambda r: r[1]["per_second"] / r[2][name])}
            for name in bare
        },
        "rounds": rounds,
    }


def alone(case, database, captured, options):
    """What asks the database alone for as much as it can do, by what it does."""
    clients = min(options.connections, 8)
    if case.writes and database.name == "sqlite":
        rows = ({"user": uuid_bytes(m.id), "home": uuid_bytes(m.home), "member": uuid_bytes(u.id)} for m, u in case.pairs)
        return {"statements": lambda: statements.sqlite(database, f"{case.name}.sqlite.sql", rows, options.seconds)}
    if database.name == "sqlite":
        return {}
    if case.writes:
        pairs = statements.keep_pairs(database, case.pairs)
        scripts = [statements.of_file(f"{case.name}.postgres.sql")]
        return {"statements": lambda: statements.pgbench(database, scripts, options.seconds, clients, pairs=pairs)}
    all_of_it = [statements.script(sent) for sent in captured]
    bare = {"statements": lambda: statements.pgbench(database, all_of_it, options.seconds, clients)}
    # Of stats, the last one is not what costs.
    if case.name != "stats":
        last = [statements.script(sent[-1:]) for sent in captured]
        bare["the last"] = lambda: statements.pgbench(database, last, options.seconds, clients, "role=guildhall")
    return bare


def uuid_bytes(id):
    """Of an id with its prefix, as SQLite keeps it."""
    return bytes.fromhex(id.partition("-")[2].replace("-", ""))


def table(report):
    """The report in Markdown."""
    lines = [
        f"{report['when']}, {report['cores']} cores, {report['size']}; {report['connections']} connections, "
        f"{report['tokens']} tokens; medians of {report['rounds']} rounds of {report['seconds']} s.", "",
        "| database | case | req/s | of the ceiling | p50 ms | p95 ms | p99 ms | p99 / ceiling's | errors "
        "| server µs | database µs | resident MB | of the database alone |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for r in report["results"]:
        m = r["measured"]
        bare = [f"{name}: {b['ratio']:.2f} of {b['per_second']:,.0f}" for name, b in r["alone"].items()]
        lines.append(
            f"| {r['database']} | {r['case']} | {m['per_second']:,.0f} | {r['ratio']:.3f} of {r['ceiling']['per_second']:,.0f} "
            f"| {m['p50_ms']:.2f} | {m['p95_ms']:.2f} | {m['p99_ms']:.2f} | {r['p99_ratio']:.1f} | {m['errors']} "
            f"| {m['server_us']:.0f} | {m['database_us']:.0f} | {m['resident_mb']:.0f} | {'; '.join(bare)} |")
    lines.append("")
    for name, d in report["databases"].items():
        line = (f"{name}: filled in {d['filled_in']:.0f} s; first answer possible {d['started_in'] * 1000:.0f} ms after the "
                f"start; resident memory {d['resident_at_start']:.0f} MB after the start, {d['resident_at_end']:.0f} MB at the end")
        pages = {r["case"]: r["measured"]["p50_ms"] for r in report["results"] if r["database"] == name}
        if {"page-of-one", "page-of-many"} <= pages.keys():
            line += f"; a page of the user in many organizations takes {pages['page-of-many'] / pages['page-of-one']:.1f} × the time"
        lines.append(f"- {line}.")
    return "\n".join(lines) + "\n"


def on(kind, binary, folder, options, report):
    database = kind(folder)
    try:
        say(f"{database.name}: making data …")
        users, filled_in = fill(binary, database, folder, options)
        writes = WRITES_PER_SECOND * options.seconds * (options.rounds + 2)
        wanted = [case for case in cases(users, options.tokens, writes) if case.name in options.cases]
        captured = {}
        if database.name == "postgres":
            capture = statements.Capture(binary, database, folder)
            try:
                # What writes is asked twice if need be, and refused the second time; its
                # statements are in sql/.
                for case in wanted:
                    if case.writes and not options.print_statements:
                        continue
                    count = 1 if options.print_statements else SCRIPTS
                    last = case.requests[-count - 1:] * 2
                    if not case.writes:
                        # The first use of a session is written down.
                        for request in case.requests[-count - 1:]:
                            capture.server.send(*request)
                    captured[case.name] = [capture.statements(*two) for two in zip(last, last[1:count + 1])]
            finally:
                capture.stop()
        if options.print_statements:
            for name, sent in captured.items():
                print(f"-- {name}", *sent[0], sep="\n", end="\n\n")
            return
        settings = dict(setting.split("=", 1) for setting in options.set)
        server = Server(binary, database, folder, settings)
        try:
            facts = {"filled_in": filled_in, "started_in": server.started_in,
                     "resident_at_start": resident_megabytes(server.process.pid)}
            for case in wanted:
                say(f"{database.name}: {case.name} …")
                result = measure(case, server, database, folder, options, captured.get(case.name))
                report["results"].append(result)
                say(f"  {result['measured']['per_second']:,.0f} requests a second, {result['ratio']:.3f} of the ceiling, "
                    f"{result['measured']['errors']} errors")
            facts["resident_at_end"] = resident_megabytes(server.process.pid)
            report["databases"][database.name] = facts
        finally:
            server.stop()
    finally:
        database.stop()


def main():
    options = arguments()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed; on Debian: apt-get install wrk")
    binary = str(Path(options.binary).resolve()) if options.binary else build()
    report = {
        "when": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": os.cpu_count(), "machine": platform.machine(), "load_before": os.getloadavg(),
        "size": f"{options.organizations:,} organizations, {options.users:,} users, {options.sessions:,} sessions",
        "connections": options.connections, "tokens": options.tokens, "rounds": options.rounds,
        "seconds": options.seconds, "settings": options.set, "results": [], "databases": {},
    }
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        for name in options.databases.split(","):
            own = Path(folder) / name
            own.mkdir()
            on(KINDS[name], binary, own, options, report)
    if options.print_statements:
        return
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "results.json").write_text(json.dumps(report, indent=2) + "\n")
    text = table(report)
    (options.output / "results.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
