"""Flows written in a test, and conversations through them."""

from __future__ import annotations

from datetime import datetime

from dialogs.catalogue import Catalogue, LookupSchema
from dialogs.effects import Collect, Effect
from dialogs.engine import Conversation
from dialogs.errors import FlowsInvalid, Problem
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import assemble
from dialogs.results import Alternative, Heard, Keyed
from dialogs.source import parse

CATALOGUE = Catalogue(
    queues=frozenset({"billing"}),
    lookups={
        "account": LookupSchema(
            ("customer_number",),
            {
                "name": "text",
                "balance": "money",
                "balance_currency": "text",
                "due_date": "date",
                "open": "boolean",
            },
        )
    },
)

HEAD = "flow: trial\nlanguages: [es]\nperson: billing\nsteps:\n"
"""Four lines; the steps of a test begin in line 5."""
ASK = """  - ask: customer_number
    type: digits
    length: 5
    prompt: {es: "Su número."}
    help: {es: "Está en su factura."}
  - id: told
    say: {es: "Es el {customer_number:digits}. Gracias."}
  - hangup: normal
"""
"""Steps that ask for one number and say it."""


def problems(*texts: str, catalogue: Catalogue = CATALOGUE) -> list[Problem]:
    """Every problem of the flows, which are called by their first line."""
    try:
        sources = [parse(text, f"{_name(text)}.flow.yaml") for text in texts]
    except FlowsInvalid as fault:
        return list(fault.problems)
    return sorted(assemble(sources, catalogue)[1])


def flow_set(*texts: str, languages: tuple[str, ...] = ()) -> FlowSet:
    """A sound set, or `FlowsInvalid`."""
    sources = [parse(text, f"{_name(text)}.flow.yaml") for text in texts]
    flows, wrong = assemble(sources, CATALOGUE, extra_languages=languages)
    if wrong:
        raise FlowsInvalid(wrong)
    return flows


def _name(text: str) -> str:
    return text.partition("\n")[0].removeprefix("flow: ").strip()


def conversation(*texts: str, flow: str = "trial", language: str = "es") -> Conversation:
    return Conversation(flow_set(*texts), flow, Facts(language, now=datetime(2026, 11, 23, 10)))


def heard(text: str, confidence: float = 0.9) -> Heard:
    return Heard((Alternative(text, confidence),))


def say(call: Conversation, question: Effect, text: str, confidence: float = 0.9) -> Effect:
    """The caller answers by voice."""
    assert isinstance(question, Collect)
    return call.send(question.judge(heard(text, confidence)))


def key(call: Conversation, question: Effect, keys: str) -> Effect:
    """The caller answers by key."""
    assert isinstance(question, Collect)
    return call.send(question.judge(Keyed(keys)))


def spoken(effect: Effect) -> str:
    """What an effect says, in words."""
    return " ".join(part.text for part in getattr(effect, "prompt", ()))
