"""Small flows with which the engine is tried."""

from __future__ import annotations

from dialogs.effects import Effect
from dialogs.engine import Conversation
from tests.dialogs.flowtext import ASK, HEAD, conversation


def ask() -> tuple[Conversation, Effect]:
    call = conversation(HEAD + ASK)
    return call, call.start()


TWO = """  - menu: m
    prompt: {es: "¿Qué?", ca: "Què?"}
    choices:
      go: {key: 1, phrases: {es: [seguir], ca: [seguir]}, then: number}
      person: {key: 0, phrases: {es: [operador], ca: [operador]}, then: people}
  - id: number
    ask: number
    type: digits
    length: 4
    prompt: {es: "¿Número?", ca: "Número?"}
  - hangup: normal
  - id: people
    queue: billing
    busy: {offer: callback, declined: hangup_3}
"""
TWO_HEAD = HEAD.replace("[es]", "[es, ca]").replace("billing", "people")


LOOK = """  - ask: customer_number
    type: digits
    length: 5
    prompt: {es: "¿Número?"}
  - lookup: account
    by: {customer_number: "{customer_number}"}
    found: tell
    missing: tell_nothing
    slow: people
    error: people
  - id: tell
    say: {es: "Debe {account.balance:money}. Hasta el {account.due_date:date}."}
  - id: end
    hangup: normal
  - id: tell_nothing
    say: {es: "Nada."}
    then: end
  - id: people
    queue: billing
    busy: {offer: callback, declined: tell_nothing}
"""
