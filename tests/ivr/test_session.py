"""One call from answer to record: every effect performed, every end with a complete record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from gevent.event import Event

from data.call_log import CallLog
from data.records import CallRecord as Remembered
from data.seeds import seed
from data.spool import Spool
from data.store import Store
from dialogs.effects import (
    Collect,
    Effect,
    Enqueue,
    Hangup,
    Keys,
    Lookup,
    Play,
    Record,
    SetOutcome,
    Spoken,
    StartRecording,
    Transfer,
)
from dialogs.results import (
    Alternative,
    Done,
    Failed,
    Found,
    Handed,
    Heard,
    Keyed,
    Match,
    Missing,
    NobodyFree,
    NoInput,
    NoMatch,
    Played,
    Recorded,
    Slow,
)
from esl.switch import FRAME_BYTES, Audio, Digit, Held, HungUp, TakenBack
from ivr.clock import Clock
from ivr.living.listening import Collected
from ivr.living.services import Services
from ivr.lookups import Lookups
from ivr.moments import CallOver, Moment
from ivr.recorded_time import RecordedTime
from ivr.recordings.muting import list_of, spans_of
from ivr.records import Basis, Records
from ivr.session import Session
from speech.errors import SynthesizerLost
from tests.databases import store_at
from tests.ivr.paper import LiveInbox, PaperCall, PaperDialog, PaperPrompts

SPEED = 100.0


def spoken(text: str) -> tuple[Spoken, ...]:
    return (Spoken(text, "es"),)


def digits_judge(heard: Heard | Keyed) -> Match | NoMatch:
    if isinstance(heard, Keyed) and len(heard.keys) == 5:
        return Match(heard.keys, heard.keys, "keys")
    return NoMatch(heard.keys if isinstance(heard, Keyed) else "")


def number_question(*, sensitive: bool = False) -> Collect:
    return Collect(
        prompt=spoken("number?"),
        step="number",
        kind="digits",
        language="es",
        phrases=(),
        keys=Keys(5, 5),
        judge=digits_judge,
        sensitive=sensitive,
    )


class PaperLookups:
    """Answers what the test says."""

    def __init__(self, answer: Callable[[], Found | Missing | Failed]) -> None:
        self._answer = answer

    def ask(self, name: str, by: Mapping[str, str], **_how: object) -> Found | Missing | Failed:
        return self._answer()


class Rig:
    """A session on a call on paper, with a real database behind it."""

    def __init__(self, folder: Path) -> None:
        self.store = store_at(folder / "ivr.sqlite3")
        self.clock = Clock(SPEED)
        self.call = PaperCall()
        self.moments: list[Moment] = []
        self.prompts = PaperPrompts()
        self.lookups = PaperLookups(Missing)
        self.longest = 600.0
        self.recorded = True
        self.secrets: frozenset[str] = frozenset()
        self.folder = folder

    def services(self) -> Services:
        """What the session works with."""
        return Services(
            prompts=self.prompts,
            recognizer=None,
            lookups=self.lookups,
            clock=self.clock,
            watch=self.moments.append,
            longest_call=self.longest,
        )

    def live(
        self, effects: Sequence[Effect | Exception], *, recording_waits: bool = False
    ) -> tuple[PaperDialog, Remembered]:
        """Runs the call and returns the dialog and the call's record as the database has it."""
        dialog = PaperDialog(effects, recording_waits=recording_waits)
        dialog.secrets = self.secrets
        log = CallLog(self.store, Spool(self.folder / "spool"))
        kept = self.folder / "recordings"
        records = Records(
            log, node="test", clock=self.clock, recordings=kept if self.recorded else None, messages=kept
        )
        record = records.begin(self.call, Basis(flow="main", flow_version="1"), language="es")
        Session(self.call, dialog, record, self.services()).live()
        records.close()
        (remembered,) = self.store.calls.latest(1)
        return dialog, remembered


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_call_is_answered_recorded_spoken_to_and_ended(rig: Rig) -> None:
    """The plain course: the order of what the switch is told, and the record that stays."""
    dialog, record = rig.live([Play(spoken("hola"), "greet"), SetOutcome("told", "o"), Hangup("bye")])
    assert rig.call.orders == ["answer", "start_recording", "play hola.wav", "hang_up NORMAL_CLEARING"]
    assert dialog.results == [Played(), Done()]
    assert dialog.hung_up == ["NORMAL_CLEARING"]
    assert (record.outcome, record.ended_by, record.hangup_cause) == ("told", "system", "NORMAL_CLEARING")
    assert [(turn.who, turn.step, turn.text) for turn in record.turns] == [("system", "greet", "hola")]
    assert record.recording is not None
    assert record.recording.endswith(f"{record.call_id}.wav")


