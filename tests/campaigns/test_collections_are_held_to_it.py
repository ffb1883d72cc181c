"""A strategy that collects holds its flows to the gate: where they are checked, published, and started."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.campaigns import Campaign, Chosen, Sample
from data.ids import new_id
from data.records import Request
from data.store import Store
from ivr.campaigns.strategies import collecting_flows
from tests.commands import ivr as run
from tests.databases import store_at

LUCIA = "45716"
NAG = """flow: nag
languages: [es]
person: desk
steps:
  - id: tell
    say: {es: "WORDS"}
  - id: over
    hangup: normal
"""
OBJECTS = """  - id: no_more
    write: do_not_call
    with: {customer_number: "none", number: "{caller.number}"}
    done: over
    refused: over
    later: over
    error: over
objection: no_more
"""
CATALOGUE = """queues: [desk]
writes: {do_not_call: {values: {customer_number: code, number: phone}, reasons: [unknown]}}
"""
STRATEGY = """strategy: fees
actor: creditor
bases: {all: {mapping: m.yaml}}
campaigns:
  nag: {base: all, flow: nag, purpose: PURPOSE, countries: [ES], on_machine: machine}
"""
EARLY, NEUTRAL = "Le llamamos por su deuda.", "Llámenos cuando pueda."
WHERE = "nag.flow.yaml:6:11: `deuda` is said before `verify` has succeeded"


def written(home: Path, *, words: str = EARLY, machine: str = NEUTRAL, purpose: str = "collection") -> None:
    """The strategy and its flows."""
    for folder in ("strategies", "flows"):
        (home / folder).mkdir(exist_ok=True)
    (home / "strategies" / "fees.yaml").write_text(STRATEGY.replace("PURPOSE", purpose), "utf-8")
    (home / "strategies" / "m.yaml").write_text("columns: {customer_number: number}\n", "utf-8")
    (home / "flows" / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    for name, said in (("nag", words), ("machine", machine), ("main", "Hola.")):
        text = NAG.replace("flow: nag", f"flow: {name}").replace("WORDS", said)
        text += OBJECTS if name == "nag" else ""
        (home / "flows" / f"{name}.flow.yaml").write_text(text, "utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation whose flow names a debt at once."""
    written(tmp_path)
    store_at(tmp_path / "ivr.sqlite3", customers=8).close()
    return tmp_path


def with_a_sample(home: Path) -> None:
    store = Store(f"sqlite:///{home}/ivr.sqlite3")
    now = datetime.now(UTC)
    store.campaigns.load("fees", "all", [LUCIA], at=now)
    base, lucia = store.campaigns.base("fees", "all"), store.customers.by_number(LUCIA)
    assert base is not None
    assert lucia is not None
    named = {"strategy": "fees", "name": "nag", "purpose": "collection", "state": "created"}
    campaign = Campaign(**named, id=new_id(), base_id=base, declared={}, created_at=now, created_by="eva")  # type: ignore[arg-type]  # a table
    assert store.campaigns.create(campaign)
    sample = {"campaign_id": campaign.id, "name": "monday", "condition": "true", "rules_version": "1"}
    cut = Sample(**sample, id=new_id(), cut_at=now, cut_by="eva")  # type: ignore[arg-type]  # as above
    chosen = Chosen(customer_id=lucia.id, account_id=None, numbers=lucia.phone_numbers)
    assert store.campaigns.freeze(cut, [chosen])
    store.close()


def test_which_flows_collect(home: Path) -> None:
    """Those of collections, and what they leave on machines; of files that can be read."""
    (home / "strategies" / "broken.yaml").write_text("strategy: broken\n", "utf-8")
    assert collecting_flows(home / "strategies") == {"nag", "machine"}
    written(home, purpose="service")
    assert collecting_flows(home / "strategies") == frozenset()


def test_the_check_and_the_publisher_tell_the_place(home: Path) -> None:
    """The flow itself says nothing of a collection; its strategy does."""
    checked = run(home, "check")
    assert (checked.returncode, WHERE in checked.stdout) == (1, True)
    published = run(home, "flow", "publish", "--dry-run")
    assert published.returncode == 1
    assert WHERE in published.stdout + published.stderr
    written(home, machine="Su recibo está pendiente.", words=NEUTRAL)
    assert "machine.flow.yaml:6:11: `recibo`" in run(home, "check").stdout
    written(home, purpose="service")
    assert run(home, "check").returncode == 0


def test_such_a_campaign_does_not_start(home: Path) -> None:
    """And starts as soon as nobody can learn of it."""
    with_a_sample(home)
    refused = run(home, "campaign", "start", "fees", "nag")
    assert refused.returncode == 2
    assert WHERE in refused.stderr
    written(home, words=NEUTRAL)
    started = run(home, "campaign", "start", "fees", "nag")
    assert (started.returncode, started.stderr) == (0, "")


def test_why_nobody_calls_and_that_a_person_lifts_it(home: Path) -> None:
    """Shown, and lifted with a reason; the reason is on record."""
    store = Store(f"sqlite:///{home}/ivr.sqlite3")
    store.collection_holds.hold(LUCIA, "dispute", Request(at=datetime.now(UTC)))
    assert "dispute" in run(home, "campaign", "holds", LUCIA).stdout
    without = run(home, "campaign", "holds", LUCIA, "--lift")
    assert (without.returncode, "--why" in without.stderr) == (2, True)
    assert run(home, "campaign", "holds", LUCIA, "--lift", "--why", "it was right").returncode == 0
    (hold,) = store.collection_holds.of(LUCIA)
    assert hold.lifted_at is not None
    assert hold.lifted_by.startswith("cli")
    again = run(home, "campaign", "holds", LUCIA, "--lift", "--why", "once more")
    assert (again.returncode, "there is no hold" in again.stderr) == (2, True)
    assert run(home, "campaign", "holds", "99999").returncode == 2
    store.close()


def test_a_retired_number_is_restored(home: Path) -> None:
    """The network was wrong once: shown by `explain`, and undone with a reason."""
    number, at = "+34934445566", datetime.now(UTC)
    store = Store(f"sqlite:///{home}/ivr.sqlite3")
    store.customers.retire_unallocated(number, at=at, why="UNALLOCATED_NUMBER in campaign nag")
    assert store.customers.blocked(number) is None
    why = run(home, "rules", "explain", "--number", number, "--purpose", "collection")
    assert "the number is retired: UNALLOCATED_NUMBER in campaign nag" in why.stdout
    assert run(home, "campaign", "restore", number).returncode == 2, "nobody undoes it without a reason"
    restored = run(home, "campaign", "restore", "934445566", "--why", "the trunk was wrong")
    assert (restored.returncode, "is dialled again" in restored.stdout) == (0, True)
    assert not store.customers.retired(number)
    again = run(home, "campaign", "restore", number, "--why", "once more")
    assert (again.returncode, "was not retired" in again.stdout) == (1, True)
    assert run(home, "campaign", "restore", "nobody", "--why", "x").returncode == 2
    store.close()
