"""docs/actions.md: its strategy is checked and played as it stands there, from the list to the payment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from data.ids import new_id
from data.models import DialEntryRow, SampleRow
from data.nodes import claim
from data.promises import PaymentNote
from data.records import Request
from data.records.accounts import PromiseTerms
from data.store import Store
from ivr.campaigns import promise_days
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.dialling.line import Ending
from tests.campaigns.actions.desk import Desk, proved_call
from tests.campaigns.dialling.paper import MONDAY, Telephones, Time, server
from tests.commands import Done, ivr
from tests.databases import store_at

DOCS = Path(__file__).parents[3] / "docs" / "actions.md"
MAPPING = "columns:\n  customer_number: num\n  name: name\n  phones: tel\n  email: mail\n  balance: owes\n"
LIST = "num;name;tel;mail;owes\n18;Ana;612345678;ana@example.net;50,00\n"
ANA = "+34612345678"
FRIDAY = date(2026, 11, 27)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with the strategy of the docs."""
    monkeypatch.setenv("WHATSAPP_TOKEN", "secret-of-a-test")
    found = re.search(r"```yaml\n(strategy: fees\n.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert found, "docs/actions.md has its strategy"
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "fees.yaml").write_text(found[1])
    (tmp_path / "strategies" / "students.map.yaml").write_text(MAPPING)
    (tmp_path / "list.csv").write_text(LIST)
    store_at(tmp_path / "ivr.sqlite3").close()
    return tmp_path


@pytest.fixture
def run(home: Path) -> Callable[..., Done]:
    def command(*words: str, status: int = 0) -> Done:
        done = ivr(home, "campaign", *words)
        assert done.returncode == status, (words, done.stdout, done.stderr)
        return done

    return command


def begun(run: Callable[..., Done], home: Path) -> Store:
    """Loaded, created, cut and started, as the docs say; on that Monday. Whether a server runs is told."""
    assert "no mistakes" in run("check", "fees").stdout
    run("load", "fees", "students", str(home / "list.csv"))
    for name in ("reminder", "second_call"):
        run("create", "fees", name)
        run("sample", "fees", name, "monday")
        started = run("start", "fees", name).stdout
        assert "no server runs on this machine" in started and "ivr serve" in started
    assert "no server runs" in run("status", "fees", "reminder").stdout
    assert json.loads(run("status", "fees", "reminder", "--json").stdout)["server_here"] is False
    run("pause", "fees", "reminder")
    assert "no server runs" not in run("status", "fees", "reminder").stdout, "nobody is to be called now"
    node = claim(home / "spool", "here")
    assert "no server runs" not in run("start", "fees", "reminder").stdout
    assert "no server runs" not in run("status", "fees", "reminder").stdout
    assert json.loads(run("status", "fees", "reminder", "--json").stdout)["server_here"] is True
    node.release()
    store = Store(f"sqlite:///{home / 'ivr.sqlite3'}")
    with store.database.writing() as connection:
        connection.execute(update(SampleRow).values(cut_at=MONDAY))
        connection.execute(update(DialEntryRow).values(due_at=MONDAY))
    return store


def noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=11)


def test_the_strategy_of_the_docs(run: Callable[..., Done], home: Path) -> None:
    """Ana promises, is written to the next morning, reminded, is on the second list, and has paid."""
    store = begun(run, home)
    ana = store.customers.by_number("18")
    reminder, second = (store.campaigns.of_name("fees", name) for name in ("reminder", "second_call"))
    assert ana is not None and reminder is not None and second is not None

    # Monday: she proves who she is, and promises (as the flow's step does it) by Friday.
    call = proved_call(store, ana.id, ANA)
    terms = PromiseTerms(grace_days=reminder.declared["promises"]["grace_days"])
    asked = Request(at=MONDAY, call_id=call)

    def promises(_answered: object) -> None:
        store.accounts.promise("18", amount_cents=5000, promised_for=FRIDAY, request=asked, terms=terms)

    ending = Ending(result="answered", outcome="promise_to_pay", call_id=call)
    telephones = Telephones({ANA: [ending]}, before=promises)
    while server(store, telephones, Time(), rulebook=presets()).step():
        pass
    desk = Desk(store)
    desk.step()
    assert desk.standing(reminder.id) == [("promise_to_pay", "sms", "waiting", "cap")], "the call was today's"

    def look(day: date) -> None:
        desk.at = noon(day)
        promise_days.look(store, at=desk.at, zone=ZoneInfo("Europe/Madrid"))
        while desk.step():
            pass

    look(FRIDAY - timedelta(days=3))  # Tuesday: the SMS
    look(FRIDAY - timedelta(days=1))  # Thursday: the reminder
    look(FRIDAY + timedelta(days=3))  # Monday: Sunday was the last day
    assert desk.standing(reminder.id) == [
        ("promise_to_pay", "sms", "done", "done"),
        ("remind", "sms", "done", "done"),
        ("broken", "case", "done", "done"),
        ("broken", "campaign", "done", "done"),
    ]
    assert store.dial_list.states([second.id]) == {second.id: "running"}, "it was finished, and goes on"
    waiting = store.dial_list.get(second.sample_id or new_id(), ana.id)
    assert waiting is not None and waiting.state == "waiting"
    sent = [one.recipient for one in store.messages.latest()]
    assert sent == [ANA, ANA]
    assert desk.errands()[-1] == ("case", "broken_promise")
    paid = PaymentNote(
        customer_number="18", amount_cents=5000, currency="EUR", received_on=FRIDAY, reference="r1"
    )
    today = FRIDAY + timedelta(days=4)
    assert store.promises.take_payments([paid], at=noon(today), today=today).closed == {"kept": 1}
    (promise,) = json.loads(run("promises", "--days", "3000", "--json").stdout)["promises"]
    assert (promise["state"], promise["campaign"]) == ("kept", "fees/reminder")
    assert [one["occasion"] for one in promise["actions"]] == ["remind", "broken", "broken"]
    told = json.loads(run("actions", "fees", "reminder", "--json").stdout)["actions"]
    assert [(one["kind"], one["message"], one["customer_number"]) for one in told][-1] == (
        "sms",
        "waiting",
        "18",
    )
    table = re.sub(r"[\s│]+", " ", run("actions", "fees", "reminder").stdout)
    assert "when customer after" in table.replace("┃ ", "") and " 18 broken " in table
    shown = re.sub(r"[\s│]+", " ", run("promises", "--days", "3000").stdout)
    assert "fees/reminder kept" in shown
    store.close()
