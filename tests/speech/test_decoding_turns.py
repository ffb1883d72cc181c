"""Whose sound is decoded next."""

from __future__ import annotations

from speech.decoding_turns import DecodingTurns
from speech.frames import Frame


def _frame(number: int, op: str, body: bytes = b"") -> Frame:
    return {"id": number, "op": op}, body


def _order(*frames: Frame) -> list[tuple[int, str]]:
    """All of them, as they are taken."""
    turns = DecodingTurns()
    for frame in frames:
        turns.put(frame)
    taken = []
    while frame := turns.take():  # type: ignore[assignment] # ends by None
        taken.append((frame[0]["id"], frame[0]["op"]))
    assert not turns
    return taken


def test_sound_is_decoded_as_it_arrives() -> None:
    """Where nobody waits for an answer, first come, first served."""
    said = [_frame(1, "open"), _frame(2, "open"), _frame(1, "feed"), _frame(2, "feed"), _frame(1, "feed")]
    assert _order(*said) == [(1, "open"), (2, "open"), (1, "feed"), (2, "feed"), (1, "feed")]


def test_who_waits_for_an_answer_comes_first_with_all_that_was_said() -> None:
    """Its own sound before its end; of two the one that waits longer; then who has fallen silent."""
    said = [
        *(_frame(1, "feed"), _frame(2, "feed"), _frame(3, "feed"), _frame(4, "feed")),
        *(_frame(4, "pause"), _frame(3, "finish"), _frame(2, "finish"), _frame(1, "feed")),
    ]
    assert _order(*said) == [
        *((3, "feed"), (3, "finish"), (2, "feed"), (2, "finish"), (4, "feed"), (4, "pause")),
        *((1, "feed"), (1, "feed")),
    ]


def test_of_what_nobody_wants_nothing_is_decoded() -> None:
    """What was fed before a cancel is dropped, the cancel is not."""
    assert _order(_frame(1, "feed"), _frame(2, "feed"), _frame(2, "cancel")) == [(2, "cancel"), (1, "feed")]


def test_an_utterance_that_was_first_once_waits_like_all_others_afterwards() -> None:
    """Its number comes again in the next utterance's frames, and its old turn is over."""
    turns = DecodingTurns()
    turns.put(_frame(1, "pause"))
    assert turns.take() == _frame(1, "pause") and turns.take() is None
    turns.put(_frame(2, "feed"))
    turns.put(_frame(1, "feed"))
    assert turns.take() == _frame(2, "feed") and turns.take() == _frame(1, "feed")


def test_all_frames_that_wait_are_counted() -> None:
    """By that a worker knows that it is behind its callers."""
    turns = DecodingTurns()
    for number in (1, 2, 1):
        turns.put(_frame(number, "feed"))
    assert len(turns) == 3
    turns.take()
    assert len(turns) == 2 and turns
