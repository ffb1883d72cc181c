"""How a session ends: by the caller at any order, by a fault, by a transfer; each with its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from gevent.event import Event

from dialogs.effects import (
    Enqueue,
    Hangup,
    Lookup,
    Play,
    SetOutcome,
    Spoken,
    Transfer,
)
from dialogs.results import (
    Done,
    Failed,
    Handed,
    Match,
    Missing,
    Played,
)
from esl.switch import HungUp
from ivr.moments import CallOver
from speech.errors import SynthesizerLate, SynthesizerLost
from speech.synthesizer import Waiting
from tests.ivr.session_rig import PaperLookups, Rig, number_question, rig, spoken

__all__ = ["rig"]


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

    def lost(_spoken: Spoken, _waiting: Waiting) -> Path:
        raise SynthesizerLost("worker gone")

    monkeypatch.setattr(rig.prompts, "file_of", lost)
    _, record = rig.live([Play(spoken("hola"), "greet"), Hangup("bye")])
    assert rig.call.orders[-1] == "release"
    assert record.outcome == "fault"


def _sounds(text: str) -> Callable[[Spoken, Waiting], Path]:
    """Only that text can be made to sound."""

    def file_of(spoken: Spoken, waiting: Waiting) -> Path:
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


def test_all_of_a_prompt_is_waited_for_together(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its sentences has what the ones before it have left; the next prompt begins anew."""
    waited: list[Waiting] = []

    def file_of(spoken: Spoken, waiting: Waiting) -> Path:
        waited.append(waiting)
        return Path(f"/prompts/{spoken.text}.wav")

    monkeypatch.setattr(rig.prompts, "file_of", file_of)
    prompt = (*spoken("uno"), *spoken("dos"), *spoken("tres"))
    rig.live([Play(prompt, "greet"), Play(spoken("adiós"), "bye"), Hangup("bye")])
    first, second, third, next_one = waited
    assert first is second is third is not next_one


class _Late:
    """A question that is made too slowly `times` times; whoever is told to wait presses keys."""

    def __init__(self, rig: Rig, times: int) -> None:
        self._rig, self._times = rig, times

    def __call__(self, spoken: Spoken, waiting: Waiting) -> Path:
        if spoken.text == "number?" and self._times:
            self._times -= 1
            raise SynthesizerLate("nothing within 1.9 s")
        if spoken.text == MOMENT:
            self._rig.call.keys("45713")
        return Path(f"/prompts/{spoken.text}.wav")


MOMENT = "Un momento, por favor."


def test_whoever_waits_for_a_prompt_is_told_so_and_hears_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys pressed at "one moment, please" are for the question that comes."""
    monkeypatch.setattr(rig.prompts, "file_of", _Late(rig, 1))
    dialog, _ = rig.live([number_question(), Hangup("bye")])
    assert [order for order in rig.call.orders if order.startswith("play")] == [
        f"play {MOMENT}.wav",
        "play number?.wav",
    ]
    assert dialog.results == [Match("45713", "45713", "keys")]


def test_nobody_is_told_to_wait_for_ever(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Late a second time, it is lost: to a person."""
    monkeypatch.setattr(rig.prompts, "file_of", _Late(rig, 2))
    _, record = rig.live([number_question(), Hangup("bye")])
    assert [order for order in rig.call.orders if order.startswith("play")] == [f"play {MOMENT}.wav"]
    assert rig.call.orders[-1] == "release" and record.outcome == "fault"


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
