"""Messages and transfers as whole calls on the embedded switch: file, record, and where the leg goes."""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gevent.queue import Queue
from sqlalchemy import select

from data.models import TicketRow
from data.records import CallRecord
from data.store import Store
from ivr.moments import CallBegan, CallerRecorded, Moment
from ivr.stage import Stage
from ivr.voice import Speaker
from tests.calls.conftest import settings_in

CATALOGUE = "queues: [billing]\ndestinations: {again: 9100}\n"
FLOW = """flow: main
languages: [es]
person: person
steps:
  - menu: main_menu
    prompt: {es: "Diga o pulse."}
    choices:
      message: {key: 1, phrases: {es: [mensaje]}, then: leave_a_message}
      transfer: {key: 2, phrases: {es: [tienda]}, then: to_the_shop}
      complaint: {key: 3, phrases: {es: [queja]}, then: topic}
      person: {key: 0, phrases: {es: [operador]}, then: person}
  - id: leave_a_message
    message: billing
    prompt: {es: "Hable."}
    thanks: {es: "Gracias."}
    silence: 1
    silent: bye
    failed: bye
  - id: bye
    hangup: normal
  - id: to_the_shop
    transfer: again
    failed: bye
  - id: topic
    set: {topic: internet}
  - record: what
    prompt: {es: "Cuente."}
    hung_up: {case: fault, outcome: ticket_opened}
    failed: bye
  - case: fault
    about: {topic: "{topic}", recording: "{what}"}
    say: {es: "Es {fault:digits}."}
    failed: bye
    then: bye
  - id: person
    queue: billing
    busy: {offer: callback, declined: bye}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage without a recogniser, on flows of its own."""
    folder = tmp_path_factory.mktemp("messages")
    (folder / "flows").mkdir()
    (folder / "flows" / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "flows" / "main.flow.yaml").write_text(FLOW, encoding="utf-8")
    with Stage(settings_in(folder, engine="none")) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


def record_of(stage: Stage, number: str) -> CallRecord:
    """The oldest call from that number."""
    stage.wait_until_idle()
    store = Store(stage.settings.database_url)
    found = [record for record in store.calls.latest(50) if record.caller_number == number]
    store.close()
    return found[-1]


def loud_seconds(file: Path) -> float:
    """Seconds of the file that are no silence; it must be mono, 8 kHz, and whole."""
    with wave.open(str(file), "rb") as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (1, 8000)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160).astype(float)
    return float((np.abs(frames).mean(axis=1) > 300).sum() * 0.02)


@pytest.mark.parametrize("speaks", [True, False], ids=["spoken", "silent"])
def test_who_hangs_up_while_recorded_has_a_case_all_the_same(
    stage: Stage, speaker: Speaker, *, speaks: bool
) -> None:
    """With what was said until then, and the record says so; who said nothing has none."""
    number = "+34600000311" if speaks else "+34600000312"
    caller = stage.caller(number)
    caller.join()
    assert caller.wait_until_quiet(0.5)
    caller.key("3")
    assert caller.wait_for_sound(20)
    assert caller.wait_until_quiet(0.5)
    if speaks:
        caller.speak(speaker.speak("Desde ayer no tengo internet", "es"))
    caller.hang_up()
    record = record_of(stage, number)
    deeds = [(turn.text, turn.result, turn.step) for turn in record.turns if turn.kind == "deed"]
    assert deeds == ([("opencase", "caseopened", "fault")] if speaks else [])
    assert record.outcome == ("ticket_opened" if speaks else None)
    assert record.ended_by == "caller"
    store = Store(stage.settings.database_url)
    with store.database.reading() as connection:
        opened = connection.execute(select(TicketRow.about, TicketRow.topic, TicketRow.call_id)).all()
    store.close()
    mine = [row for row in opened if row.call_id == record.call_id]
    recordings = [turn.text for turn in record.turns if turn.kind == "recorded"]
    assert [(json.loads(row.about)["recording"], row.topic) for row in mine] == [
        (reference, "internet") for reference in recordings
    ]
    assert len(mine) == speaks


@pytest.mark.parametrize("hangs_up", [False, True], ids=["falls silent", "hangs up"])
def test_a_message_is_kept_with_the_call(stage: Stage, speaker: Speaker, *, hangs_up: bool) -> None:
    """What the caller said is a file of its own, named by a turn; silence ends it, and so does a hang-up."""
    number = "+34600000301" if hangs_up else "+34600000302"
    told: list[Moment] = []
    stage.watch_caller(number, told.append)
    caller = stage.caller(number)
    caller.join()
    assert caller.wait_until_quiet(0.5)
    caller.key("1")
    assert caller.wait_until_quiet(0.5)
    caller.speak(speaker.speak("La factura de octubre no es correcta", "es"))
    if hangs_up:
        caller.hang_up()
    else:
        caller.wait_hangup(20)
    record = record_of(stage, number)
    assert record.outcome == "message_left"
    assert record.ended_by == ("caller" if hangs_up else "system")
    (reference,) = [turn.text for turn in record.turns if turn.kind == "recorded"]
    (kept,) = [moment for moment in told if isinstance(moment, CallerRecorded)]
    assert kept.file == stage.settings.recordings_folder / reference
    assert 1.0 < loud_seconds(kept.file) < 5.0


def test_a_transfer_gives_the_leg_to_the_dialplan(stage: Stage) -> None:
    """The extension is ours again: the caller arrives a second time, and the first call has ended well."""
    number = "+34600000303"
    came: Queue[None] = Queue()
    stage.watchers.add(lambda moment: came.put(None) if isinstance(moment, CallBegan) else None)
    caller = stage.caller(number)
    caller.join()
    assert caller.wait_until_quiet(0.5)
    caller.key("2")
    for _ in ("the first time", "from the dialplan"):
        came.get(timeout=10)
    assert caller.wait_until_quiet(0.5), "the second call is not heard"
    caller.hang_up()
    record = record_of(stage, number)
    assert (record.outcome, record.hangup_cause) == ("transferred", "BLIND_TRANSFER")
