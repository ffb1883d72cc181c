"""What back ends are given: of the type that is wanted, and the value itself."""

from __future__ import annotations

import pytest

from dialogs.catalogue import Catalogue, LookupSchema, WriteSchema
from dialogs.loader import assemble
from dialogs.source import parse

CATALOGUE = Catalogue(
    queues=frozenset({"billing"}),
    lookups={"shop": LookupSchema(("postcode",), {"name": "text"})},
    writes={"move": WriteSchema({"order_id": "digits", "day": "date", "fee": "money", "note": "text"})},
)
FLOW = """flow: main
languages: [es]
person: person
steps:
  - {ask: order, type: digits, length: 6, prompt: {es: "¿Qué pedido?"}}
  - {ask: day, type: date, prompt: {es: "¿Qué día?"}}
  - {ask: fee, type: amount, prompt: {es: "¿Cuánto?"}}
  - {ask: zip, type: postcode, prompt: {es: "¿Código postal?"}}
  - {lookup: shop, by: {postcode: "POSTCODE"}, found: move, missing: person, slow: person, error: person}
  - write: move
    with: {order_id: "ORDER", day: "DAY", fee: "FEE", note: "NOTE"}
    done: bye
    refused: person
    later: bye
    error: person
  - {id: bye, hangup: normal}
  - {id: person, queue: billing, busy: {offer: callback, declined: bye}}
"""
RIGHT = {"POSTCODE": "{zip}", "ORDER": "{order}", "DAY": "{day}", "FEE": "{fee}", "NOTE": "{day}, {zip}"}


def problems(**changes: str) -> list[tuple[int, str]]:
    text = FLOW
    for name, value in {**RIGHT, **changes}.items():
        text = text.replace(f'"{name}"', f'"{value}"')
    _, found = assemble([parse(text, "main.flow.yaml")], CATALOGUE)
    return [(one.line, one.message) for one in found]


def test_the_right_values_are_no_problem() -> None:
    """Each of its type; a text may hold anything; a day may be written out."""
    assert problems() == []
    assert problems(DAY="2026-12-11") == []


@pytest.mark.parametrize(
    ("changes", "line", "words"),
    [
        ({"ORDER": "{day}"}, 11, "`order_id` takes digits, and `day` is a day: name another value, such as"),
        ({"DAY": "{zip}"}, 11, "`day` takes a day, and `zip` is digits: name another value, such as `{day}`"),
        ({"FEE": "{day}"}, 11, "`fee` takes an amount, and `day` is a day"),
        ({"FEE": "{fee:money}"}, 11, "`{fee:money}` is for the ear, and a back end takes the value itself"),
        ({"NOTE": "bis {day:date}"}, 11, "write `{day}`"),
        ({"POSTCODE": "{day}"}, 9, "`postcode` takes digits or letters, and `day` is a day"),
        ({"DAY": "2026-13-27"}, 11, "is a day that no calendar has"),
    ],
)
def test_what_can_never_be_right_is_told(changes: dict[str, str], line: int, words: str) -> None:
    """Once, in its line, with the value that was most likely meant."""
    (found,) = problems(**changes)
    assert found[0] == line
    assert words in found[1]
