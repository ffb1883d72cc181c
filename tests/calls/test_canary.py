"""Canary digits: what is given to a sensitive question appears nowhere, whatever happens to the call.

Looked for in everything that a server writes (log, database with its journal, spool, recordings, prompts,
messages, live audio) and tells (moments), in each way that digits are written.
"""

from __future__ import annotations

import os
import re
import signal
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent
import numpy as np
import pytest

from data.records import CallRecord
from data.seeds import CUSTOMERS, demo_customers
from data.store import Store
from dialogs.effects import Spoken
from dialogs.spoken import say_digits
from esl.embedded.caller import ScriptedCaller
from esl.live_folder import claim
from ivr.moments import CallerAnswered, Moment, SystemSpoke
from ivr.recordings.library import Library
from ivr.stage import Stage
from ivr.tracing import trace_of
from ivr.voice import Speaker
from tests.calls.conftest import settings_in
from tests.databases import store_at
from tests.models import need_model
from tests.serving import Serving

CANARY = "8361947205"
BY_CHANCE = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.]+|datetime\([^)]*\)"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|\d+\.\d+"
)
"""Microseconds and ids have five digits of any kind now and then."""
LIVE_AUDIO = Path("/dev/shm")
NUMBER = next(one.customer_number for one in demo_customers() if one.balance_cents == 0)
FLOW = f"""flow: main
languages: [es]
person: person
steps:
  - ask: customer_number
    type: digits
    length: 5
    check_digit: luhn
    prompt: {{es: "Número."}}
  - ask: pin
    type: digits
    length: {len(CANARY)}
    sensitive: true
    prompt: {{es: "Clave."}}
  - confirm: pin
    prompt: {{es: "¿Es {{pin:digits}}?"}}
    "yes": check
    "no": pin
  - id: check
    verify: customer
    with: {{customer_number: "{{customer_number}}", pin: "{{pin}}"}}
    failed: complaint
  - case: complaint
    about: {{code: "{{pin}}", number: "{{customer_number}}"}}
    say: {{es: "Caso {{complaint:digits}}."}}
    failed: person
  - notify: sms
    to: "+34600111222"
    text: {{es: "Su clave {{pin}}."}}
  - lookup: order
    by: {{order_id: "{{pin}}", home_postcode: none, customer_number: none}}
    found: account
    missing: account
    slow: account
    error: account
  - lookup: account
    by: {{customer_number: "{{customer_number}}"}}
    found: breaks
    missing: person
    slow: person
    error: person
  - id: breaks
    say: {{es: "Clave {{pin:digits}}, vence el {{account.due_date:date}}."}}
  - id: person
    queue: billing
    busy: {{offer: callback, declined: over}}
  - id: over
    hangup: normal
"""
"""It breaks at `breaks`: the customer of `NUMBER` has no due date."""
CATALOGUE = """queues: [billing]
identities: {customer: {by: [customer_number, pin], fields: {name: text}}}
lookups:
  account: {by: [customer_number], fields: {due_date: date}}
  order: {by: [order_id, home_postcode, customer_number], fields: {status: text}}
"""


def written(canary: str) -> list[bytes]:
    """Every way in which somebody might write those digits down, or a good part of them."""
    words = say_digits(canary, "es").replace(",", "").split()
    ways = [canary[:6], canary[-6:], " ".join(canary[:5]), "-".join(canary[:5]), ", ".join(canary[:5])]
    ways += [" ".join(words[:4]), " ".join(words[-4:]), canary[::-1][:6], canary[:6].encode().hex()]
    return [way.encode() for way in ways]


def found_in(*folders: Path) -> list[str]:
    """Where the canary is, file by file."""
    places = []
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                places += [
                    f"{file}: {way!r}" for way in written(CANARY) if way in content or way in bytes(file)
                ]
    return places


def caught_key_by_key(log: str) -> list[str]:
    """Lines of a log that tell single keys: ten of them are a PIN."""
    return re.findall(r"(?im)^.*(?:dtmf[-_]digit|digit|key)['\"]?\s*[:=]\s*['\"]?[0-9*#]\b.*$", log)


