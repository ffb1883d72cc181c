"""How a conversation ends, or goes to a person, where no step of the flow says how."""

from __future__ import annotations

from collections.abc import Generator

from dialogs.call import Call
from dialogs.effects import Effect, Enqueue, Hangup, Play, SetOutcome
from dialogs.nodes.queue import Offer, context, nobody_free, offered
from dialogs.nodes.step import END, PERSON
from dialogs.results import Handed, Result

_OFFER = Offer.model_validate({"offer": "callback", "keep_place": True})
Ending = Generator[Effect, Result, str]
"""As a step's run: returns the exit that it leaves by."""


def end(call: Call) -> Ending:
    """The flow has come to its end."""
    yield Hangup(call.step)
    return END


def to_queue(call: Call, queue: str) -> Ending:
    """A flow whose person is a queue and no step: the queue; if nobody is free, a callback or a message."""
    result = yield Enqueue(queue, call.step, context(call))
    if isinstance(result, Handed):
        yield SetOutcome("handed_over", call.step)
        return END
    able = "callbacks" in call.flows.catalogue.performers
    label = (yield from offered(call, queue, _OFFER)) if able else "declined"
    if label == "declined":
        yield from nobody_free(call, queue)
    return END


def apology(call: Call) -> Ending:
    """Something broke: a word of apology, and a person."""
    yield Play(call.built_in("apology"), call.step)
    return PERSON


def regret(call: Call) -> Ending:
    """Even the way to a person is broken: a word of regret, and the end."""
    yield Play(call.built_in("nobody_free"), call.step)
    yield SetOutcome("fault", call.step)
    yield Hangup(call.step)
    return END