def test_keys_answer_a_question(rig: Rig) -> None:
    """Keys are judged as soon as there are enough of them."""
    rig.call.keys("45713")
    dialog, record = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [Match("45713", "45713", "keys")]
    assert [(turn.who, turn.kind, turn.text) for turn in record.turns] == [
        ("system", "said", "number?"),
        ("caller", "keys", "45713"),
    ]


def test_silence_is_no_input(rig: Rig) -> None:
    """Nobody says or keys anything: the question comes to an end by itself."""
    dialog, _ = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [NoInput()]


def test_too_few_keys_are_judged_after_the_pause(rig: Rig) -> None:
    """A caller who stops in the middle is not waited for without end."""
    rig.call.keys("45")
    dialog, _ = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [NoMatch("45")]


@pytest.mark.parametrize("keys", ["45", "*"])
def test_live_audio_does_not_keep_a_question_waiting_for_keys(rig: Rig, keys: str) -> None:
    """Frames arrive fifty times a second while the caller thinks: the pause is the clock's, not theirs."""
    rig.call.inbox = LiveInbox()
    rig.call.keys(keys)
    dialog, _ = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [NoMatch(keys)]


def test_a_terminator_after_a_complete_answer_belongs_to_it(rig: Rig) -> None:
    """ "45716#": the # neither stops the next prompt nor answers the next question."""
    rig.call.keys("45716#")
    dialog, _ = rig.live(
        [number_question(), Play(spoken("balance"), "tell"), number_question(), Hangup("bye")]
    )
    assert dialog.results == [Match("45716", "45716", "keys"), Played(), NoInput()]
    orders = rig.call.orders
    assert "stop_playing" not in orders[orders.index("play balance.wav") :]


def test_a_sensitive_value_that_is_said_is_masked_in_the_recording(rig: Rig) -> None:
    """What the system reads back is as secret as what the caller keyed."""
    rig.live([Play(spoken("number"), "tell", sensitive=True), Hangup("bye")])
    orders = rig.call.orders
    assert orders.index("mask") < orders.index("play number.wav") < orders.index("unmask")


NOTICE = Play(spoken("recorded"), "recording_notice", always=True)


def test_the_recording_begins_after_its_notice(rig: Rig) -> None:
    """Not with the answer; what is sensitive before that needs no mask."""
    rig.live(
        [
            Play(spoken("number"), "tell", sensitive=True),
            NOTICE,
            StartRecording("recording_notice"),
            Play(spoken("hola"), "greet"),
            Hangup("bye"),
        ]
    )
    assert rig.call.orders == [
        "answer",
        "play number.wav",
        "play recorded.wav",
        "start_recording",
        "play hola.wav",
        "hang_up NORMAL_CLEARING",
    ]


def test_who_types_ahead_or_cuts_it_short_has_still_been_told(rig: Rig) -> None:
    """The notice begins in any case, a key ends it, and the key still answers the question."""
    rig.call.hold_prompts = True
    rig.call.keys("45713")
    dialog, record = rig.live([NOTICE, StartRecording("recording_notice"), number_question(), Hangup("bye")])
    orders = rig.call.orders
    assert orders.index("play recorded.wav") < orders.index("stop_playing") < orders.index("start_recording")
    assert dialog.results == [Played(interrupted=True), Done(), Match("45713", "45713", "keys")]
    assert record.recording


