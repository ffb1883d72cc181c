"""One try of a declared write, over HTTP or in SQL: done, declined, not yet, or nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

import structlog

from dialogs.catalogue import ValueType
from ivr.back_ends.answers import in_json, read_fields
from ivr.back_ends.declared import DeclaredWrite, HttpWrite, SqlWrite
from ivr.back_ends.errors import NotAsAgreed, RowRefused, ValueUnfit
from ivr.back_ends.http import Answer
from ivr.back_ends.queries import bound_names
from ivr.back_ends.reading import IDEMPOTENCY_KEY
from ivr.back_ends.systems import Connected
from ivr.back_ends.templates import fill_body, fill_path
from ivr.back_ends.values import typed
from ivr.outbox import Arrived, Declined, Ending, NotYet, Unknown
from ivr.outside.documents import ABSENT, at_pointer
from ivr.outside.faults import AnswerUnusable, NotAnswered, NotReached

log = structlog.get_logger(__name__)

OTHER = "other"
"""A refusal whose reason the file does not list."""
_BUSY = frozenset({408, 425, 429, 503})
"""Statuses that say that nothing was done, and that it may be another time."""
_CLOSED = frozenset({401, 403, 404, 405, 407})
"""Statuses that an operator can mend (a key, an address) unless the file says that they refuse."""
LONGEST_VALUE = 2000


@dataclass(frozen=True)
class Order:
    """What is to be done once."""

    values: Mapping[str, str]
    key: str


def given_of(types: Mapping[str, ValueType], values: Mapping[str, str]) -> dict[str, str | int | bool]:
    """The values in their types. Raises `ValueUnfit` for what is none of the type, or not all there."""
    if set(values) != set(types):
        raise ValueUnfit(f"it needs {', '.join(sorted(types))}")
    given: dict[str, str | int | bool] = {}
    for name, kind in types.items():
        raw: str | int | bool = values[name]
        if len(values[name]) > LONGEST_VALUE or "\0" in values[name]:
            raise ValueUnfit(f"`{name}` is too long, or no text")
        if kind == "number" and values[name].removeprefix("-").isdecimal():
            raw = int(values[name])
        elif kind == "boolean":
            raw = {"true": True, "false": False}.get(values[name].lower(), values[name])
        if kind != "text":
            try:
                typed(kind, raw, UTC)
            except NotAsAgreed:
                raise ValueUnfit(f"`{name}` is no {kind}") from None
        given[name] = raw
    return given


def may_repeat(declared: DeclaredWrite) -> bool:
    """Whether it may be sent again where nobody knows whether it was done."""
    if isinstance(declared, HttpWrite):
        return declared.may_repeat
    return declared.repeatable or IDEMPOTENCY_KEY in bound_names(declared.statement)


def carry_declared(declared: DeclaredWrite, system: Connected, order: Order, zone: tzinfo) -> Ending:
    """Raises nothing."""
    try:
        given = given_of(declared.values, order.values)
        if isinstance(declared, HttpWrite):
            return _over_http(declared, system, given, order.key, zone)
        return _over_sql(declared, system, given, order.key)
    except ValueUnfit as unfit:
        log.error("write_unfit", system=system.name, reason=str(unfit))
        return Declined(OTHER)


def _over_http(
    declared: HttpWrite, system: Connected, given: Mapping[str, str | int | bool], key: str, zone: tzinfo
) -> Ending:
    method, path = declared.request
    filled = fill_path(path, given)
    body = None if declared.send is None else fill_body(declared.send, given)
    deadline = declared.deadline or system.declared.deadline
    try:
        with system.asked():
            assert system.http is not None
            answer = system.http.send(
                method, filled, body=body, headers={declared.key: key}, deadline=deadline
            )
            if answer.status >= 500 and answer.status not in _BUSY and answer.status not in declared.refused:
                raise NotAnswered(f"answers with the status {answer.status}")
    except NotReached as fault:
        return NotYet(f"{system.name}: {fault}")
    except (NotAnswered, AnswerUnusable) as fault:
        told = f"{system.name}: {fault}"
        return NotYet(told) if may_repeat(declared) else Unknown(told)
    return _ending(declared, system.name, answer, zone)


def _ending(declared: HttpWrite, system: str, answer: Answer, zone: tzinfo) -> Ending:
    if answer.status in declared.refused:
        return Declined(declared.refused[answer.status])
    if answer.status in declared.done:
        try:
            fields = read_fields(declared.fields, in_json(answer.document), zone, prefix="/")
        except NotAsAgreed as fault:
            # It is done, and must not be done again because of how that was told.
            log.error("write_answer_unusable", system=system, reason=str(fault))
            fields = {}
        return Arrived(fields)
    if declared.reason is not None and 400 <= answer.status < 500:
        said = at_pointer(answer.document, declared.reason.at)
        if said is not ABSENT and str(said) in declared.reason.codes:
            return Declined(declared.reason.codes[str(said)])
    if answer.status in _BUSY or answer.status in _CLOSED:
        return NotYet(f"{system}: answers with the status {answer.status}", answer.wait)
    if 400 <= answer.status < 500:
        log.warning("write_declined", system=system, status=answer.status)
        return Declined(OTHER)
    return Unknown(f"{system}: answers with the status {answer.status}")


def _over_sql(
    declared: SqlWrite, system: Connected, given: Mapping[str, str | int | bool], key: str
) -> Ending:
    keyed = IDEMPOTENCY_KEY in bound_names(declared.statement)
    values = {**given, IDEMPOTENCY_KEY: key} if keyed else given
    try:
        with system.asked():
            assert system.sql is not None
            deadline = declared.deadline or system.declared.deadline
            changed = system.sql.change(declared.statement, values, deadline=deadline)
    except RowRefused:
        return Declined(OTHER)
    except (NotReached, NotAsAgreed) as fault:
        return NotYet(f"{system.name}: {fault}")
    except (NotAnswered, AnswerUnusable) as fault:
        told = f"{system.name}: {fault}"
        return NotYet(told) if may_repeat(declared) else Unknown(told)
    return Arrived() if changed else Declined(declared.nothing)
