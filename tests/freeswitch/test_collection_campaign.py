"""The shipped collection on a real FreeSWITCH: SIPp's people are called, answer, press keys, refuse, object,
and are machines. What each of them came to is looked up in every table that a coordinator would look at."""

from __future__ import annotations

import audioop
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from subprocess import Popen
from typing import Any

import gevent
import pytest
from gevent.queue import Queue
from sqlalchemy import update

from data.luhn import with_check_digit
from data.models import CustomerRow, PromiseRow
from data.records import CallRecord
from data.records.dialling import Attempt
from data.store import Store
from ivr.campaigns.dialling.settings import CampaignSettings, TrunkSettings
from ivr.config import DatabaseSettings, Settings, SpeechSettings
from ivr.moments import Moment, SystemSpoke
from ivr.voice import Speaker
from speech.pyttsx3 import CALLER_VOICES
from tests.campaigns.dialling.callees import FLOW
from tests.campaigns.dialling.paper import World, campaign_of, numbers_of, people_in
from tests.campaigns.dialling.speakers import GREETING, silence
from tests.campaigns.dialling.test_collection_calls import POLICY, SHIPPED, USED
from tests.databases import store_at
from tests.dialogs.debt_oracle import tells
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.ears import ears_of
from tests.freeswitch.harness import FreeSwitch, freeswitch, wait_until
from tests.freeswitch.product import ProductStage, beside, configuration, on_free_port
from tests.freeswitch.sipp_people import SippPeople, sip_port, sipp_people
from tests.freeswitch.sound import tone
from tests.freeswitch.test_many_calls import need_sipp

pytestmark = [pytest.mark.freeswitch, pytest.mark.timeout(300)]

DAYS_AHEAD = 7
"""From today until the day that is promised."""
OWED = 5000
PROVED = {"who": "1", "born": "1203"}


@dataclass(frozen=True)
class Kind:
    """Somebody who is called, and what is to be noted of them."""

    result: str
    outcome: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    """By step: what they press when they hear it. `DAY` stands for the day that they promise."""
    says: str = "hello"
    hangs_up_at: str = ""
    """The step in whose sentence they put it down."""
    status: int = 0
    """The SIP status with which it is refused."""
    absent: bool = False

    @property
    def talked(self) -> bool:
        """Whether the ledger has a conversation with them."""
        return self.result == "answered"


PROMISES = {**PROVED, "what_next": "1", "pay_day": "DAY", "all_of_it": "1", "sure_all": "1"}
KINDS: Mapping[str, Kind] = {
    "promises": Kind("answered", "promise_to_pay", PROMISES),
    "disputes": Kind("answered", "dispute", {**PROVED, "what_next": "3"}),
    "has paid": Kind("answered", "already_paid", {**PROVED, "what_next": "2"}),
    "wrong person": Kind("answered", "wrong_number", {"who": "3"}),
    "objects": Kind("answered", "do_not_call", {"who": "4"}, hangs_up_at="promised"),
    "puts it down": Kind("answered", hangs_up_at="who"),
    "machine": Kind("machine", "left_message", says="machine"),
    "busy": Kind("busy", status=486),
    "not there": Kind("no_answer", absent=True),
    "refuses": Kind("rejected", status=603),
    "unwanted": Kind("unwanted", status=607),
    "no number": Kind("invalid", status=404),
}
FEW = ("promises", "disputes", "wrong person", "machine", "no number")
OFTEN = (
    *(["promises"] * 3),
    "disputes",
    "has paid",
    "wrong person",
    "objects",
    "busy",
    "not there",
    "machine",
)
FIFTY = (
    *(OFTEN * 4),
    *(["puts it down", "refuses", "unwanted", "no number"] * 2),
    "puts it down",
    "no number",
)


@dataclass(frozen=True)
class Person:
    """One of the list."""

    kind: Kind
    number: str
    customer_number: str
    line: int
    spoken: Queue[str] = field(default_factory=Queue)

    @property
    def digits(self) -> str:
        return self.number.removeprefix("+")


@dataclass
class Place:
    """A server that dials for a collection, by a trunk to SIPp."""

    stage: ProductStage
    switch: FreeSwitch
    store: Store
    sipp_port: int
    greetings: Mapping[str, Path]
    _called: Iterator[int] = field(default_factory=lambda: count(0, 100))
    """A test that is run again calls others."""

    def some(self, count: int) -> tuple[tuple[str, ...], ...]:
        """Numbers that nobody was called at before."""
        first = next(self._called)
        return tuple(numbers_of(first + n) for n in range(count))

    @property
    def promised_for(self) -> date:
        return self.stage.server.rooms.records.clock.utc().date() + timedelta(days=DAYS_AHEAD)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    need_freeswitch()
    need_sipp()
    folder = tmp_path_factory.mktemp("collection")
    settings = on_free_port(settings_in(folder))
    port = sip_port()
    with freeswitch(configuration(settings)) as switch:
        dial = f"sofia/ivr/{{digits}}@127.0.0.1:{port}"
        trunk = TrunkSettings(name="crowd", dial=dial, channels=20, calls_per_second=10)
        campaigns = CampaignSettings(trunks=(trunk,), answering_machines="detect")
        stage = ProductStage(beside(settings.model_copy(update={"campaigns": campaigns}), switch))
        stage.server.start()
        store = Store(settings.database_url)
        try:
            stage.server.rooms.voice.wait_warm()
            yield Place(stage, switch, store, port, greetings_in(folder))
        finally:
            stage.server.stop(1.0)
            store.close()