def furnish(folder: Path) -> None:
    """Flows of the test's own, and the made-up customers."""
    (folder / "flows").mkdir()
    (folder / "flows" / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "flows" / "main.flow.yaml").write_text(FLOW, encoding="utf-8")


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    """A test that cannot fail would be none."""
    for n, text in enumerate((CANARY, "8 3 6 1 9 4", "ocho tres seis uno nueve", "x8361940")):
        (tmp_path / f"{n}").write_text(text, encoding="utf-8")
    assert len({place.split(":")[0] for place in found_in(tmp_path)}) == 4
    assert caught_key_by_key("a\n2026 [debug] event DTMF-Digit: 8\nkey='3' x\n") != []


def record_of(stage: Stage, number: str) -> CallRecord:
    stage.wait_until_idle()
    store = Store(stage.settings.database_url)
    found = next(record for record in store.calls.latest(20) if record.caller_number == number)
    store.close()
    return found


@contextmanager
def staged(folder: Path, engine: str) -> Iterator[Stage]:
    """Prompts in a folder of its own: the shared one is other tests'."""
    furnish(folder)
    settings = settings_in(folder, engine=engine).model_copy(update={"prompts": folder / "prompts"})
    with Stage(settings, agent_talks_for=0.3) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that goes by keys."""
    with staged(tmp_path_factory.mktemp("canary"), "none") as playing:
        yield playing


@pytest.fixture(scope="module")
def listening_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that listens by Whisper."""
    need_model("whisper-base")
    with staged(tmp_path_factory.mktemp("listening"), "whisper") as playing:
        yield playing


def pass_the_pin(caller: ScriptedCaller, pin: str = CANARY) -> None:
    """Keys the customer number and the PIN, each when it is asked for."""
    caller.join()
    for keys in (NUMBER, pin):
        assert caller.wait_until_quiet(0.4, timeout=20)
        caller.key(keys, gap=0.05, hold=0.05)


