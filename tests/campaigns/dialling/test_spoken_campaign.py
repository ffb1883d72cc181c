"""A campaign that is heard: people who speak, answering machines, a fax and silence, on the embedded switch
with sound in real time and a real recogniser; every ending beside it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from data.store import Store
from dialogs.universals import OBJECTION
from ivr.campaigns.dialling.settings import CampaignSettings, TrunkSettings
from ivr.config import DatabaseSettings, Settings, SpeechSettings
from ivr.stage import Stage
from ivr.voice import Speaker
from speech.pyttsx3 import CALLER_VOICES
from tests.campaigns.dialling.callees import Does, Telephone, refuses, says_nothing, write_flow
from tests.campaigns.dialling.paper import World, campaign_of, numbers_of, people_in
from tests.campaigns.dialling.speakers import Speakers, loud_seconds, write_flows
from tests.campaigns.dialling.test_calls import record_of as call_of
from tests.campaigns.dialling.test_calls import telephones, wait_until_over
from tests.databases import store_at
from tests.models import need_model

LINES = 4
"""Calls at once: the recogniser shares two cores with the switch, the server and everybody who is called."""


@dataclass(frozen=True)
class Kind:
    """Somebody, and what is to be noted of them."""

    does: Does
    result: str
    outcome: str


@pytest.fixture(scope="module")
def speakers() -> Iterator[Speakers]:
    voice = Speaker(CALLER_VOICES)
    yield Speakers(lambda words: voice.speak(words, "es"))
    voice.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server that dials, hears who answers, and understands them."""
    need_model("whisper-base")
    folder = tmp_path_factory.mktemp("spoken_campaign")
    write_flow(folder)
    write_flows(folder)
    store_at(folder / "ivr.sqlite3").close()
    trunk = TrunkSettings(name="main", dial="user/{number}", channels=LINES, calls_per_second=2)
    settings = Settings(
        home=folder,
        database=DatabaseSettings(url=f"sqlite:///{folder}/ivr.sqlite3"),
        prompts=folder.parent / "prompts",
        speech=SpeechSettings(engine="whisper"),
        campaigns=CampaignSettings(trunks=(trunk,), answering_machines="detect"),
    )
    with Stage(settings) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


@pytest.fixture
def store(stage: Stage) -> Iterator[Store]:
    found = Store(stage.settings.database_url)
    yield found
    found.close()


def kinds_of(speakers: Speakers) -> dict[str, Kind]:
    """Every way in which a call may end that somebody hears, and the others."""
    return {
        "objects aloud": Kind(speakers.interrupts("No me llamen más, por favor."), "answered", "objected"),
        "interrupts": Kind(speakers.interrupts("¿Sí, dígame?", "Sí, sí, de acuerdo."), "answered", "told"),
        "says yes": Kind(speakers.person("¿Diga?", "Sí, soy yo."), "answered", "told"),
        "says no": Kind(speakers.person("¿Sí?", "No, se ha equivocado."), "answered", "wrong_person"),
        "is silent": Kind(says_nothing, "answered", "no_reply"),
        "machine": Kind(speakers.machine, "machine", "message_left"),
        "fax": Kind(speakers.fax, "machine", "fax"),
        "presses one": Kind(speakers.presses("1"), "answered", "told"),
        "puts it down": Kind(speakers.hangs_up, "answered", ""),
        "busy": Kind(refuses("USER_BUSY"), "busy", ""),
        "refuses": Kind(refuses("CALL_REJECTED"), "rejected", ""),
        "objects": Kind(refuses("UNWANTED"), "unwanted", ""),
        "not there": Kind(refuses("NO_ANSWER"), "no_answer", ""),
        "no number": Kind(refuses("UNALLOCATED_NUMBER"), "invalid", ""),
    }


@dataclass
class Played:
    """A campaign that is over."""

    made: World
    kinds: list[str]
    phones: list[Telephone]
    seconds: float

    def endings(self, store: Store) -> list[tuple[str, str]]:
        """Of each person's only call, result and outcome."""
        found = []
        for n in range(len(self.kinds)):
            (attempt,) = store.dial_attempts.of_entry(self.made.entry(store, n))
            found.append((attempt.result, attempt.outcome))
        return found


