"""Servers are killed at every instant from outcome to acknowledgement: nothing is lost or has two ids.

Real processes and SIGKILL, a real HTTP server and a real mail server that count what they take.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import subprocess as cooperative
from sqlalchemy import select, update

from data.models import CallbackRow, CustomerRow, TicketRow
from data.store import Store
from tests.campaigns.actions.desk import PLAIN, campaign, mobiles
from tests.campaigns.actions.life import Life
from tests.campaigns.dialling.paper import MONDAY, World
from tests.freeswitch.harness import wait_until
from tests.messenger.conftest import Provider, provider

__all__ = ["provider"]

CHECKOUT = Path(__file__).parents[3]
PEOPLE = 1
ACTIONS = {
    "promise": [
        {"sms": "plain", "words": PLAIN},
        {"email": "plain", "words": PLAIN},
        {"whatsapp": "plain", "words": PLAIN},
        {"webhook": "crm"},
        {"case": "promise"},
        {"callback": "billing"},
    ]
}
KINDS = ("sms", "email", "whatsapp", "webhook", "case", "callback")
STRATEGY = """
strategy: s
actor: creditor
bases: {{b: {{mapping: b.map.yaml}}}}
providers:
  only: {{url: "{url}", json: {{to: "{{to}}", text: "{{text}}", by: whatsapp}}}}
campaigns: {{c: {{base: b, flow: f, purpose: service, countries: [ES]}}}}
"""


class Beside:
    """What stands beside a server, for all tests of the file: a mail server, and the process that forks one
    server for each life."""

    def __init__(self, folder: Path) -> None:
        self._mails = folder / "mails.jsonl"
        self._mail_server = subprocess.Popen(
            [sys.executable, "-m", "tests.messenger.mail_server", "{}"],
            cwd=CHECKOUT,
            stdout=self._mails.open("wb"),
            stderr=subprocess.DEVNULL,
        )
        self.forks = cooperative.Popen(
            [sys.executable, "-m", "tests.campaigns.actions.mortal"],
            cwd=CHECKOUT,
            env={**os.environ, "HOOK_OF_A_TEST": "sixteen signs at least"},
            stdin=cooperative.PIPE,
            stdout=cooperative.PIPE,
        )
        wait_until(lambda: self._mails.read_text().endswith("\n"), 60, "the mail server")
        self.mail_port = int(self._mails.read_text())

    def mails(self) -> list[str]:
        """The Message-ID of each mail that was taken, as often as it was."""
        content = [json.loads(line)["content"] for line in self._mails.read_text().splitlines()[1:]]
        return [re.search(r"Message-ID: <([^@]+)@", one)[1] for one in content]  # type: ignore[index]  # each has one

    def stop(self) -> None:
        for process in (self.forks, self._mail_server):
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    found = Beside(tmp_path_factory.mktemp("beside"))
    yield found
    found.stop()


class Mortals:
    """Servers of one installation, each for a life."""

    def __init__(self, home: Path, beside: Beside, provider: Provider) -> None:
        (home / "strategies").mkdir()
        (home / "strategies" / "s.yaml").write_text(STRATEGY.format(url=provider.url))
        (home / "strategies" / "b.map.yaml").touch()
        self._forks, self.mails = beside.forks, beside.mails
        self.settings = {
            "home": str(home),
            "messages": {
                "sms": {"url": provider.url, "form": {"to": "{to}", "text": "{text}"}},
                "email": {
                    "host": "127.0.0.1",
                    "port": beside.mail_port,
                    "security": "none",
                    "sender": "Aurora <no-reply@example.net>",
                },
                "webhooks": {"crm": {"url": provider.url, "secret": {"env": "HOOK_OF_A_TEST"}}},
            },
        }

    def live(self, url: str, at: datetime, owner: str, trunk: str, kill_at: int = 0) -> tuple[bool, int]:
        """A server's life: whether it was killed, and how many instants it had if it was not."""
        life = Life(url, at.isoformat(), owner, kill_at, self.settings, trunk)
        self._forks.stdin.write(json.dumps(asdict(life)).encode() + b"\n")
        self._forks.stdin.flush()
        with gevent.Timeout(60):
            told = json.loads(self._forks.stdout.readline())
        assert told["instants"] >= 0, "the server broke"
        return told["killed"], told["instants"]


