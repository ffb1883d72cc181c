"""What `ivr bench turns` makes of played calls, the flows that it plays; and `ivr bench streams`."""

from __future__ import annotations

import pytest

from dialogs.loader import load_flows
from ivr.bench import caller_of_turns, of_the_measurement, of_turns
from ivr.bench_streams import MODEL, measure
from ivr.config import Settings
from ivr.demo import PlayedCall, PlayedTurn
from ivr.rooms import catalogue_of
from tests.models import need_model


def turn(kind: str, whole: float, result: str = "match") -> PlayedTurn:
    return PlayedTurn("step", kind, result, whole, whole / 2, 0.1, 0.01, whole / 2 - 0.11)


def test_turns_are_told_by_kind_and_by_their_parts() -> None:
    """All of them first; those that were not understood count among all, and in no kind."""
    played = PlayedCall(caller_of_turns(3, "es"))
    played.turns = [
        turn("yes_no", 0.4),
        turn("yes_no", 0.6),
        turn("digits", 1.0),
        turn("yes_no", 2.0, "no_match"),
    ]
    played.turn_seconds = [each.whole for each in played.turns]
    whole, digits, yes_no = of_turns("vosk", [played])
    assert (whole.what, whole.count, whole.p50, whole.worst) == ("turn", 4, 600.0, 2000.0)
    assert (digits.what, digits.count, digits.parts["pause"]) == ("turn, digits", 1, 500.0)
    assert (yes_no.what, yes_no.count, yes_no.worst) == ("turn, yes_no", 2, 600.0)
    assert yes_no.parts == {"pause": 250.0, "recognition": 100.0, "dialog": 10.0, "line": 140.0}


def test_nothing_played_is_nothing_measured() -> None:
    """The command says then that nothing was measured."""
    assert of_turns("vosk", [PlayedCall(caller_of_turns(3, "es"))]) == []


@pytest.mark.parametrize(("language", "extra"), [("es", ()), ("ko", ("ko",))])
def test_the_flows_of_the_measurement_are_sound(language: str, extra: tuple[str, ...]) -> None:
    """And their questions are those that the caller answers."""
    settings = of_the_measurement(Settings(), language)
    flows = load_flows([settings.flows_folder], catalogue_of(settings), extra_languages=extra)
    answered = {reply.step for reply in caller_of_turns(6, language).replies}
    assert answered <= set(flows.flows["turns"].steps)


def test_streams_are_counted_on_a_real_worker() -> None:
    """Two callers, a yes and a no each: understood, timed, and what the worker took of core and memory."""
    need_model(MODEL)
    found = measure(2, 1)
    assert (found.wait.count, found.right) == (4, 4)
    assert 0 < found.core < 2 and found.possible > 1
    # The promise: a further worker adds less than a quarter of the model.
    assert 0 < found.worker_megabytes < found.model_megabytes / 4
