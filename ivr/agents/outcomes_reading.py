"""Reads `outcomes.yaml`, with all mistakes at once: line, column, and what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dialogs.errors import FlowsInvalid, Problem
from dialogs.misread import explain
from dialogs.source import Source, nearest, read
from ivr.agents.outcomes import Outcomes
from ivr.agents.outcomes_written import (
    ActionFile,
    FieldFile,
    OutcomeFile,
    OutcomesFile,
    QuestionFile,
    StrategyFile,
)
from ivr.queueing.plan import Plan

FILE = "outcomes.yaml"
PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
Way = tuple[str | int, ...]


def load_outcomes(file: Path | None, plan: Plan, *, webhooks: Collection[str] = ()) -> Outcomes:
    """The outcomes of that file; without one there are none. Raises `FlowsInvalid`."""
    if file is None:
        return Outcomes()
    outcomes, problems = read_outcomes(read(file), plan, webhooks=webhooks)
    if problems:
        raise FlowsInvalid(problems)
    return outcomes


def read_outcomes(
    source: Source, plan: Plan, *, webhooks: Collection[str] = ()
) -> tuple[Outcomes, list[Problem]]:
    """The outcomes, and what is wrong with the file; none if its shape is."""
    if not isinstance(source.content, dict):
        return Outcomes(), [
            source.problem((), "these are no outcomes: begin with `strategies:` and their names")
        ]
    try:
        found = OutcomesFile.model_validate(source.content)
    except ValidationError as fault:
        return Outcomes(), sorted({_told(source, error) for error in fault.errors()})
    outcomes = Outcomes(found.strategies, found.forms)
    return outcomes, sorted(_mistakes(source, outcomes, plan, webhooks))


def _told(source: Source, error: ErrorDetails) -> Problem:
    known: type[BaseModel]
    match error["loc"]:
        case ("strategies", _, "outcomes", _, "fields", *_):
            known = FieldFile
        case ("strategies", _, "outcomes", _, "actions", *_):
            known = ActionFile
        case ("strategies", _, "outcomes", *_):
            known = OutcomeFile
        case ("strategies", *_):
            known = StrategyFile
        case ("forms", *_):
            known = QuestionFile
        case _:
            known = OutcomesFile
    keys = [one.alias or name for name, one in known.model_fields.items()]
    return explain(source, (), error, keys)


def _mistakes(source: Source, outcomes: Outcomes, plan: Plan, webhooks: Collection[str]) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for name, strategy in outcomes.strategies.items():
        way: Way = ("strategies", name)
        for at, queue in enumerate(strategy.queues):
            if queue not in plan.queues:
                message = f"unknown queue `{queue}`: {nearest(queue, plan.queues)}"
                yield source.problem((*way, "queues", at), message)
            elif taken.setdefault(queue, name) != name:
                message = f"`{queue}` is `{taken[queue]}`'s, too: a queue serves one strategy"
                yield source.problem((*way, "queues", at), message)
        if strategy.form is not None and strategy.form not in outcomes.forms:
            message = f"unknown form `{strategy.form}`: {nearest(strategy.form, outcomes.forms)}"
            yield source.problem((*way, "form"), message)
        for code, outcome in strategy.outcomes.items():
            yield from _outcome(source, (*way, "outcomes", code), outcome, plan, webhooks)
    for name, form in outcomes.forms.items():
        yield from _form(source, ("forms", name), form)


def _outcome(
    source: Source, way: Way, outcome: OutcomeFile, plan: Plan, webhooks: Collection[str]
) -> Iterator[Problem]:
    fields = outcome.fields
    for at, action in enumerate(outcome.actions):
        here: Way = (*way, "actions", at)
        if action.webhook is not None and action.webhook not in webhooks:
            message = f"unknown webhook `{action.webhook}`: {nearest(action.webhook, webhooks)}"
            yield source.problem((*here, "webhook"), message)
        if (callback := action.callback) is not None:
            if callback.queue is not None and callback.queue not in plan.queues:
                message = f"unknown queue `{callback.queue}`: {nearest(callback.queue, plan.queues)}"
                yield source.problem((*here, "callback", "queue"), message)
            if callback.at is not None:
                yield from _field(source, (*here, "callback", "at"), fields, callback.at, ("moment",))
        if (message_action := action.message) is not None:
            if message_action.to is not None:
                kinds = ("phone",) if message_action.channel == "sms" else ("email",)
                yield from _field(source, (*here, "message", "to"), fields, message_action.to, kinds)
            for part, texts in (("text", message_action.text), ("subject", message_action.subject)):
                for language, text in texts.items():
                    for name in PLACE.findall(text):
                        if name not in fields:
                            told = f"there is no field `{name}`: {nearest(name, fields)}"
                            yield source.problem((*here, "message", part, language), told)


def _field(
    source: Source, way: Way, fields: Mapping[str, FieldFile], name: str, kinds: Collection[str]
) -> Iterator[Problem]:
    if name not in fields:
        yield source.problem(way, f"there is no field `{name}`: {nearest(name, fields)}")
        return
    found = fields[name]
    if found.type not in kinds:
        yield source.problem(way, f"`{name}` is a {found.type}: name a field of type {' or '.join(kinds)}")


def _form(source: Source, way: Way, form: Sequence[QuestionFile]) -> Iterator[Problem]:
    before: dict[str, QuestionFile] = {}
    for at, question in enumerate(form):
        for name, wanted in question.only_if.items():
            if name not in before:
                message = f"`{name}` is not asked before: {nearest(name, before)}"
                yield source.problem((*way, at, "if", name), message)
                continue
            options = before[name].options
            for value in wanted if isinstance(wanted, list) else [wanted]:
                if options and value not in options:
                    message = f"`{name}` is never `{value}`: {nearest(str(value), options)}"
                    yield source.problem((*way, at, "if", name), message)
        if question.field in before:
            yield source.problem((*way, at, "field"), f"`{question.field}` stands twice: rename one")
        before[question.field] = question
