"""Events that come by a connection which a leg shares with others, and what a leg does when it is lost.

The shared connection is an optimisation that may vanish at any time; whether a call goes on never depends
on it. When it is lost, `catch_up` brings the leg's events back to its own socket, and finds out what was
told in the gap, to nobody. What can be lost there, and why nothing hangs:

- *The hang-up*: never. The switch tells it on the leg's own socket, as a notice that needs no
  subscription. Only who hung up can be lost; after half a second it counts as the caller.
- *The end of a fence*: it ends as soon as its turn has come. Commands of a leg are taken up in order, so once
  one that was sent behind it has ended, it has. (`answer` has no event: the reply says that it is done.)
- *The end of a prompt*: a fence does not wait for it (the switch runs queued commands from within
  `playback`), but once it has ended, the prompt has begun, or has ended. Then the switch is asked whether a
  file is playing. If so, the prompt goes on, and its end is told to our own socket, which has listened since
  before the question. If not, it has ended: `Finished` is posted. With two prompts at once the answer could
  mean either, so both are stopped: the caller loses the rest of a sentence, the call goes on.
- *The end of a queue*: mod_callcenter leaves its verdict in the channel (`cc_cause`, removed before each
  queue). If it is there, the queue has ended; if not, its end will be told to our own socket.
- *A key*: lost, as if it had not been pressed. FreeSWITCH keeps no trace of a key that was told. The gap is
  a few milliseconds if the connection is closed or broken, and up to `esl.switchboard.SILENCE` seconds if
  it just falls silent. The question is then asked again, or the caller presses again.

What is told twice (to both connections, or by the switch after we found out) is ignored by the command's id.
If the switch does not even end a fence, the leg is given up: its dialplan goes on with the fallback.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import gevent
import structlog

from esl import commands
from esl.errors import CallEnded, CommandRefusedError

if TYPE_CHECKING:
    from esl.leg import Leg

log = structlog.get_logger("esl.event_source")

FENCE_DEADLINE = 2.0
"""Seconds from a fence to its end; it waits for nothing, so it takes 20 ms."""
FENCES = 3
"""How many are tried: `stop_playing`, which may come at any moment, sweeps a waiting one away."""
_FILE_PLAYS = "+OK"
_QUEUE_SAYS = ("cc_cause", "cc_cancel_reason", "cc_exit_key")


class EventSource(Protocol):
    """Whoever carries a leg's events in the place of its own socket."""

    @property
    def mark(self) -> Mapping[str, str]:
        """Variables that make a leg's events come this way."""

    def attach(self, leg: Leg, core_uuid: str) -> bool:
        """Carries the leg's events from now on; False if it does not (another switch, not connected)."""

    def detach(self, leg: Leg) -> None:
        """The leg needs no more events from here. Safe to call twice."""


def catch_up(leg: Leg, mark: Mapping[str, str]) -> None:
    """Brings the leg's events back to its own socket and settles what ended unheard; a greenlet's work.

    `mark` are the variables of the source that was lost.
    """
    try:
        leg.request(*leg.own_subscription, commands.forget(leg.uuid, mark))
        _settle_quick(leg)
        _settle_prompts(leg)
        _settle_queues(leg)
    except CallEnded:
        return  # `HungUp` is in the inbox, or on its way there
    except CommandRefusedError as refused:
        leg.give_up(f"its events cannot be had: {refused}")


def _settle_quick(leg: Leg) -> None:
    """Afterwards, all that was sent before the subscription has begun, and what is quick has ended."""
    quick = leg.running.quick
    if not quick and not leg.running.named("playback"):
        return
    for _ in range(FENCES):
        fence = leg.running.next_id()
        ended = leg.running.awaiting(fence)
        leg.request(commands.fence(event_uuid=fence))
        try:
            ended.get(timeout=FENCE_DEADLINE)
        except gevent.Timeout:
            continue
        for identity in quick:
            leg.running.finish(identity)
        return
    leg.give_up(f"no command has ended within {FENCES * FENCE_DEADLINE:g} s")


def _settle_prompts(leg: Leg) -> None:
    prompts = leg.running.named("playback")
    if not prompts:
        return
    if len(prompts) > 1:
        leg.stop_playing()
        return
    try:
        plays = leg.request(commands.plays_file(leg.uuid))[0].startswith(_FILE_PLAYS)
    except CommandRefusedError:
        plays = False
    if not plays:
        log.info("end_found_out", leg=leg.uuid, application="playback")
        leg.running.finish(prompts[0])


def _settle_queues(leg: Leg) -> None:
    for identity in leg.running.named("callcenter"):
        answers = leg.request(*(commands.get_variable(leg.uuid, name) for name in _QUEUE_SAYS))
        verdict = {
            name: answer
            for name, answer in zip(_QUEUE_SAYS, answers, strict=True)
            if answer not in ("", commands.UNDEFINED)
        }
        if verdict:
            log.info("end_found_out", leg=leg.uuid, application="callcenter")
            leg.running.finish(identity, variables=verdict)