def settings_in(folder: Path) -> Settings:
    """The shipped flows of a collection, by key; and one for those who call."""
    flows = folder / "flows"
    flows.mkdir()
    for name in (*USED, "voicemail_neutral"):
        shutil.copy(SHIPPED / f"{name}.flow.yaml", flows)
    for name in ("catalogue.yaml", "queues.yaml"):
        shutil.copy(SHIPPED / name, flows)
    main = FLOW.replace("flow: reminder", "flow: main").replace(" ¿Es usted {caller.name}?", "")
    (flows / "main.flow.yaml").write_text(main.replace("agents", "billing"), encoding="utf-8")
    store_at(folder / "ivr.sqlite3").close()
    return Settings(
        home=folder,
        database=DatabaseSettings(url=f"sqlite:///{folder}/ivr.sqlite3"),
        prompts=folder.parent / "prompts",
        speech=SpeechSettings(engine="none"),
    )


def greetings_in(folder: Path) -> Mapping[str, Path]:
    """What people and machines say when they pick up."""
    speaker = Speaker(CALLER_VOICES)
    said = {
        "hello": silence(0.3) + speaker.speak("¿Diga?", "es"),
        "machine": silence(0.3) + speaker.speak(GREETING, "es") + silence(0.5) + tone(1000, 0.4),
    }
    speaker.close()
    found = {name: folder / f"{name}.ulaw" for name in said}
    for name, file in found.items():
        file.write_bytes(audioop.lin2ulaw(said[name], 2))
    return found


@dataclass(frozen=True)
class Called:
    """A campaign that is over."""

    place: Place
    made: World
    people: Sequence[Person]
    rang: Counter[str]
    heard: Sequence[tuple[int, int]]
    """By line: loud frames while they were saying something, and afterwards."""

    def of_kind(self, *kinds: str) -> list[Person]:
        meant = [KINDS[one] for one in kinds]
        return [one for one in self.people if one.kind in meant]

    def attempt(self, person: Person) -> Attempt:
        (found,) = self.place.store.dial_attempts.of_entry(self.made.entry(self.place.store, person.line))
        return found

    def record(self, person: Person) -> CallRecord:
        attempt = self.attempt(person)
        assert attempt.call_id is not None
        found = self.place.store.calls.get(attempt.call_id)
        assert found is not None
        return found


def called(place: Place, kinds: Sequence[str], folder: Path, *, seconds: float) -> Called:
    """Calls one person of each of these kinds."""
    numbers = place.some(len(kinds))
    people = [
        Person(KINDS[kind], numbers[n][0], with_check_digit(numbers[n][0][-7:]), n)
        for n, kind in enumerate(kinds)
    ]
    ids = people_in(place.store, numbers)
    with place.store.database.writing() as connection:
        for one, customer in zip(people, ids, strict=True):
            values = {"customer_number": one.customer_number, "birth_date": date(1984, 3, 12)}
            connection.execute(update(CustomerRow).where(CustomerRow.id == customer).values(**values))
    with ExitStack() as stack:
        ports, process = stack.enter_context(ears_of("people_voices", len(people)))
        for name, file in place.greetings.items():
            order(process, sound=name, file=str(file))
        telephones = stack.enter_context(
            sipp_people(
                folder,
                place.sipp_port,
                {one.digits: port for one, port in zip(people, ports, strict=True)},
                refuse={one.digits: one.kind.status for one in people if one.kind.status},
                absent=[one.digits for one in people if one.kind.absent],
            )
        )
        living = [gevent.spawn(lives, place, one, telephones, process) for one in people]
        living.append(gevent.spawn(picks_up, {one.digits: one for one in people}, telephones, process))
        stack.callback(gevent.killall, living)
        declared: dict[str, Any] = {
            "flow": "collection_reminder",
            "on_machine": "voicemail_neutral",
            "purpose": "collection",
            "attempts": 1,
            "ring": 15,
            "promises": POLICY,
        }
        now = place.stage.server.rooms.records.clock.utc()
        made = campaign_of(
            place.store, ids, numbers, name=f"collection{numbers[0][0][-6:]}", at=now, **declared
        )
        over = lambda: all(  # noqa: E731 - one look
            made.entry(place.store, one.line).state not in ("waiting", "claimed", "dialled") for one in people
        )
        wait_until(over, seconds, "the end of the campaign")
        place.stage.wait_until_idle(place.switch)
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        heard = [(before, after) for before, after in json.loads(process.stdout.readline())]
        return Called(place, made, people, telephones.rang, heard)


