"""An agent's screens: told in order, caught up after a break, closed where they do not keep up."""

from __future__ import annotations

import pytest

from ivr.queueing.context_desk import BEHIND, FORGOTTEN_AFTER, KEPT, DeskFull, Desks


def lines(desks: Desks, screen: object, count: int) -> list[str]:
    """The ids of the next events on the wire."""
    wire = desks.written(screen, lambda: True)  # type: ignore[arg-type] # a screen
    next(wire)
    return [next(wire).decode().split("\n")[0].removeprefix("id: ") for _ in range(count)]


def test_every_screen_at_a_desk_is_told_and_no_other() -> None:
    """Two of one agent, one of another."""
    desks = Desks(most=10)
    one, two, other = desks.open("1001"), desks.open("1001"), desks.open("1002")
    desks.tell("1001", "call_offered", {"queue": "billing"})
    assert [screen.inbox.qsize() for screen in (one, two, other)] == [1, 1, 0]
    wire = desks.written(one, lambda: True)
    assert next(wire) == b"retry: 2000\n\n"
    assert next(wire).decode().split("\n", 1)[1] == 'event: call_offered\ndata: {"queue": "billing"}\n\n'


def test_what_was_missed_is_told_after_a_break() -> None:
    """From the last event that was heard; all that is kept after a restart, or with an id of nobody's."""
    desks = Desks(most=10)
    first = desks.open("1001")
    for n in range(3):
        desks.tell("1001", "call_ended", {"n": n})
    heard = lines(desks, first, 1)[0]
    desks.leave(first)
    desks.tell("1001", "call_ended", {"n": 3})
    assert desks.open("1001", heard).inbox.qsize() == 3
    assert desks.open("1001", "other-1").inbox.qsize() == 4
    assert desks.open("1001", heard + "x").inbox.qsize() == 4
    assert desks.open("1001").inbox.qsize() == 0


def test_a_screen_that_does_not_keep_up_is_closed_and_holds_nobody_up() -> None:
    """The other screen hears everything; the slow one ends, and may come back."""
    desks = Desks(most=10)
    slow, quick = desks.open("1001"), desks.open("1001")
    wire = desks.written(quick, lambda: True)
    next(wire)
    for n in range(BEHIND + 5):
        desks.tell("1001", "call_ended", {"n": n})
        next(wire)
    assert slow.closed
    assert list(desks.written(slow, lambda: True)) == [b"retry: 2000\n\n"]
    assert len(desks) == 1


def test_silence_is_a_heartbeat_and_a_bad_token_the_end() -> None:
    """A comment for what lies between; asked again whether the token is good."""
    desks, good = Desks(most=10), [True]
    wire = desks.written(desks.open("1001"), lambda: good[0], heartbeat=0.01)
    next(wire)
    assert next(wire) == b": still here\n\n"
    good[0] = False
    assert list(wire) == []
    assert len(desks) == 0


def test_screens_are_limited_altogether_and_at_a_desk() -> None:
    """One agent cannot take the places of all; a place that was left can be taken."""
    desks = Desks(most=7)
    mine = [desks.open("1001") for _ in range(5)]
    with pytest.raises(DeskFull):
        desks.open("1001")
    desks.open("1002")
    desks.open("1003")
    with pytest.raises(DeskFull):
        desks.open("1004")
    desks.leave(mine[0])
    desks.open("1004")


def test_a_desk_that_nobody_sits_at_is_cleared_away() -> None:
    """After a while in which they could have come back; until then what happens is kept for them."""
    now = [0.0]
    desks = Desks(most=10, now=lambda: now[0])
    screen = desks.open("1001")
    desks.leave(screen)
    assert desks.attended("1001")
    for n in range(KEPT + 10):
        desks.tell("1001", "call_ended", {"n": n})
    assert desks.open("1001", "x").inbox.qsize() == BEHIND
    for one in desks._desks["1001"].screens[:]:
        desks.leave(one)
    now[0] = FORGOTTEN_AFTER + 1
    assert not desks.attended("1001")
    assert not desks.attended("1002")


def test_the_end_of_the_server_ends_all_screens() -> None:
    """Also of one whose inbox is full."""
    desks = Desks(most=10)
    screens = [desks.open("1001"), desks.open("1002")]
    for n in range(BEHIND):
        desks.tell("1001", "call_ended", {"n": n})
    desks.close()
    assert all(screen.closed for screen in screens)
    with pytest.raises(DeskFull):
        desks.open("1003")
