"""Which number of a person is tried next, and after which pause. Pure.

Rules:
1. Each number has the pauses of the strategy's table for each result: after the last of them it is tried no
   more, and so is one whose result has none.
2. Whoever was busy is at home: the same number again, and so after a call that we took back. After anything
   else it is the next one's turn, in the order of chance, and then the first one's again.
3. A number that is none (`invalid`) is out at once, and the next one follows directly. Who objects
   (`unwanted`) is called no more.
4. What never got out of the house is not theirs. Unless it happens with one number again and again, while
   the trunk is well: then the number is as good as unreachable. (What an ill trunk refuses is not on record.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ivr.campaigns.dialling.results import OUR_SIDE

OUR_PAUSE = timedelta(minutes=2)
"""After a call that never got out of the house."""
MOST_OURS = 5
"""Such calls to one number in a row, before it counts as unreachable."""
_OUT = frozenset({"invalid"})
_ON_THE_LINE = frozenset({"answered"})


@dataclass(frozen=True)
class Tried:
    """An attempt, as far as it counts here."""

    rank: int
    result: str


@dataclass(frozen=True)
class Next:
    """The next attempt."""

    rank: int
    pause: timedelta


@dataclass(frozen=True)
class Exhausted:
    """There is none, for this reason."""

    why: str


def counted(tried: Sequence[Tried]) -> list[Tried]:
    """Those that were attempts to reach the person; the last of `MOST_OURS` in a row at a number is one."""
    found: list[Tried] = []
    ours: dict[int, int] = {}
    for one in tried:
        if one.result not in OUR_SIDE:
            ours[one.rank] = 0
            found.append(one)
            continue
        ours[one.rank] = ours.get(one.rank, 0) + 1
        if ours[one.rank] >= MOST_OURS:
            ours[one.rank] = 0
            found.append(Tried(one.rank, "unreachable"))
    return found


def next_try(
    tried: Sequence[Tried], numbers: int, *, retries: Mapping[str, Sequence[int]], attempts: int
) -> Next | Exhausted:
    """After these attempts, the latest last, to somebody with so many numbers. `retries`: in minutes."""
    last, theirs = tried[-1], counted(tried)
    if last.result in OUR_SIDE and len(theirs) == len(counted(tried[:-1])):
        return Next(last.rank, OUR_PAUSE)
    if theirs[-1].result in _ON_THE_LINE:
        return Exhausted("reached")
    if theirs[-1].result == "unwanted":
        return Exhausted("objected")
    if len(theirs) >= attempts:
        return Exhausted("attempts")
    left = [rank for rank in range(1, numbers + 1) if _pause(theirs, rank, retries) is not None]
    if not left:
        return Exhausted("numbers")
    rank = _whose_turn(theirs[-1], left)
    pause = timedelta() if theirs[-1].result in _OUT else _pause_after(theirs, retries)
    return Next(rank, pause)


def _whose_turn(last: Tried, left: Sequence[int]) -> int:
    if last.result in ("busy", "cancelled") and last.rank in left:
        return last.rank
    return next((rank for rank in left if rank > last.rank), left[0])


def _pause(theirs: Sequence[Tried], rank: int, retries: Mapping[str, Sequence[int]]) -> int | None:
    """Minutes that a number rests after its last attempt; `None`: it is not tried any more."""
    here = [one.result for one in theirs if one.rank == rank]
    if not here:
        return 0
    pauses, times = retries.get(here[-1], ()), here.count(here[-1])
    return None if here[-1] in _OUT or times > len(pauses) else pauses[times - 1]


def _pause_after(theirs: Sequence[Tried], retries: Mapping[str, Sequence[int]]) -> timedelta:
    """The pause that the last attempt asks for; where its number is out, the shortest of that result."""
    last = theirs[-1]
    pause = _pause(theirs, last.rank, retries)
    if pause is None:
        pause = next(iter(retries.get(last.result, (0,))), 0)
    return timedelta(minutes=pause)
