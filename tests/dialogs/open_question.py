"""An open question in a flow, and what callers say to it: for tests of `understand`."""

from __future__ import annotations

from dialogs.effects import Effect, Play, Understand
from dialogs.engine import Conversation
from dialogs.results import Played, Understood
from tests.dialogs.flowtext import HEAD, say

OPEN = (
    HEAD
    + """  - understand: reason
    prompt: {es: "¿En qué le ayudo?"}
    intents:
      where: {title: {es: saber dónde está su pedido}, then: order_id}
      pay: {title: {es: pagar}, then: told}
      cancel: {title: {es: anular un pedido}, then: told}
    answers_ahead: [order_id]
    failed: bye
  - ask: order_id
    type: order_id
    length: 6
    check_digit: luhn
    prompt: {es: "¿Qué pedido?"}
  - id: told
    say: {es: "Hecho: {reason}."}
  - ask: more
    type: yes_no
    prompt: {es: "¿Algo más?"}
    answers: {yes: reason, no: bye}
  - id: bye
    hangup: normal
"""
)


def meaning(call: Conversation, question: Effect, said: str, **told: float) -> Effect:
    """The caller says it, and it means that."""
    asked = say(call, question, said)
    assert isinstance(asked, Understand), asked
    assert asked.text == said
    return call.send(Understood(tuple(sorted(told.items(), key=lambda item: -item[1]))))


def after_telling(call: Conversation, effect: Effect) -> Effect:
    assert isinstance(effect, Play), effect
    return call.send(Played())