def test_keyed_digits_are_nowhere(
    stage: Stage, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Read back, checked, put into a case, a message, a look-up, and the flow breaks over it."""
    caplog.set_level("DEBUG")
    told: list[Moment] = []
    stage.watchers.add(told.append)
    caller = stage.caller("+34600000911")
    pass_the_pin(caller)
    assert caller.wait_until_quiet(0.6, timeout=30)
    caller.key("1")
    caller.wait_hangup(40)
    record = record_of(stage, "+34600000911")
    with gevent.Timeout(10, AssertionError("the message is still in the outbox")):
        while stage.server.rooms.store.outbox.state().waiting:
            gevent.sleep(0.05)  # between two looks: the server carries it by itself
    folder = stage.settings.home
    assert found_in(folder) == []
    events = trace_of(stage.server.rooms.store, record.call_id, words=True)
    assert events is not None and not [way for way in written(CANARY) if way.decode() in repr(events)]
    logged = caplog.text + capsys.readouterr().out
    assert not [way for way in written(CANARY) if way.decode() in repr(told) or way.decode() in logged]
    assert caught_key_by_key(logged) == []
    read_back = [one for one in told if isinstance(one, SystemSpoke) and one.step == "confirm_pin"]
    assert read_back and "•••" in read_back[0].text
    assert "flow_fault" in logged, "the flow did not break: nothing was tested"
    assert {"verify", "opencase", "notify"} <= {turn.text for turn in record.turns if turn.kind == "deed"}
    assert list((folder / "prompts" / "private").rglob("*.wav")) == []
    prompts = stage.server.rooms.voice.prompts
    assert prompts.source_of(Spoken(f"¿Es {say_digits(CANARY, 'es')}?", "es")) == "none", "it is in the cache"
    assert prompts.source_of(Spoken("Clave.", "es")) == "cache"
    assert (folder / "messages").is_dir(), "the message was never carried: nothing was tested"


def mistyped(number: str) -> str:
    """The number with its last digit wrong, as its check digit tells."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)


@pytest.mark.parametrize(
    "number", [NUMBER, mistyped(NUMBER), NUMBER[:4]], ids=["right", "wrong", "one short"]
)
def test_digits_keyed_in_one_go_are_nowhere(
    stage: Stage, caplog: pytest.LogCaptureFixture, number: str
) -> None:
    """Number and PIN without a pause: where the number is wrong, the PIN is the answer to no question."""
    caplog.set_level("DEBUG")
    told: list[Moment] = []
    stage.watchers.add(told.append)
    who = f"+3460000095{len(number)}{number[-1]}"
    caller = stage.caller(who)
    caller.join()
    assert caller.wait_until_quiet(0.4, timeout=20)
    caller.key(number + CANARY, gap=0.05, hold=0.05)
    assert caller.wait_for_sound(20)
    assert caller.wait_until_quiet(0.4, timeout=20)
    caller.hang_up()
    record = record_of(stage, who)
    results = [turn.result for turn in record.turns if turn.who == "caller"]
    assert results[0] == ("match" if number == NUMBER else "no_match")
    assert results.count("no_match") == (number != NUMBER), "the rest was taken for another answer"
    assert fragments_in(stage.settings.home, repr(told), repr(record), caplog.text) == []


def fragments_in(folder: Path, *texts: str) -> list[str]:
    """Where half of the PIN and more stands: a number that is one short is judged with its first digit."""
    database = b"".join(file.read_bytes() for file in sorted(folder.glob("ivr.sqlite3*")))
    searched = [BY_CHANCE.sub(" ", text) for text in (database.decode("latin-1"), *texts)]
    parts = [CANARY[at : at + 5] for at in range(len(CANARY) - 4)]
    return [part for part in parts if any(part in text for text in searched)]


@pytest.mark.long
def test_digits_are_nowhere_if_the_caller_goes_in_the_middle(stage: Stage) -> None:
    """Half the PIN keyed, and hung up; and hung up while it is read back."""
    for number, pin in (("+34600000921", CANARY[:7]), ("+34600000922", CANARY)):
        caller = stage.caller(number)
        pass_the_pin(caller, pin)
        if len(pin) == len(CANARY):
            assert caller.wait_for_sound(20)
        caller.hang_up()
        assert record_of(stage, number).ended_by == "caller"
    assert found_in(stage.settings.home) == []


# --- by voice ----------------------------------------------------------------------------------------


@pytest.mark.long
def test_spoken_digits_are_nowhere(
    listening_stage: Stage,
    speaker: Speaker,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The words are in no transcript, and the voice is in no recording: silence stands for it, as long."""
    stage = listening_stage
    caplog.set_level("DEBUG")
    told: list[Moment] = []
    stage.watchers.add(told.append)
    caller = stage.caller("+34600000941")
    caller.join()
    assert caller.wait_until_quiet(0.4, timeout=20)
    caller.key(NUMBER, gap=0.05, hold=0.05)
    assert caller.wait_until_quiet(0.4, timeout=20)
    said = speaker.speak(say_digits(CANARY, "es"), "es")
    for _ in range(3):  # a machine that is busy with other things may be late to recognise
        caller.speak(said)
        assert caller.wait_for_sound(30)
        assert caller.wait_until_quiet(0.4, timeout=30)
        if any(one.said for one in told if isinstance(one, CallerAnswered) and one.step == "pin"):
            break
    caller.hang_up()
    record = record_of(stage, "+34600000941")
    answers = [one for one in told if isinstance(one, CallerAnswered) and one.step == "pin"]
    assert "•••" in [one.said for one in answers], "it was not heard: nothing was tested"
    assert found_in(stage.settings.home) == []
    assert not [way for way in written(CANARY) if way.decode() in repr(told) or way.decode() in caplog.text]
    assert record.recording is not None
    with wave.open(str(stage.settings.recordings_folder / record.recording)) as recording:
        samples = np.frombuffer(recording.readframes(recording.getnframes()), "<i2").reshape(-1, 2)
    assert len(samples) / 8000 > len(said) / 16000, "the timing is not kept"
    assert int(np.abs(samples[:, 0].astype(int)).max()) < 50, "the caller's voice is in the recording"
    assert int(np.abs(samples[:, 1].astype(int)).max()) > 500, "nothing was recorded at all"


@pytest.mark.long
def test_a_pin_spoken_in_one_go_with_the_number_is_nowhere(
    listening_stage: Stage, speaker: Speaker, caplog: pytest.LogCaptureFixture
) -> None:
    """Too many digits for the first question, which is not a sensitive one: they answer nothing, are no
    turn's words, and are silenced in the recording."""
    stage = listening_stage
    caplog.set_level("DEBUG")
    told: list[Moment] = []
    stage.watchers.add(told.append)
    caller = stage.caller("+34600000942")
    caller.join()
    assert caller.wait_until_quiet(0.4, timeout=20)
    said = speaker.speak(say_digits(CANARY, "es").replace(",", ""), "es")
    for _ in range(3):  # a machine that is busy with other things may be late to recognise
        caller.speak(said)
        assert caller.wait_for_sound(30)
        assert caller.wait_until_quiet(0.4, timeout=30)
        if any(one.said for one in told if isinstance(one, CallerAnswered)):
            break
    caller.hang_up()
    record = record_of(stage, "+34600000942")
    answers = [one for one in told if isinstance(one, CallerAnswered) and one.step == "customer_number"]
    assert any("•••" in one.said for one in answers), f"it was not heard: nothing was tested ({answers})"
    database = b"".join(file.read_bytes() for file in sorted(stage.settings.home.glob("ivr.sqlite3*")))
    everywhere = (repr(told), repr(record), caplog.text)
    for way in written(CANARY):
        assert way not in database
        assert not [text for text in everywhere if way.decode() in text]
    recording = Library(stage.server.rooms.store, stage.settings.recordings_folder).get(str(record.call_id))
    with wave.open(str(recording.file)) as heard:
        samples = np.frombuffer(heard.readframes(heard.getnframes()), "<i2").reshape(-1, 2).astype(int)
    assert np.abs(samples[:, 0]).max() < 50, "the caller's voice is in the recording"
    assert np.abs(samples[:, 1]).max() > 500, "nothing was recorded at all"


# --- the server dies, the flow breaks ---------------------------------------------------------------------


def live_audio() -> list[Path]:
    """What servers of this user have left in shared memory."""
    return [folder for folder in LIVE_AUDIO.glob(f"ivr-{os.geteuid()}") if folder.is_dir()]


KILLS = {"keying": (CANARY[:7], signal.SIGKILL), "reading back": (CANARY, signal.SIGSEGV)}
"""When the server dies → how much of the PIN it has got, and how: a crash would leave a core file."""


@pytest.mark.parametrize("when", [pytest.param("keying", marks=pytest.mark.long), "reading back"])
def test_digits_are_nowhere_if_the_server_is_killed(tmp_path: Path, when: str) -> None:
    """In the middle of the question: in no file, no core of a crash, and no stack that is told of it; and the
    prompt that said them goes at the next start."""
    furnish(tmp_path)
    store = store_at(tmp_path / "ivr.sqlite3", customers=CUSTOMERS)
    serving = Serving(tmp_path, PYTHONFAULTHANDLER="1")
    caller = serving.caller("+34600000931")
    pin, how = KILLS[when]
    pass_the_pin(caller, pin)
    if when == "reading back":
        assert caller.wait_for_sound(20)
    private = tmp_path / "prompts" / "private"
    left = len(list(private.rglob("*.wav")))
    assert left == (when == "reading back")
    serving.end(how)
    caller.vanish()
    assert how == signal.SIGKILL or "Segmentation fault" in serving.log.read_text("utf-8"), "it did not crash"
    assert not list(tmp_path.glob("*core*"))
    claim(private, ending=".wav").release()  # as the next server does when it starts
    assert list(private.rglob("*.wav")) == []
    assert found_in(tmp_path, *live_audio()) == []
    assert caught_key_by_key(serving.log.read_text("utf-8")) == []
    assert "call" in serving.log.read_text("utf-8"), "nothing was logged: nothing was tested"
    (record,) = store.calls.latest(5)
    store.close()
    assert record.caller_number == "+34600000931"
