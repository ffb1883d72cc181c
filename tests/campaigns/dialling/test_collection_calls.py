"""The shipped collection on the embedded switch: dialled, proved, promised, kept; and nobody who objects is
dialled again, by any campaign, at any of their numbers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import gevent
import pytest
from gevent.queue import Queue
from sqlalchemy import update

from data.models import CustomerRow, PromiseRow
from data.store import Store
from esl.embedded.scripted_callee import ScriptedCallee
from ivr.config import DatabaseSettings, Settings, SpeechSettings
from ivr.moments import Moment, SystemSpoke
from ivr.stage import Stage
from tests.campaigns.dialling.callees import FLOW, Does, Telephone, listens
from tests.campaigns.dialling.paper import campaign_of, numbers_of, people_in
from tests.databases import store_at

SHIPPED = Path(__file__).parents[3] / "dialogs" / "flows"
USED = (
    *("collection_reminder", "right_party", "promise_to_pay", "instalments", "already_paid", "dispute"),
    *("cannot_pay", "do_not_call", "hand_over", "after_hours"),
)
NUMBERS = {0: "a-11/4", 1: "22228", 2: "m2", 3: "C44446"}
POLICY = {"longest_days": 20, "least_of_balance": 50, "least_share": 90, "grace_days": 2, "instalments": 3}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server that dials with the shipped flows of a collection, on a Monday morning, by key only."""
    folder = tmp_path_factory.mktemp("collection")
    flows = folder / "flows"
    flows.mkdir()
    for name in USED:
        shutil.copy(SHIPPED / f"{name}.flow.yaml", flows)
    for name in ("catalogue.yaml", "queues.yaml"):
        shutil.copy(SHIPPED / name, flows)
    main = FLOW.replace("flow: reminder", "flow: main").replace(" ¿Es usted {caller.name}?", "")
    (flows / "main.flow.yaml").write_text(main.replace("agents", "billing"), encoding="utf-8")
    store_at(folder / "ivr.sqlite3").close()
    settings = Settings(
        home=folder,
        database=DatabaseSettings(url=f"sqlite:///{folder}/ivr.sqlite3"),
        prompts=folder.parent / "prompts",
        speech=SpeechSettings(engine="none", prepare=False),
    )
    with Stage(settings) as playing:
        yield playing


@pytest.fixture
def store(stage: Stage) -> Iterator[Store]:
    found = Store(stage.settings.database_url)
    yield found
    found.close()


def presses(stage: Stage, number: str, keys: Mapping[str, str], *, until: str) -> Does:
    """Somebody who presses these keys at these questions, and puts it down in the middle of that sentence."""
    spoken: Queue[str] = Queue()

    def heard(moment: Moment) -> None:
        if isinstance(moment, SystemSpoke):
            spoken.put(moment.step)

    stage.watch_caller(number, heard)

    def does(callee: ScriptedCallee) -> None:
        callee.ring()
        callee.answer()
        while (step := spoken.get(timeout=60)) != until:
            if step in keys:
                callee.key(keys[step])
        callee.hang_up()

    return does


def numbered(store: Store, some: Mapping[int, str]) -> None:
    """Gives them the customer numbers that people say, and a day of birth."""
    with store.database.writing() as connection:
        for n, number in some.items():
            mine = CustomerRow.name == f"Persona {n}"
            values = {"customer_number": number, "birth_date": date(1984, 3, 12)}
            connection.execute(update(CustomerRow).where(mine).values(**values))


def until(done: Callable[[], bool], what: str) -> None:
    with gevent.Timeout(120, TimeoutError(what)):
        while not done():
            gevent.sleep(0.1)  # between two looks: the server goes on by itself


def test_a_promise_a_dispute_a_wrong_number_and_no_more_calls(stage: Stage, store: Store) -> None:
    """Four people, each with two telephones; what they say holds at once, for all that comes after."""
    numbers = tuple(numbers_of(n, 2) for n in range(4))
    ids = people_in(store, numbers)
    numbered(store, NUMBERS)
    clock = stage.server.rooms.records.clock
    day = clock.utc().date() + timedelta(days=7)
    them = {"who": "1", "born": "1203"}
    doings: dict[int, Does] = {
        0: presses(
            stage,
            numbers[0][0],
            {**them, "what_next": "1", "pay_day": f"{day:%d%m}", "all_of_it": "1", "sure_all": "1"},
            until="promised",
        ),
        1: presses(stage, numbers[1][0], {"who": "4"}, until="promised"),
        2: presses(stage, numbers[2][0], {**them, "what_next": "3"}, until="complaint"),
        3: presses(stage, numbers[3][0], {"who": "3"}, until="sorry"),
    }
    lines = stage.switch.addresses.lines if stage.switch else ("", 0)
    first = [Telephone(lines, numbers[n][0], does) for n, does in doings.items()]
    second = [Telephone(lines, numbers[n][1], listens) for n in range(4)]
    made = campaign_of(
        store,
        ids,
        numbers,
        at=clock.utc(),
        flow="collection_reminder",
        purpose="collection",
        attempts=2,
        promises=POLICY,
    )
    until(
        lambda: (
            all(made.entry(store, n).state == "ended" for n in range(3))
            and made.entry(store, 3).result == "answered"
        ),
        "the campaign does not come to its end",
    )
    attempts = [store.dial_attempts.of_entry(made.entry(store, n))[0] for n in range(4)]
    assert [one.outcome for one in attempts] == ["promise_to_pay", "do_not_call", "dispute", "wrong_number"]

    # Kept, by the campaign's policy and not by the flow's word for it.
    (promise,) = store.accounts.promises(NUMBERS[0])
    assert (promise.amount_cents, promise.promised_for, promise.status) == (5000, day, "open")
    with store.database.reading() as connection:
        row = connection.execute(PromiseRow.__table__.select()).one()
    assert (row.confirmed_by, row.verified_by, row.grace_days, row.least_share) == (
        "key",
        "right_party",
        2,
        90,
    )
    assert row.call_id == attempts[0].call_id

    assert store.suppressions.contains("number", numbers[1][0])
    assert store.suppressions.contains("person", NUMBERS[1])
    assert [one.reason for one in store.collection_holds.of(NUMBERS[2])] == ["dispute"]

    # The person is not off the list whose number it was not: their next one follows, when the rule allows it.
    entry = made.entry(store, 3)
    assert (entry.state, entry.rank, entry.result) == ("waiting", 2, "answered")

    again = campaign_of(
        store,
        ids,
        [theirs[1:] for theirs in numbers],
        name="again",
        at=clock.utc(),
        flow="collection_reminder",
        purpose="collection",
    )
    until(lambda: again.entry(store, 1).state == "ended", "who objected is still on the list")
    assert again.entry(store, 1).result == "do_not_call"
    assert [phone.calls for phone in second] == [0, 0, 0, 0]
    assert [phone.calls for phone in first] == [1, 1, 1, 1]
    said = "\n".join(turn.text for turn in store.calls.get(attempts[1].call_id).turns)  # type: ignore[arg-type, union-attr]  # it was lived
    assert "no volveremos a llamarle" in said
    for phone in (*first, *second):
        phone.close()