def test_keys_that_wait_already_do_not_skip_the_notice(rig: Rig) -> None:
    """Pressed in the greeting before it: a greeting is skipped, the notice is not."""
    rig.call.keys("45713")
    dialog, _ = rig.live(
        [
            Play(spoken("hola"), "greet"),
            NOTICE,
            StartRecording("recording_notice"),
            number_question(),
            Hangup("bye"),
        ]
    )
    assert "play recorded.wav" in rig.call.orders
    assert dialog.results[-1] == Match("45713", "45713", "keys")


@pytest.mark.parametrize("gone", ["play", "start_recording"])
def test_a_caller_who_goes_before_the_recording_began_leaves_none(rig: Rig, gone: str) -> None:
    """The record does not name a file that is not there."""
    rig.call.hang_up_at = gone
    _, record = rig.live([NOTICE, StartRecording("recording_notice"), Hangup("bye")])
    assert not record.recording


def test_without_consent_there_is_no_recording(rig: Rig) -> None:
    """The caller said no, so the dialog never starts it; and the record names no file."""
    dialog, record = rig.live([NOTICE, Hangup("bye")], recording_waits=True)
    assert "start_recording" not in rig.call.orders
    assert not record.recording
    assert dialog.results == [Played()]


def test_a_refused_recording_ends_no_call(rig: Rig) -> None:
    """A full disk costs the recording, and the record does not name a file that is not there."""
    rig.call.refused = "start_recording"
    dialog, record = rig.live([Play(spoken("hola"), "greet"), Hangup("bye")])
    assert dialog.results == [Played()]
    assert not record.recording


def test_what_cannot_be_masked_is_not_recorded(rig: Rig) -> None:
    """Better no recording than one with the answer in it."""
    rig.call.refused = "mask"
    rig.call.keys("45713")
    dialog, _ = rig.live([number_question(sensitive=True), Hangup("bye")])
    assert dialog.results == [Match("45713", "45713", "keys")]
    assert rig.call.orders.index("stop_recording") < rig.call.orders.index("play number?.wav")


def test_a_fault_in_a_sensitive_question_unmasks_the_recording(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversation in the fallback queue is recorded as sound, not as silence."""

    def lost(_spoken: Spoken) -> Path:
        raise SynthesizerLost("worker gone")

    monkeypatch.setattr(rig.prompts, "file_of", lost)
    rig.live([number_question(sensitive=True), Hangup("bye")])
    assert rig.call.orders[-2:] == ["unmask", "release"]


def test_the_terminator_ends_the_keys_and_is_not_one_of_them(rig: Rig) -> None:
    """Who knows how, is not made to wait."""
    rig.call.keys("45#")
    dialog, _ = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [NoMatch("45")]


def test_keys_pressed_during_a_prompt_stop_it_and_answer_the_next_question(rig: Rig) -> None:
    """Type-ahead: who knows the menu hears nothing twice, and loses no key."""
    rig.call.hold_prompts = True
    rig.call.keys("45713")
    dialog, _ = rig.live([Play(spoken("long"), "greet"), number_question(), Hangup("bye")])
    assert dialog.results[0] == Played(interrupted=True)
    assert dialog.results[1] == Match("45713", "45713", "keys")
    assert "stop_playing" in rig.call.orders
    assert "play number?.wav" not in rig.call.orders


def test_a_sensitive_answer_is_masked_everywhere(rig: Rig) -> None:
    """The canary digits stand in the dialog's result and nowhere else: not in record, moments, recording."""
    rig.call.keys("45713")
    dialog, record = rig.live([number_question(sensitive=True), Hangup("bye")])
    assert dialog.results == [Match("45713", "45713", "keys")]
    assert "45713" not in repr(record)
    assert "45713" not in repr(rig.moments)
    orders = rig.call.orders
    assert orders.index("mask") < orders.index("play number?.wav") < orders.index("unmask")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda: Found({"balance": 1}), Found({"balance": 1})),
        (Missing, Missing()),
        (lambda: Failed("down"), Failed("down")),
        (Event().wait, Slow()),
    ],
)
def test_a_look_up_has_four_ends(
    rig: Rig, answer: Callable[[], Found | Missing | Failed], expected: object
) -> None:
    """Found, missing, failed, and slow when the back end does not answer in time."""
    rig.lookups = PaperLookups(answer)
    dialog, _ = rig.live([Lookup("account", {"customer_number": "45713"}, "look"), Hangup("bye")])
    assert dialog.results == [expected]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"cc_cause": "answered"}, Handed()),
        ({"cc_cause": "cancel", "cc_cancel_reason": "TIMEOUT"}, NobodyFree("timeout")),
        ({"cc_cause": "cancel", "cc_cancel_reason": "NO_AGENT_TIMEOUT"}, NobodyFree("no_agents")),
        ({"cc_cause": "cancel", "cc_cancel_reason": "EXIT_WITH_KEY"}, NobodyFree("left")),
        ({}, Failed("the queue ended without an agent (_none_)")),
    ],
)
def test_a_queue_gives_the_caller_back_with_a_reason(
    rig: Rig, variables: Mapping[str, str], expected: object
) -> None:
    """What mod_callcenter says in variables becomes a result that a flow can branch on."""
    rig.call.queue_variables = variables
    dialog, _ = rig.live([Enqueue("billing", "person", {}), Hangup("bye")])
    assert dialog.results == [expected]
    assert rig.call.orders.index("set hangup_after_bridge=true") < rig.call.orders.index(
        "enqueue billing@ivr"
    )


