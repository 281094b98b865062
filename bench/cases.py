"""What is measured: each case as a file of requests."""

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class User(NamedTuple):
    """A line of the token file of `guildhall demo-data`."""

    token: str
    id: str
    home: str
    role: str
    organizations: int


def read_users(path):
    """One session of each user, in the order of their numbers."""
    users = {}
    with open(path) as lines:
        for line in lines:
            token, user, home, role, organizations = line.rstrip("\n").split("\t")
            users.setdefault(user, User(token, user, home, role, int(organizations)))
    return list(users.values())


@dataclass
class Case:
    name: str
    what: str
    # (method, path, token, body)
    requests: list
    # Whether they write: then none is made twice, and sql/ has its statements.
    writes: bool = False
    # For those statements: users who may do it, each with another user.
    pairs: Iterable | None = None

    def write_to(self, path):
        path.write_text("".join("\t".join(request) + "\n" for request in self.requests))
        return path


def cases(users, tokens, writes):
    """Every case, over so many different tokens; those that write have so many
    requests, each of which can be made once."""
    dice = random.Random(1)
    traveller, *others = users
    some = dice.sample(others, min(tokens, len(others)))
    alone = [user for user in some if user.organizations == 1]
    managers = [user for user in others if user.role != "member"]
    get = lambda path, whom: [("GET", path.format(user=u), u.token, "") for u in whom]
    yield Case("list", "GET /api/organizations", get("/api/organizations", some))
    yield Case("one", "GET /api/organizations/{id}", get("/api/organizations/{user.home}", some))
    yield Case("stats", "GET /api/stats", get("/api/stats", some))
    yield Case("me", "GET /api/auth/me", get("/api/auth/me", some))
    page = "/api/organizations?limit=50"
    yield Case("page-of-one", f"GET {page}, one user in 1 organization", get(page, alone[:1]))
    yield Case(
        "page-of-many", f"GET {page}, one user in {traveller.organizations} organizations",
        get(page, [traveller]),
    )
    creators = itertools.islice(itertools.cycle(some), writes)
    yield Case(
        "create", "POST /api/organizations",
        [("POST", "/api/organizations", user.token, f'{{"name": "Bench {number} {dice.getrandbits(40)}"}}')
         for number, user in enumerate(creators)],
        writes=True, pairs=itertools.islice(itertools.cycle((user, user) for user in some), 200_000),
    )
    pairs = new_members(managers, others, dice)
    ready = list(itertools.islice(pairs, writes))
    yield Case(
        "member", "PUT /api/organizations/{id}/members/{user}",
        [("PUT", f"/api/organizations/{manager.home}/members/{user.id}", manager.token, '{"role": "member"}')
         for manager, user in ready],
        writes=True, pairs=itertools.islice(pairs, 200_000),
    )


def new_members(managers, users, dice):
    """A manager and somebody who is nowhere but in another organization; never the
    same organization and user again."""
    alone = [user for user in users if user.organizations == 1]
    dice.shuffle(alone)
    managers = list({manager.home: manager for manager in managers}.values())
    dice.shuffle(managers)
    for shift in itertools.count():
        for number, manager in enumerate(managers):
            user = alone[(number + shift * 7919) % len(alone)]
            if user.home != manager.home:
                yield manager, user