def order(process: Popen[str], **what: object) -> None:
    """To `people_voices`."""
    assert process.stdin is not None
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()


def picks_up(people: Mapping[str, Person], telephones: SippPeople, process: Popen[str]) -> None:
    """Whoever has answered says hello."""
    while True:
        for number, far in telephones.answered():
            one = people[number]
            order(process, line=one.line, far=far, says=one.kind.says)
        gevent.sleep(0.05)  # between two looks into SIPp's log


def lives(place: Place, person: Person, telephones: SippPeople, process: Popen[str]) -> None:
    """Presses keys at the questions that they hear, and puts it down in the middle of a sentence."""

    def heard(moment: Moment) -> None:
        if isinstance(moment, SystemSpoke):
            person.spoken.put(moment.step)

    place.stage.watch_caller(person.number, heard)
    while True:
        step = person.spoken.get()
        if step == person.kind.hangs_up_at:
            telephones.hang_up(person.digits)
        elif step in person.kind.keys:
            keys = person.kind.keys[step].replace("DAY", f"{place.promised_for:%d%m}")
            order(process, line=person.line, keys=keys)


def everything_is_noted(over: Called) -> None:
    """Each person's ending, and all that follows from it; and nothing of it anywhere else."""
    store, made, people = over.place.store, over.made, over.people
    found = {one.line: (over.attempt(one).result, over.attempt(one).outcome) for one in people}
    assert found == {one.line: (one.kind.result, one.kind.outcome) for one in people}
    assert over.rang == dict.fromkeys((one.digits for one in people), 1), "each rings once"
    assert {made.entry(store, one.line).state for one in people} == {"ended"}
    for one in people:
        whom = store.contacts.whom(one.number)
        assert [(contact.conversation, contact.call_id) for contact in store.contacts.history(whom)] == [
            (one.kind.talked, over.attempt(one).call_id)
        ]
    promised = {one.line for one in people if store.accounts.promises(one.customer_number)}
    assert promised == {one.line for one in over.of_kind("promises")}
    for one in over.of_kind("promises"):
        kept_as_promised(over, one)
    holds = {
        one.line: [hold.reason for hold in store.collection_holds.of(one.customer_number)] for one in people
    }
    wanted = {one.line: ["dispute"] for one in over.of_kind("disputes")}
    wanted |= {one.line: ["already_paid"] for one in over.of_kind("has paid")}
    assert {line: reasons for line, reasons in holds.items() if reasons} == wanted
    retired = {one.line for one in people if store.customers.retired(one.number)}
    assert retired == {one.line for one in over.of_kind("wrong person", "no number")}
    assert not any(store.customers.blocked(one.number) for one in people), "each of them may call us"
    objected = {one.line for one in people if store.suppressions.contains("number", one.number)}
    assert objected == {one.line for one in over.of_kind("objects", "unwanted")}
    themselves = {one.line for one in people if store.suppressions.contains("person", one.customer_number)}
    assert themselves >= {one.line for one in over.of_kind("objects")}


def kept_as_promised(over: Called, person: Person) -> None:
    """By the campaign's policy: all of it, on the day that was keyed, after proof, in that call."""
    store, attempt = over.place.store, over.attempt(person)
    (promise,) = store.accounts.promises(person.customer_number)
    assert (promise.amount_cents, promise.promised_for) == (OWED, over.place.promised_for)
    assert promise.status == "open"
    with store.database.reading() as connection:
        mine = PromiseRow.__table__.select().where(PromiseRow.call_id == attempt.call_id)
        row = connection.execute(mine).one()
    assert (row.confirmed_by, row.verified_by, row.grace_days) == ("key", "right_party", 2)


def nobody_else_heard_of_it(over: Called) -> None:
    """Whoever has not proved who they are hears no word of a debt; those who have, do."""
    for one in over.people:
        if over.attempt(one).call_id is None:
            continue
        said = [turn.text for turn in over.record(one).turns if turn.who == "system"]
        proved = "born" in one.kind.keys
        assert any(tells(text) for text in said) == proved, (one, said)
    for one in over.of_kind("machine"):
        before, after = over.heard[one.line]
        assert before == 0, "nothing is said into a greeting"
        assert after > 75, "the message is on the machine"
    for one in over.of_kind("puts it down"):
        assert over.record(one).ended_by == "caller"


def test_five_by_sipp(place: Place, tmp_path: Path) -> None:
    """A promise, a dispute, a wrong number, a machine, and no number."""
    over = called(place, FEW, tmp_path, seconds=120)
    everything_is_noted(over)
    nobody_else_heard_of_it(over)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_fifty_by_sipp(place: Place, tmp_path: Path) -> None:
    """Every ending that a campaign can have, side by side on twenty lines."""
    assert len(FIFTY) == 50 and set(FIFTY) == set(KINDS)
    over = called(place, FIFTY, tmp_path, seconds=500)
    everything_is_noted(over)
    nobody_else_heard_of_it(over)
    print(Counter((one.kind.result, one.kind.outcome) for one in over.people))