def test_a_segments_priority_is_the_queues_score_and_is_taken_back(rig: Rig) -> None:
    """mod_callcenter reads it as the member joins; the next queue must not inherit it."""
    rig.call.queue_variables = {"cc_cause": "cancel", "cc_cancel_reason": "TIMEOUT"}
    ahead = Enqueue("billing", "person", {}, priority=300)
    rig.live([ahead, Enqueue("support", "person", {}), Hangup("bye")])
    orders = [one for one in rig.call.orders if one.startswith(("set cc_base_score", "enqueue"))]
    assert orders == [
        *("set cc_base_score=300", "enqueue billing@ivr"),
        *("set cc_base_score=", "enqueue support@ivr"),
    ]


def test_a_caller_who_talks_to_a_person_is_not_cut_off(rig: Rig) -> None:
    """The dialog may end, the conversation goes on: no hang-up of ours, no prompt into it."""
    effects = [Enqueue("billing", "person", {}), SetOutcome("handed_over", "o"), Hangup("bye")]
    _, record = rig.live(effects)
    assert not [order for order in rig.call.orders if order.startswith(("hang_up", "play"))]
    assert (record.outcome, record.ended_by) == ("handed_over", "agent")


ORDERS = ["answer", "start_recording", "play", "mask", "unmask", "enqueue", "hang_up"]


@pytest.mark.parametrize("order", ORDERS)
def test_a_caller_who_hangs_up_at_any_order_leaves_a_complete_record(rig: Rig, order: str) -> None:
    """Whatever the session was about to do, the record says when, why and by whom it ended."""
    rig.call.hang_up_at = order
    rig.call.keys("45713")
    effects = [number_question(sensitive=True), Enqueue("billing", "person", {}), Hangup("bye")]
    if order == "play":
        effects.insert(0, Play(spoken("hola"), "greet"))
    dialog, record = rig.live(effects)
    assert record.finished
    assert record.hangup_cause == "NORMAL_CLEARING"
    assert dialog.hung_up == ["NORMAL_CLEARING"]
    assert isinstance(rig.moments[-1], CallOver)
    if order != "hang_up":
        assert record.ended_by == "caller"


def test_a_caller_who_hangs_up_while_a_look_up_hangs(rig: Rig) -> None:
    """A hang-up ends every wait at once, also on a back end."""
    rig.lookups = PaperLookups(Event().wait)

    def answers() -> Missing:
        rig.call.caller_hangs_up()
        Event().wait()
        return Missing()

    rig.lookups = PaperLookups(answers)
    _, record = rig.live([Lookup("account", {}, "look", deadline=100_000.0), Hangup("bye")])
    assert (record.ended_by, record.finished) == ("caller", True)