def played(
    stage: Stage,
    store: Store,
    speakers: Speakers,
    kinds: list[str],
    *,
    first: int,
    seconds: float,
    flow: str = "spoken",
) -> Played:
    """A campaign with these people, to its end."""
    known = kinds_of(speakers)
    numbers = tuple(numbers_of(first + n) for n in range(len(kinds)))
    ids = people_in(store, numbers)
    phones = telephones(stage, numbers, {n: known[kind].does for n, kind in enumerate(kinds)})
    now = stage.server.rooms.records.clock.utc()
    said = {"flow": flow, "on_machine": "left", "attempts": 1}
    began = time.monotonic()
    made = campaign_of(store, ids, numbers, name=f"spoken{first}", at=now, **said)  # type: ignore[arg-type]  # a table
    wait_until_over(store, made, tries=1, seconds=seconds)
    stage.wait_until_idle()
    lasted = time.monotonic() - began
    for phone in phones:
        phone.close()
    return Played(made, kinds, phones, lasted)


def test_people_machines_fax_and_silence(stage: Stage, store: Store, speakers: Speakers) -> None:
    """Who speaks is understood, a machine gets its message after the tone and not before, a fax nothing."""
    kinds = ["machine", "says yes", "fax"]
    over = played(stage, store, speakers, kinds, first=0, seconds=120)
    known = kinds_of(speakers)
    assert over.endings(store) == [(known[kind].result, known[kind].outcome) for kind in kinds]
    (kept,) = speakers.recorded.values()
    assert loud_seconds(kept.before) == 0, "nothing is said into a greeting"
    assert loud_seconds(kept.after) > 1.5, "the whole message is on the machine"
    machine, fax = over.made.entry(store, 0), over.made.entry(store, 2)
    assert {machine.state, fax.state} == {"ended"} and machine.why == "attempts"
    (attempt,) = store.dial_attempts.of_entry(machine)
    assert attempt.call_id is not None, "what was left on it is on record"
    (silent,) = store.dial_attempts.of_entry(fax)
    assert silent.call_id is None, "with a fax nobody talks"


def test_who_objects_over_the_first_sentence_is_heard(stage: Stage, store: Store, speakers: Speakers) -> None:
    """And is called no more; who says hello and yes over it is told the whole of it."""
    over = played(
        stage, store, speakers, ["objects aloud", "interrupts"], first=300, seconds=120, flow="objected"
    )
    assert over.endings(store) == [("answered", "objected"), ("answered", "told")]
    assert [store.suppressions.contains("number", one[0]) for one in over.made.numbers] == [True, False]
    (objected, told) = (call_of(store, over.made, n) for n in range(2))
    spoken = [(turn.who, turn.step, turn.universal) for turn in objected.turns if turn.text]
    assert spoken[:2] == [("system", "tell", ""), ("caller", "tell", OBJECTION)]
    assert [turn.who for turn in told.turns] == ["system"], "what else was said over it is kept nowhere"
    lasted = [one.ended_at - one.started_at for one in (objected, told) if one.ended_at is not None]
    assert lasted[1].total_seconds() > 10, "nothing of the sentence was left out"


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_two_hundred_who_speak(stage: Stage, store: Store, speakers: Speakers) -> None:
    """Of twelve kinds, as often as they occur: each is called once, and noted as what it was."""
    often = ["says yes"] * 5 + ["says no"] * 2 + ["machine"] * 3 + ["not there"] * 3
    seldom = ["is silent", "fax", "presses one", "puts it down", "busy", "refuses", "objects"]
    people = [*([*often, *seldom] * 10)[:199], "no number"]
    over = played(stage, store, speakers, people, first=1000, seconds=2300)
    known, wrong = kinds_of(speakers), Counter[tuple[str, tuple[str, str]]]()
    endings = over.endings(store)
    for kind, ending in zip(people, endings, strict=True):
        if ending != (known[kind].result, known[kind].outcome):
            wrong[kind, ending] += 1
    print(f"200 people in {over.seconds:.0f} s, {LINES} lines: {dict(Counter(endings))}; else: {dict(wrong)}")
    assert {phone.calls for phone in over.phones} == {1}
    assert [fault for phone in over.phones for fault in phone.faults] == []
    kept = [speakers.recorded[theirs[0]] for theirs in over.made.numbers if theirs[0] in speakers.recorded]
    assert sum(loud_seconds(one.before) for one in kept) == 0, "a word was said into a greeting"
    misheard = sum(wrong.values())
    assert misheard <= 4, "the recogniser and the detector may be wrong with two of a hundred"
    # A fax whose tone is away for longer than half a second sounds like a machine's.
    assert not [kind for kind, _ in wrong if kind not in ("says yes", "says no", "machine", "fax")]
