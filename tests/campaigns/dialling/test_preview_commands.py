"""`ivr agent next`, `call`, `skip` and `later` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

import pytest

from data.store import Store
from tests.campaigns.dialling.paper import MONDAY, World, world
from tests.campaigns.dialling.test_previews import agents_in
from tests.commands import ivr
from tests.databases import store_at


@pytest.fixture(autouse=True)
def on_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Sunday nobody may be called, and so nobody is shown."""
    clock = Mock()
    clock.now.return_value = MONDAY
    monkeypatch.setattr("ivr.cli.agent_preview.datetime", clock)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two agents of a queue, one of them checked in, and three people who may be called."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "catalogue.yaml").write_text("queues: [billing]\n", encoding="utf-8")
    (tmp_path / "flows" / "queues.yaml").write_text("queues: {billing: {}}\n", encoding="utf-8")
    people = "agents: {2001: {queues: [billing]}, 2002: {queues: [billing]}}\n"
    (tmp_path / "flows" / "agents.yaml").write_text(people, encoding="utf-8")
    return tmp_path


def campaign_at(home: Path) -> tuple[Store, World]:
    store = store_at(home / "ivr.sqlite3")
    made = world(store, 3, numbers=2, mode="preview", queue="billing")
    agents_in(store, "2001", at=MONDAY)
    return store, made


def test_an_agent_types_what_they_decide(home: Path) -> None:
    """The person with what is needed to decide, and no other; each look stands in the audit log."""
    store, made = campaign_at(home)
    first = ivr(home, "agent", "next", "2001")
    assert first.returncode == 0, first.stderr
    assert "owes 50.00 EUR, early" in first.stdout and "ivr agent call, skip or later" in first.stdout
    assert first.stdout.count("Persona") == 1
    assert "skip: paid" in ivr(home, "agent", "skip", "2001", "--reason", "paid").stdout
    second = json.loads(ivr(home, "agent", "next", "2001", "--json").stdout)
    assert len(second["numbers"]) == 2 and second["decision"] == ""
    later = json.loads(ivr(home, "agent", "later", "2001", "--minutes", "30", "--json").stdout)
    assert (later["decision"], later["customer_number"]) == ("later", second["customer_number"])
    ivr(home, "agent", "next", "2001")
    called = json.loads(ivr(home, "agent", "call", "2001", "--at", "2", "--json").stdout)
    assert (called["decision"], called["number"], called["call"]) == ("call", 2, "")
    (wanted,) = store.previews.wanted(made.sample)
    assert (wanted.agent, wanted.rank) == ("2001", 2)
    seen = [one for one in store.audit.latest(20) if one.action == "read"]
    assert len(seen) == 6 and None not in {one.customer_id for one in seen}
    store.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("next", "2002"), "not checked in"),
        (("next", "3000"), "is no agent"),
        (("call", "2001"), "You look at nobody"),
        (("skip", "2001", "--reason", " "), "reason is missing"),
    ],
)
def test_what_cannot_be_is_one_line(home: Path, words: tuple[str, ...], told: str) -> None:
    """With the remedy, and status 2."""
    campaign_at(home)[0].close()
    done = ivr(home, "agent", *words)
    assert done.returncode == 2 and told in done.stderr and done.stderr.count("\n") == 1, done.stderr
