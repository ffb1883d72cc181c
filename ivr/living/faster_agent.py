"""An agent was faster: they had answered as the caller left the queue.

mod_callcenter lets a caller leave while the agent hears who comes, and brings the two together all the
same, whatever the caller's leg does by then. So it is asked for whoever leaves: they have what they waited
for, and the flow does not go on beside their conversation.
"""

from __future__ import annotations

import structlog

from esl.errors import CallEnded, EslError
from esl.switch import Call
from ivr.clock import Clock
from ivr.living.attention import Attention

log = structlog.get_logger(__name__)

ANNOUNCED_WITHIN = 20.0
"""Seconds that an agent is told at most who comes."""
_LOOK_EVERY = 0.2


def agent_was_faster(call: Call, attention: Attention, clock: Clock, *, queue: str, member: str) -> bool:
    """Whether an agent talks with who has just left that queue as `member`; waits while one hears who comes.

    Without an answer of the switch nobody was. Raises `CallOverError`, `CallEnded`.
    """
    ends_at, gone = clock.now() + ANNOUNCED_WITHIN, False
    try:
        while member and clock.now() < ends_at:
            centre = call.call_centre()
            agents = {one.name: one.state for one in centre.people(queue)}
            row = next((one for one in centre.members(queue) if one.uuid == member), None)
            if row is None or not row.serving:
                return False
            if row.state == "Answered":
                return True
            # Their telephone rang, and does no more; or they have hung up. The switch's two tables change one
            # after the other when a talk begins, so it has to be so in two looks.
            before, gone = gone, agents.get(row.serving) != "Receiving"
            if before and gone:
                return False
            attention.next(_LOOK_EVERY)
    except CallEnded:
        raise
    except EslError as fault:
        log.warning("not_known_who_was_faster", leg=call.uuid, reason=str(fault))
    return False
