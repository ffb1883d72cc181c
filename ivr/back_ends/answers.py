"""What came back, as a flow is told it: found with typed fields, or missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

from dialogs.results import Found, Missing
from ivr.back_ends.declared import Absence, FieldOf
from ivr.back_ends.errors import NotAsAgreed
from ivr.back_ends.http import Answer
from ivr.back_ends.values import Scalar, currency_of, money_of, translated, typed
from ivr.outside.documents import ABSENT, at_pointer

Get = Callable[[str], Any]
"""What stands at a place of the answer, or `ABSENT`."""


def in_json(document: Any) -> Get:
    """Places are JSON pointers."""
    return lambda place: at_pointer(document, place)


def in_row(row: Mapping[str, Any]) -> Get:
    """Places are columns."""
    return lambda place: row.get(place, ABSENT)


def read_fields(
    fields: Mapping[str, FieldOf], get: Get, zone: tzinfo, *, prefix: str = ""
) -> dict[str, Scalar]:
    """Every field, typed. `prefix` leads to a field that names no place. Raises `NotAsAgreed`."""
    record: dict[str, Scalar] = {}
    for name, one in fields.items():
        raw = get(prefix + name if one.at is None else one.at)
        if raw is None or raw is ABSENT or _means_none(raw, one.none):
            if not one.optional:
                raise NotAsAgreed(f"`{name}` is not in it: add `optional: true` if that may be")
            record[name] = None
            if one.type == "money":
                record[f"{name}_currency"] = None
            continue
        try:
            if one.type == "money":
                assert one.currency is not None
                fixed = len(one.currency) == 3 and one.currency.isupper()
                currency = one.currency if fixed else currency_of(get(one.currency))
                record[name] = money_of(raw, currency, minor=one.written == "minor")
                record[f"{name}_currency"] = currency
            elif one.codes:
                record[name] = translated(raw, one.codes)
            else:
                record[name] = typed(one.type, raw, zone)
        except NotAsAgreed as fault:
            raise NotAsAgreed(f"`{name}` {fault}") from None
    return record


def insist_on_same(same: Mapping[str, str], by: Mapping[str, str], get: Get) -> None:
    """The answer is about what was asked for. Raises `NotAsAgreed`, and repeats neither."""
    for name, place in same.items():
        raw = get(place)
        if not _is_same(by[name].strip(), raw):
            why = (
                "does not say" if raw is None or raw is ABSENT else "is about another one than was asked for:"
            )
            raise NotAsAgreed(f"{why} `{name}`")


def _is_same(asked: str, raw: Any) -> bool:
    """Capitals, and the zeros in front that a number has lost, make no difference; a float or a truth is no
    key of anybody's."""
    if type(raw) is int:
        return asked.isascii() and asked.isdigit() and int(asked) == raw
    return isinstance(raw, str) and raw.strip().casefold() == asked.casefold()


def _means_none(raw: Any, forms: Sequence[str]) -> bool:
    return (raw.isoformat() if isinstance(raw, date) else str(raw)) in forms


def is_missing(absence: Absence, answer: Answer) -> bool:
    """Whether the answer says that there is no such thing."""
    if answer.status in absence.status:
        return True
    if answer.status >= 300:
        return False
    if absence.empty is not None:
        there = at_pointer(answer.document, absence.empty)
        if there is ABSENT or there is None or there in ([], {}):
            return True
    return any(
        type(there) is type(value) and there == value
        for place, values in absence.when.items()
        for there in (at_pointer(answer.document, place),)
        for value in values
    )


def found_in(
    fields: Mapping[str, FieldOf], absence: Absence, answer: Answer, zone: tzinfo
) -> Found | Missing:
    """Raises `NotAsAgreed`."""
    if is_missing(absence, answer):
        return Missing()
    if answer.status >= 300:
        raise NotAsAgreed(f"is the status {answer.status}")
    if answer.document is None:
        raise NotAsAgreed("is empty")
    return Found(read_fields(fields, in_json(answer.document), zone, prefix="/"))
