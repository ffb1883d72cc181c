"""Servers die at every instant from claim to result: nobody is called twice, nobody is forgotten."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from data.store import Store
from ivr.campaigns.dialling.dialler import LEASE
from tests.campaigns.dialling.paper import Telephones, Time, World, server, world

PEOPLE = 3


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


class Mortal:
    """Counts the instants at which a server may be killed, and kills it at the one that is chosen."""

    def __init__(self) -> None:
        self.instants, self.kill_at = 0, -1
        self._connections: list[Any] = []

    def instant(self, *_: object) -> None:
        self.instants += 1
        if self.instants == self.kill_at:
            raise Killed

    def connected(self, connection: Any, _record: object) -> None:
        self._connections.append(connection)

    def hang_up(self) -> None:
        """What the kernel does for a process that is gone: what was not committed was never there."""
        while self._connections:
            connection = self._connections.pop()
            with suppress(sqlite3.Error, psycopg.Error):  # closed by the pool already
                connection.rollback()
                connection.close()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Every statement and every commit of the database is such an instant."""
        events: tuple[tuple[str, Callable[..., None]], ...] = (
            ("before_cursor_execute", self.instant),
            ("commit", self.instant),
            ("connect", self.connected),
        )
        for name, heard in events:
            event.listen(Engine, name, heard)
        try:
            yield
        finally:
            for name, heard in events:
                event.remove(Engine, name, heard)


def lived(url: str, made: World, mortal: Mortal, telephones: Telephones, time: Time, owner: str) -> bool:
    """A server looks at the campaign until it is killed, or there is nothing to do; whether it was killed."""
    store = Store(url)
    try:
        ours = server(store, telephones, time, owner=owner)
        while ours.step() or ours.recover():
            pass
    except Killed:
        return True
    else:
        return False
    finally:
        mortal.hang_up()
        store.close()


def play(url: str, store: Store, rounds: int, seed: int, first: int) -> Counter[str]:
    """So many campaigns on one database, each with a server that dies at an instant, and one that follows."""
    dice, found = random.Random(seed), Counter[str]()
    length = 120  # instants of a campaign, until it has been counted
    for n in range(rounds):
        time, mortal = Time(), Mortal()
        telephones = Telephones(instant=mortal.instant)
        made = world(store, PEOPLE, first=first + n * PEOPLE, name=f"c{first + n}")
        mortal.kill_at = dice.randrange(1, length)
        with mortal.watching():
            killed = lived(url, made, mortal, telephones, time, "n1@here")
        length = max(length if killed else mortal.instants, 10)
        mortal.kill_at = -1
        time.at += LEASE + timedelta(seconds=11)
        assert not lived(url, made, Mortal(), telephones, time, "n2@here")
        rung = Counter(telephones.rung)
        assert all(calls == 1 for calls in rung.values()), "somebody was called twice"
        for person in range(PEOPLE):
            entry, number = made.entry(store, person), made.numbers[person][0]
            assert entry.state in ("ended", "unclear"), "somebody was forgotten"
            assert rung[number] == 1, "somebody was never called"
            contacts = store.contacts.history(store.contacts.whom(number))
            assert len(contacts) == 1, "the ledger has one contact for each call"
            assert (entry.state == "unclear") == (contacts[0].conversation is None)
            found[entry.state] += 1
        assert store.dial_attempts.under_way(made.sample) == ()
    return found


@pytest.mark.parametrize("seed", [1])
def test_a_server_dies(store: Store, store_url: str, seed: int) -> None:
    """Ten times, at instants that are drawn: all statements, commits, and moments of a call."""
    found = play(store_url, store, 5, seed, first=0)
    assert found["ended"] >= PEOPLE


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_thousand_servers_die(store: Store, store_url: str) -> None:
    """As above, five hundred times on each database; and every kind of instant was met."""
    found = play(store_url, store, 500, 7, first=0)
    print(dict(found))
    assert found["unclear"] > 20 and found["ended"] > 500