@pytest.fixture
def mortals(tmp_path: Path, beside: Beside, provider: Provider) -> Mortals:
    return Mortals(tmp_path, beside, provider)


def begun(store: Store, n: int) -> World:
    """A campaign about people with mobiles and addresses."""
    made = campaign(store, mobiles(PEOPLE, n * PEOPLE), name=f"c{n}", actions=ACTIONS)
    with store.database.writing() as connection:
        for person in made.people:
            mine = update(CustomerRow).where(CustomerRow.id == person)
            connection.execute(mine.values(email=f"p{person.hex}@example.net"))
    return made


def play(
    url: str, store: Store, mortals: Mortals, provider: Provider, rounds: int, seed: int
) -> Counter[str]:
    """So many campaigns, each with a server that is killed at an instant and one that follows; the instants
    are spread over the life that nobody dies in. How often what was killed, and what arrived twice."""
    dice, found, length = random.Random(seed), Counter[str](), 0
    for n in range(rounds + 1):
        made, before = begun(store, n), (len(provider.asked), len(mortals.mails()))
        trunk = f"t{n}"
        if n:
            kill_at = 1 + int(length * (n - dice.random()) / rounds)
            killed, _ = mortals.live(url, MONDAY, f"a{n}", trunk, kill_at)
            found["killed"] += killed
        states = Counter(one.state for one in store.actions.of_campaign(made.campaign))
        found.update(f"then {state}" for state, count in states.items() if n and count)
        later = MONDAY + timedelta(minutes=5 if n else 0)
        killed, instants = mortals.live(url, later, f"b{n}", trunk)
        assert not killed
        length = length or instants
        found["twice"] += judged(store, made, provider, mortals, before)
    return found


def judged(store: Store, made: World, provider: Provider, mortals: Mortals, before: tuple[int, int]) -> int:
    """That each action of each person is done, and has arrived under its one id; how many arrived again."""
    actions = store.actions.of_campaign(made.campaign)
    assert Counter(one.kind for one in actions) == dict.fromkeys(KINDS, PEOPLE), "one is lost, or there twice"
    assert {one.state for one in actions} == {"done"}
    asked = [one.headers["idempotency-key"] for one in provider.asked[before[0] :]]
    posted = {str(one.id) for one in actions if one.kind in ("sms", "whatsapp")}
    posted |= {f"action:{one.id}" for one in actions if one.kind == "webhook"}
    assert set(asked) == posted, "one never arrived, or under another id"
    mails = mortals.mails()[before[1] :]
    assert set(mails) == {str(one.id) for one in actions if one.kind == "email"}
    assert {store.actions.messages_of(actions)[one.id] for one in actions if one.kind in KINDS[:3]} == {
        "sent"
    }
    with store.database.reading() as connection:
        for table in (TicketRow, CallbackRow):
            theirs: Any = select(table.customer_id).where(table.customer_id.in_(made.people))  # type: ignore[attr-defined]  # both have it
            assert Counter(connection.scalars(theirs)) == dict.fromkeys(made.people, 1), table
    for person, (number,) in zip(made.people, made.numbers, strict=True):
        ledger = store.contacts.history(store.contacts.whom(number, customer_id=person))
        assert Counter(one.channel for one in ledger) == {"call": 1, "sms": 1, "email": 1, "whatsapp": 1}
        assert all(one.conversation is not None for one in ledger)
    return len(asked) + len(mails) - len(posted) - PEOPLE


def test_servers_are_killed(store: Store, store_url: str, mortals: Mortals, provider: Provider) -> None:
    """Three times, over the whole of a life; on PostgreSQL, of which the long test has more, once."""
    rounds = 3 if store.database.backend == "sqlite" else 1
    found = play(store_url, store, mortals, provider, rounds, seed=1)
    assert found["killed"] >= max(1, rounds - 1), found
    assert rounds == 1 or (found["then done"] and found["then waiting"]), found


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_hundred_servers_are_killed(
    store: Store, store_url: str, mortals: Mortals, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    """As above on each database; some arrive twice, under one id, and that is all."""
    found = play(store_url, store, mortals, provider, 200, seed=7)
    with capsys.disabled():
        print(dict(found))
    assert found["killed"] >= 195
    assert found["twice"] > 0, "no server was killed between send and acknowledgement"