def test_a_fault_in_the_dialog_lands_at_the_fallback(rig: Rig) -> None:
    """Never dead air: the leg is released, and the record tells that a fault ended our part."""
    _, record = rig.live([Play(spoken("hola"), "greet"), RuntimeError("broken flow")])
    assert rig.call.orders[-1] == "release"
    assert (record.outcome, record.hangup_cause) == ("fault", "RELEASED_TO_FALLBACK")


def test_a_call_that_lasts_too_long_lands_at_the_fallback(rig: Rig) -> None:
    """The time limit of a call is a hand-over to people, not a cut."""
    rig.longest = 0.0
    _, record = rig.live([number_question(), Hangup("bye")])
    assert rig.call.orders[-1] == "release"
    assert record.outcome == "call_too_long"


def test_lost_synthesis_lands_at_the_fallback(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """No voice and no recording: a person, rather than a silent line."""

    def lost(_spoken: Spoken) -> Path:
        raise SynthesizerLost("worker gone")

    monkeypatch.setattr(rig.prompts, "file_of", lost)
    _, record = rig.live([Play(spoken("hola"), "greet"), Hangup("bye")])
    assert rig.call.orders[-1] == "release"
    assert record.outcome == "fault"


def _sounds(text: str) -> Callable[[Spoken], Path]:
    """Only that text can be made to sound."""

    def file_of(spoken: Spoken) -> Path:
        if spoken.text != text:
            raise SynthesizerLost("worker gone")
        return Path(f"/prompts/{spoken.text}.wav")

    return file_of


def test_nobody_is_asked_about_an_amount_that_they_have_not_heard(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is in the cache, the sentence with the value is not: a person, and no question."""
    monkeypatch.setattr(rig.prompts, "file_of", _sounds("correcto"))
    prompt = (replace(spoken("pagará doce euros")[0], varies=True), *spoken("correcto"))
    _, record = rig.live([Play(prompt, "read_back"), Hangup("bye")])
    assert not any(order.startswith("play") for order in rig.call.orders)
    assert record.outcome == "fault" and record.turns == ()


def test_the_record_says_what_was_heard(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A greeting that cannot be made is left out, in the record too."""
    monkeypatch.setattr(rig.prompts, "file_of", _sounds("diga su número"))
    _, record = rig.live([Play((*spoken("hola"), *spoken("diga su número")), "greet"), Hangup("bye")])
    assert "play diga su número.wav" in rig.call.orders
    assert [turn.text for turn in record.turns] == ["diga su número"]


def test_the_outcome_survives_the_hang_up(rig: Rig) -> None:
    """A caller who has heard the balance and hangs up before the good-bye was still told it."""
    rig.call.hang_up_at = "play"
    _, record = rig.live([SetOutcome("balance_told", "o"), Play(spoken("adiós"), "bye"), Hangup("bye")])
    assert (record.outcome, record.ended_by) == ("balance_told", "caller")


def transfer(mode: Literal["blind", "bridged"] = "blind") -> Transfer:
    return Transfer("shop", "2001", mode, "t", {})


def test_a_blind_transfer_gives_the_leg_away(rig: Rig) -> None:
    """The dialplan has the leg: we let go of it, and do not hang it up."""
    dialog, record = rig.live([transfer(), SetOutcome("transferred", "t"), Hangup("t")])
    assert dialog.results == [Handed(), Done()]
    assert rig.call.orders[-3:] == ["stop_listening", "transfer 2001", "release"]
    assert (record.outcome, record.hangup_cause) == ("transferred", "BLIND_TRANSFER")


def test_a_transfer_whose_connection_ends_with_it_has_succeeded(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real switch may close the socket before it tells that the application has ended."""

    def gone(_extension: str) -> str:
        rig.call.inbox.put(HungUp("BLIND_TRANSFER", by_caller=False))
        return "t"

    monkeypatch.setattr(rig.call, "transfer", gone)
    dialog, record = rig.live([transfer(), SetOutcome("transferred", "t"), Hangup("t")])
    assert dialog.results == [Handed(), Done()]
    assert record.outcome == "transferred"


def test_a_refused_transfer_comes_back(rig: Rig) -> None:
    """The flow's `failed` is the landing, with the caller still on the line."""
    rig.call.refused = "transfer"
    dialog, _ = rig.live([transfer(), Play(spoken("sorry"), "s"), Hangup("t")])
    assert isinstance(dialog.results[0], Failed)
    assert dialog.results[1] == Played()


def test_what_is_not_installed_fails_and_lands(rig: Rig) -> None:
    """A bridged transfer needs a performer that is not there: the flow goes on at its `failed`."""
    dialog, _ = rig.live([transfer("bridged"), Hangup("t")])
    assert dialog.results == [Failed("Transfer is not installed")]


MESSAGE = Record("message", "billing", "m", 5.0, 1.0, 2.0, outcome="message_left")


class TalkingInbox(LiveInbox):
    """Live audio of somebody who talks for so many frames, then is silent; `then` comes in the middle."""

    def __init__(self, frames: int, then: Sequence[object] = ()) -> None:
        super().__init__()
        self._voiced = frames
        self._middle = frames // 2
        self._then = then

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        if self._then and self._voiced == self._middle:
            for event in self._then:
                self.put(event)
            self._then = ()
        if self.empty() and self._voiced > 0:
            self._voiced -= 1
            return Audio(voiced_frame(self._voiced), 0.0)
        return super().get(block, timeout)

    @property
    def talks(self) -> bool:
        return self._voiced > 0


def voiced_frame(at: int) -> bytes:
    """20 ms of what a voice detector takes for a voice: harmonics of 120 Hz, in syllables."""
    if at % 20 > 12:
        return bytes(FRAME_BYTES)
    time = (np.arange(160) + 160 * at) / 8000
    wave = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
    return (wave * 3000).astype("<i2").tobytes()


def test_a_message_ends_with_silence_and_is_kept_with_the_call(rig: Rig) -> None:
    """The caller's voice alone, in a file of its own, and a turn that names it."""
    rig.call.inbox = TalkingInbox(100)
    dialog, record = rig.live([MESSAGE, Hangup("bye")])
    (result,) = dialog.results
    assert isinstance(result, Recorded)
    assert result.reference.endswith(f"{record.call_id}-message-1.wav")
    assert rig.call.voice == rig.folder / "recordings" / result.reference
    orders = rig.call.orders
    assert orders.index("start_voice_recording") < orders.index("stop_voice_recording")
    assert [(turn.kind, turn.text) for turn in record.turns] == [("recorded", result.reference)]


def test_a_key_ends_a_recording(rig: Rig) -> None:
    """`#`, and no other key. Call time goes no faster than the machine: nothing here waits for it."""
    rig.clock.speed = 1.0
    inbox = TalkingInbox(200, then=[Digit("1"), Digit("#")])
    rig.call.inbox = inbox
    dialog, _ = rig.live([replace(MESSAGE, longest=600.0), Hangup("bye")])
    assert isinstance(dialog.results[0], Recorded)
    assert "stop_voice_recording" in rig.call.orders
    assert inbox.talks, "the end of the talk was waited for"


def test_nothing_said_leaves_no_file(rig: Rig) -> None:
    """Silence is no message: the file goes, and the flow is told."""
    rig.call.inbox = LiveInbox()
    dialog, _ = rig.live([MESSAGE, Hangup("bye")])
    assert dialog.results == [NoInput()]
    assert rig.call.voice is not None, "nothing was recorded"
    assert not rig.call.voice.exists()


def test_a_caller_who_hangs_up_has_left_a_message(rig: Rig) -> None:
    """Most messages end like this: the message counts, and so does the outcome."""
    rig.clock.speed = 1.0  # nothing here waits for call time
    rig.call.inbox = TalkingInbox(100, then=[HungUp("NORMAL_CLEARING", by_caller=True)])
    _, record = rig.live([MESSAGE, Hangup("bye")])
    assert record.outcome == "message_left"
    assert [turn.kind for turn in record.turns] == ["recorded"]


def test_a_switch_that_does_not_record_is_a_failure(rig: Rig) -> None:
    """A full disk: the flow's `failed`."""
    rig.call.refused = "start_voice_recording"
    dialog, _ = rig.live([MESSAGE, Hangup("bye")])
    assert dialog.results == [Failed("the switch refuses to record")]


def test_the_record_can_be_played_again(rig: Rig) -> None:
    """Each turn has its flow, step, language and result; keys, look-ups and queues stand in it."""
    rig.lookups = PaperLookups(lambda: Found({"balance": 14230}))
    rig.call.queue_variables = {"cc_cancel_reason": "TIMEOUT"}
    rig.call.keys("45713")
    effects = [
        number_question(),
        Lookup("account", {"customer_number": "45713"}, "look"),
        Enqueue("billing", "person", {}),
        number_question(),
        Hangup("bye"),
    ]
    _, record = rig.live(effects)
    told = [turn for turn in record.turns if turn.kind != "said"]
    assert [(turn.kind, turn.step, turn.result) for turn in told] == [
        ("keys", "number", "match"),
        ("lookup", "look", "found"),
        ("handover", "person", ""),
        ("queue", "person", "timeout"),
        ("no_input", "number", "no_input"),
    ]
    assert {(turn.flow, turn.language) for turn in record.turns} == {("main", "es")}
    assert (told[0].keys, told[0].by) == ("45713", "keys")
    assert (told[1].text, told[1].asked, told[1].found) == (
        "account",
        {"customer_number": "45713"},
        {"balance": 14230},
    )


def test_what_a_call_reads_of_somebody_is_in_the_audit_log(rig: Rig) -> None:
    """Which fields, for which step, in which call; nothing for who was not found, and no value at all."""
    found = Found({"balance": 14230, "name": "Lucía"})
    answers = iter([found, Missing()])
    rig.lookups = PaperLookups(lambda: next(answers))
    asked = [Lookup("account", {"customer_number": number}, "look") for number in ("45713", "99999")]
    _, record = rig.live([*asked, Hangup("bye")])
    (entry,) = rig.store.audit.latest(5)
    assert (entry.who, entry.action, entry.what) == ("call", "read", "account: balance, name")
    assert (entry.why, entry.call_id, entry.customer_id) == ("main.look", record.call_id, None)
    assert "14230" not in repr(entry) and "45713" not in repr(entry)


def test_the_way_through_the_flow_is_kept(rig: Rig) -> None:
    """Which steps, and by which exit each was left: the record of the call knows where callers go."""
    rig.live([Hangup("bye")])
    way = rig.store.traffic.of("main")
    assert (way.calls, way.exits, way.ended) == (1, {("greet", "next"): 1}, {"number": 1})


def test_a_look_up_by_a_sensitive_answer_is_masked_by_its_value(rig: Rig) -> None:
    """The number that only the flow may know stands neither in what was asked nor in what was found."""
    rig.lookups = PaperLookups(lambda: Found({"dni": "X-45713-K", "balance": 14230}))
    rig.secrets = frozenset({"45713"})
    _, record = rig.live([Lookup("account", {"dni": "45713"}, "look"), Hangup("bye")])
    (turn,) = record.turns
    assert (turn.sensitive, turn.asked, turn.found) == (
        True,
        {"dni": "•••"},
        {"dni": "•••", "balance": 14230},
    )


def test_a_lookup_in_a_database_that_does_not_answer_is_slow(rig: Rig) -> None:
    """Somebody keeps the reading connection: the caller hears of it in time, the call goes on."""
    seed(rig.store, customers=7)
    other = Store(f"sqlite:///{rig.folder}/ivr.sqlite3")
    rig.lookups = Lookups(other, lambda: datetime(2026, 11, 23, tzinfo=UTC))
    by = {"order_id": "780346", "customer_number": "45716"}
    lookup = Lookup("order", by, "order", 4.0)
    with other.database.reading():
        dialog, _ = rig.live([lookup, Hangup("bye")])
    assert dialog.results == [Slow()]
    assert isinstance(rig.lookups.ask("order", by), Found)
    other.close()


def test_a_message_can_be_left_where_calls_are_not_recorded(rig: Rig) -> None:
    """Who leaves a message wants it kept; that the house records no calls is another matter."""
    rig.recorded = False
    rig.call.inbox = TalkingInbox(100)
    dialog, record = rig.live([MESSAGE, Hangup("bye")])
    (result,) = dialog.results
    assert isinstance(result, Recorded)
    assert rig.call.voice == rig.folder / "recordings" / result.reference
    assert "start_recording" not in rig.call.orders
    assert not record.recording


def test_a_hold_is_noted_with_its_beginning_and_its_length(rig: Rig) -> None:
    """A hold that the hang-up ends lasted until then; twice is once. What was recorded is the rest."""
    for event in (Held(), Held(), TakenBack(), TakenBack(), Held()):
        rig.call.inbox.put(event)
    rig.call.keys("45713")
    _, record = rig.live([number_question(), Hangup("bye")])
    holds = [turn for turn in record.turns if turn.kind == "hold"]
    assert [(turn.who, turn.text) for turn in holds] == [("caller", "")] * 2
    assert all(turn.latency_ms is not None and turn.latency_ms >= 0 for turn in holds)
    assert record.recorded_ms is not None
    ended = holds[-1].at_ms + (holds[-1].latency_ms or 0)  # with the call
    assert record.recorded_ms <= ended - sum(turn.latency_ms or 0 for turn in holds) + 2  # rounded


def test_time_on_hold_counts_only_while_it_is_recorded() -> None:
    """Before the recording, within it, across its end, and still on hold at the end."""
    now = [0.0]
    time = RecordedTime(lambda: now[0])

    def at(moment: float, happens: Callable[[], object]) -> object:
        now[0] = moment
        return happens()

    assert time.seconds is None
    at(1, time.hold)
    at(2, time.begin)
    assert at(5, time.take_back) == (1.0, 4.0)
    assert at(7, lambda: time.seconds) == 2.0
    at(10, time.hold)
    assert at(12, lambda: time.seconds) == 5.0
    at(13, time.end)
    assert at(20, time.take_back) == (10.0, 10.0)
    assert at(30, lambda: time.seconds) == 5.0
    at(31, time.hold)
    assert at(32, time.take_back) == (31.0, 1.0)
    assert at(40, lambda: time.seconds) == 5.0
    assert time.take_back() is None


def hears(monkeypatch: pytest.MonkeyPatch, rig: Rig, said: str) -> None:
    """Whatever is asked, the caller says that."""

    class Heedful:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def ask(self, _play: object) -> Collected:
            now = rig.clock.now()
            given = Heard((Alternative(said, 0.9),))
            return Collected(NoMatch(said), now, given=given, began_at=now - 2.0)

    monkeypatch.setattr("ivr.session.Question", Heedful)


@pytest.mark.parametrize(
    ("said", "secret"), [("mi pin es cuatro ocho dos uno", True), ("quiero saber mi saldo", False)]
)
def test_what_was_said_with_a_secret_in_it_is_to_be_silenced(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, said: str, secret: bool
) -> None:
    """The span is on the disk before the call goes on, and how long was recorded at its end."""
    hears(monkeypatch, rig, said)
    _, record = rig.live([Play(spoken("hola"), "greet"), number_question(), Hangup("bye")])
    assert record.recording is not None
    listed = list_of(rig.folder / "recordings" / record.recording)
    assert listed.exists() == secret
    if secret:
        told = spans_of(listed)
        ((begin, end),) = told.spans
        assert told.lasted is not None
        assert 0 <= begin < end <= told.lasted
    assert all("cuatro" not in turn.text for turn in record.turns)


def test_where_no_span_can_be_noted_nothing_is_recorded(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better no recording than one with a secret."""
    hears(monkeypatch, rig, "mi pin es cuatro ocho dos uno")
    (rig.folder / "recordings").mkdir()
    (rig.folder / "recordings" / ".mute").write_text("no folder")
    _, record = rig.live([number_question(), number_question(), Hangup("bye")])
    assert not record.recording
    assert rig.call.orders.count("stop_recording") == 1
    assert not list((rig.folder / "recordings").rglob("*.wav"))
