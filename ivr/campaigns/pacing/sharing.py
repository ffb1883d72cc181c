"""Agents who serve several queues: each of them is counted once.

Rules:
1. What was begun first has the agent: calls and callers of another queue take as many of the agents as serve
   both, and no more than those.
2. The worst is taken: whom the switch will give a call to is not known, so a shared agent goes to the other
   queue although one of its own would be free there.
3. Inbound callers of another queue come first, too: where all of our agents serve it, nothing is dialled
   while one waits; else each takes one of those who serve both.
4. A call beyond the free agents is begun only if no campaign that shares agents could break its cap by it.
5. No campaign starves beside another: whoever has fewer than half of the agents of its part, and people to
   call, has the next that come free; whoever has more than its part begins no call for these.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.campaigns.pacing.abandons import Abandons
from ivr.campaigns.pacing.pacer import Standing, one_each

_NO_LIMIT = 10_000
_STARVES = 0.5
"""Of its part: with less, a campaign starves. Between that and its part chance may do as it likes, or agents
would wait for nothing."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """A queue, and who is on the way to its agents."""

    free: int
    agents: frozenset[str]
    """Who serves it and is logged in, free or not."""
    ringing: int = 0
    """Campaigns' calls that are claimed or ring."""
    waiting: int = 0
    """Campaigns' live answers without an agent."""
    callers: int = 0
    """Inbound callers who wait."""


def standing_of(queue: str, demands: Mapping[str, Demand], *, mine: int) -> Standing:
    """What is the case for a campaign of that queue, of whose calls `mine` ring; `demands`: that queue's, and
    those of others that may share its agents."""
    here = demands[queue]
    ringing, waiting, callers = here.ringing, here.waiting, here.callers
    for name, there in demands.items():
        shared = len(here.agents & there.agents)
        if name == queue or not shared:
            continue
        first = there.waiting
        if here.agents <= there.agents:
            callers += there.callers
        else:
            first += there.callers
        taken = min(first, shared)
        waiting += taken
        ringing += min(there.ringing, shared - taken)
    return Standing(
        free_agents=here.free,
        ringing=ringing,
        of_others=ringing - mine,
        waiting=waiting,
        callers_waiting=callers,
    )


def borne(abandons: Abandons, now: datetime, standing: Standing, theirs: int) -> int:
    """How many calls another campaign can bear to be begun, `theirs` being its own without an agent: with n
    more, (waiting + ringing + n − free) of its queue have none, and all of those may be its own."""
    careful = one_each(standing)
    bears = abandons.bears(now.timestamp(), under_way=theirs)
    if theirs <= bears:
        return _NO_LIMIT
    return max(careful, bears - (standing.waiting + standing.ringing - standing.free_agents))


@dataclass(frozen=True)
class Part:
    """A campaign among those that share agents."""

    agents: frozenset[str]
    """Who serves its queue and is logged in."""
    talks: int
    """Agents who talk for it now."""
    wants: bool = True
    """Whether it has people to call, and a line to call them by."""


def left_to_others(mine: Part, others: Sequence[Part]) -> int | None:
    """So many of the agents who come free are others', and for the rest there is one call for each; `None`:
    all others have what they need, or we have less than our part ourselves."""
    wanting = [one for one in others if one.wants]
    parts = [mine, *wanting]
    if mine.talks <= _part_of(mine, parts):
        return None
    starving = [
        (one, part)
        for one in wanting
        if one.agents & mine.agents and one.talks < (part := _part_of(one, parts)) * _STARVES
    ]
    return sum(math.ceil(part - one.talks) for one, part in starving) or None


def _part_of(one: Part, all_of_them: Sequence[Part]) -> float:
    """Agents: each of them in equal parts to those whom they serve."""
    return sum(1 / sum(agent in other.agents for other in all_of_them) for agent in one.agents)


class Arriving:
    """Callers of other queues, as far as they come to our agents: a queue of fifty agents of whom three are
    ours sends us three of fifty."""

    def __init__(self) -> None:
        self._owed: dict[Hashable, float] = {}

    def come(self, way: Hashable, callers: int, here: Demand, there: Demand) -> int:
        """How many of so many new callers are ours; what is left over counts the next time."""
        share = len(here.agents & there.agents) / len(there.agents) if there.agents else 0.0
        owed = self._owed.get(way, 0.0) + callers * share
        self._owed[way] = owed - int(owed + 1e-9)
        return int(owed + 1e-9)
