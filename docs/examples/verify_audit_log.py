"""Checks an export of Guildhall's audit logs, in plain Python 3.

    verify_audit_log.py [--key KEY]... [--checkpoints FILE] [EXPORT]

Reads the export (NDJSON) from a file or from standard input. Prints the first
entry of each log that is wrong; the exit code is then 1. The form is that of
docs/audit-log.md. Signatures are checked with the package `cryptography`, where it
is installed and a key is named; otherwise the chain alone is, and it says so.
"""

import argparse
import base64
import hashlib
import json
import sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None


class Wrong(Exception):
    """What is wrong first with a log."""


def digest(data):
    return hashlib.sha256(data).hexdigest()


def unique(pairs):
    """An object, in which no name may come twice."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


def canonical(entry):
    """The bytes that are hashed: JSON after RFC 8785."""
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def finding(log, sequence, reason, event=None):
    of_event = f" ({event})" if event else ""
    return Wrong(f"{log}, entry {sequence}{of_event}: {reason}")


class Keys:
    """The public keys that checkpoints may be signed by."""

    def __init__(self, texts):
        self.raw = {}
        for text in texts:
            raw = base64.b64decode(text, validate=True)
            self.raw[hashlib.sha256(raw).hexdigest()[:16]] = raw
        self.can_check = bool(self.raw) and Ed25519PublicKey is not None

    def check(self, statement, title, about):
        """Fails if none of the keys signed that checkpoint or base."""
        if not self.can_check:
            return
        log, size, key = statement["log"], statement["size"], statement["key"]
        if key not in self.raw:
            raise finding(log, size, f"{about}, but it is signed by the key {key}")
        lines = [title, log, str(size), statement["head"], statement["at"], ""]
        try:
            signature = base64.b64decode(statement["signature"], validate=True)
            public_key = Ed25519PublicKey.from_public_bytes(self.raw[key])
            public_key.verify(signature, "\n".join(lines).encode())
        except (InvalidSignature, ValueError):
            raise finding(log, size, f"{about}, but the signature does not fit") from None


class Log:
    """One log, checked entry by entry."""

    def __init__(self, name):
        self.name = name
        self.size = 0
        self.head = digest(f"guildhall audit log 1\n{name}\n".encode())
        self.awaited = {}  # Heads that checkpoints say, by size.
        self.is_fresh = True  # Nothing of it has come yet.
        self.is_wrong = False

    def begin(self, base, keys):
        """The entries up to there were dropped, as the base says."""
        if not self.is_fresh:
            reason = f"it is out of order; entry {self.size + 1} was to come"
            raise finding(self.name, base["size"], reason)
        keys.check(base, "guildhall audit base 1",
                   "it and those before are missing: that they were dropped is said")
        self.size, self.head = base["size"], base["head"]

    def expect(self, checkpoint, keys):
        keys.check(checkpoint, "guildhall audit checkpoint 1",
                   "there is a checkpoint over it")
        size, head = checkpoint["size"], checkpoint["head"]
        known = self.awaited.get(size, self.head if size == self.size else head)
        if known != head:
            raise self.rewritten(size)
        if size > self.size:
            self.awaited[size] = head

    def push(self, record):
        entry, event = record["entry"], record["entry"]["id"]
        sequence, expected = entry["sequence"], self.size + 1
        if sequence > expected:
            reason = f"entries before it are missing, from {expected} on"
        elif sequence < expected:
            reason = f"it is out of order; entry {expected} was to come"
        elif digest(canonical(entry)) != record["hash"]:
            reason = "it was changed: its hash is another's"
        elif entry["previous"] != self.head:
            reason = ("it does not hold the hash of the entry before, which was changed, "
                      "or this one was put here")
        else:
            self.size, self.head = sequence, record["hash"]
            if self.awaited.pop(sequence, self.head) != self.head:
                raise self.rewritten(sequence, event)
            return
        raise finding(self.name, sequence, reason, event)

    def end(self):
        if self.awaited:
            size = min(self.awaited)
            reason = f"it is missing: a checkpoint says that there were {size} entries"
            raise finding(self.name, self.size + 1, reason)

    def rewritten(self, size, event=None):
        reason = ("it, or one before it, was changed and the hashes made anew: the checkpoint "
                  f"over {size} entries says otherwise")
        return finding(self.name, size, reason, event)


class Export:
    """All logs of an export, one after the other."""

    def __init__(self, keys, kept):
        self.keys = keys
        self.kept = {}  # Checkpoints that were kept elsewhere, by log.
        for checkpoint in kept:
            self.kept.setdefault(checkpoint["log"], []).append(checkpoint)
        self.log = None
        self.logs = self.entries = self.checkpoints = self.dropped = 0
        self.findings = []

    def attempt(self, step, *arguments):
        """Does a step of a log that is right so far."""
        if self.log and not self.log.is_wrong:
            try:
                step(*arguments)
            except Wrong as wrong:
                self.log.is_wrong = True
                self.findings.append(str(wrong))

    def begin(self, name, base=None):
        self.logs += 1
        self.log = Log(name)
        if base:
            self.dropped += base["size"]
            self.attempt(self.log.begin, base, self.keys)
        self.log.is_fresh = False
        for checkpoint in self.kept.pop(name, []):
            self.checkpoints += 1
            self.attempt(self.log.expect, checkpoint, self.keys)

    def end(self):
        if self.log:
            self.attempt(self.log.end)
        self.log = None

    def push(self, line):
        checkpoint, base = line.get("checkpoint"), line.get("base")
        name = (checkpoint or base or line["entry"])["log"]
        if self.log is None or self.log.name != name:
            self.end()
            self.begin(name, base)
        elif base:
            self.attempt(self.log.begin, base, self.keys)
        if checkpoint:
            self.checkpoints += 1
            self.attempt(self.log.expect, checkpoint, self.keys)
        elif not base:
            self.entries += 1
            self.attempt(self.log.push, line)

    def finish(self):
        self.end()
        # Logs that are not there at all, though somebody has a checkpoint of them.
        for name in sorted(self.kept):
            self.begin(name)
            self.end()


def lines(file):
    """The documents of a file, one a line."""
    for number, text in enumerate(file, 1):
        if text.strip():
            try:
                yield json.loads(text, object_pairs_hook=unique)
            except ValueError as error:
                sys.exit(f"line {number} is no entry, no checkpoint and no base: {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--key", action="append", default=[], help="a public key, in base64")
    parser.add_argument("--checkpoints", help="a file of checkpoints that were kept elsewhere")
    parser.add_argument("export", nargs="?", help="an export in NDJSON; standard input without")
    arguments = parser.parse_args()
    keys, kept = Keys(arguments.key), []
    if arguments.checkpoints:
        with open(arguments.checkpoints, encoding="utf-8") as file:
            kept = [line.get("checkpoint", line) for line in lines(file)
                    if "entry" not in line and "base" not in line]
    export = Export(keys, kept)
    source = open(arguments.export, encoding="utf-8", newline="\n") if arguments.export else sys.stdin
    with source:
        for line in lines(source):
            try:
                export.push(line)
            except (AttributeError, KeyError, TypeError) as error:
                sys.exit(f"a line is no entry, no checkpoint and no base: {error!r}")
    export.finish()

    for found in export.findings:
        print(found)
    print(f"Logs: {export.logs}, entries: {export.entries}, checkpoints: {export.checkpoints}.")
    if export.dropped:
        print(f"Entries that were dropped before them, as is signed: {export.dropped}.")
    if not keys.can_check:
        lacking = "the package `cryptography`" if arguments.key else "a key (--key)"
        print(f"Signatures were not checked, for want of {lacking}: only the chain was.")
    if export.findings:
        sys.exit(f"Logs that are not as they were: {len(export.findings)}.")
    print("Nothing was changed, removed, moved or cut off.")


if __name__ == "__main__":
    main()
