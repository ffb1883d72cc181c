"""`back_ends.yaml`: every mistake in one run, at its line, with what to do; and the catalogue beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dialogs.catalogue import Catalogue, LookupSchema, WriteSchema
from dialogs.errors import FlowsInvalid
from dialogs.source import parse
from ivr.back_ends import declared_in, live_schemas
from ivr.back_ends.agreement import LiveSchemas, differing
from ivr.back_ends.declared import HttpLookup, HttpSystem, HttpWrite, SqlLookup, SqlSystem, SqlWrite

GOOD = """systems:
  crm:
    url: https://crm.example.com/api
    auth: {bearer: {env: CRM_TOKEN}}
    networks: [10.0.0.0/8]
  warehouse:
    database: {file: /run/secrets/warehouse}
    writes: true
lookups:
  loyalty:
    system: crm
    get: /customers/{number}
    by: [number]
    fields: {tier: code, worth: {type: money, currency: EUR, written: minor}}
  stock:
    system: warehouse
    query: SELECT state FROM parcels WHERE number = :number
    by: [number]
    fields: {state: code}
writes:
  delivery_day:
    system: crm
    put: /orders/{order_id}/day
    send: {day: "{day}"}
    values: {order_id: code, day: date}
    refused: {409: too_late}
    reason: {at: /code, codes: {GONE: no_such}}
  hold:
    system: warehouse
    statement: UPDATE parcels SET held = 1 WHERE number = :number AND key <> :idempotency_key
    values: {number: code}
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "back_ends.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        declared_in(file)
    except FlowsInvalid as fault:
        return [f"{one.line}: {one.message}" for one in fault.problems]
    return []


def test_a_good_file_and_its_schemas(tmp_path: Path) -> None:
    """No secret is needed to check it; money brings its currency, refusals their codes."""
    assert problems(tmp_path, GOOD) == []
    live = live_schemas(tmp_path / "back_ends.yaml")
    assert live.lookups["loyalty"] == LookupSchema(
        ("number",), {"tier": "code", "worth": "money", "worth_currency": "text"}
    )
    assert "account" in live.lookups
    assert live.writes["delivery_day"] == WriteSchema(
        {"order_id": "code", "day": "date"}, frozenset({"too_late", "no_such"}), {}
    )


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("systems:", "system:", 1, "did you mean `systems`?"),
        ("https://crm", "http://crm", 2, "write https, or add `plain: true`"),
        ("https://crm.example.com/api", "crm.example.com", 3, "https://crm.example.com/api"),
        ("https://crm", "https://me:pw@crm", 3, "neither a user"),
        ("{bearer: {env: CRM_TOKEN}}", "{bearer: abc}", 4, "never literally"),
        ("{bearer: {env: CRM_TOKEN}}", "{beaver: {env: X}}", 4, "did you mean `bearer`?"),
        ("{bearer: {env: CRM_TOKEN}}", "{}", 4, "one of bearer, basic and header"),
        ("[10.0.0.0/8]", "[10.0.0.0/99]", 5, "10.20.0.0/16"),
        ("    writes: true", "    writes: maybe", 8, "true or false"),
        ("system: crm\n    get", "system: cmr\n    get", 11, "did you mean `crm`?"),
        ("get: /customers/{number}", "get: /customers/{nummer}", 12, "did you mean `number`?"),
        ("get: /customers/{number}", "get: customers/{number}", 12, "begins with one `/`"),
        ("get: /customers/{number}", "get: //evil.example/{number}", 12, "begins with one `/`"),
        ("get: /customers/{number}", "get: /a/../{number}", 12, "never up"),
        ("get: /customers/{number}", "get: /customers/{number", 12, "close it"),
        ("get: /customers/{number}", "get: /customers/{number.__class__}", 12, "a name in lower case"),
        ("by: [number]\n    fields: {tier", "by: [number, dni]\n    fields: {tier", 13, "never sent"),
        ("tier: code", "tier: cod", 14, "did you mean `code`?"),
        ("currency: EUR", "currency: EURO", 14, "begins with `/`"),
        ("currency: EUR", "currency: XQX", 14, "no currency is called XQX"),
        ("currency: EUR, ", "", 14, "money needs `currency`"),
        (" :number\n", " ':number'\n", 17, "no quotes around it"),
        (" :number\n", " {number}\n", 17, "must not stand in a query"),
        (" :number\n", " :nummer\n", 17, "did you mean `number`?"),
        ("SELECT state FROM parcels", "DELETE FROM parcels", 17, "a look-up only reads"),
        ("    put: /orders", "    pat: /orders", 23, "did you mean `patch`?"),
        ('{day: "{day}"}', '{day: "{jour}"}', 24, "nothing is given as `jour`"),
        ("day: date}", "day: dote}", 25, "did you mean `date`?"),
        ("{409: too_late}", "{409: Too late}", 26, "a name in lower case"),
        ("{409: too_late}", "{9: too_late}", 26, "at least 200"),
        ("at: /code", "at: code", 27, "a JSON pointer"),
        ("UPDATE parcels SET held = 1 WHERE", "UPDATE parcels SET held = 1 --", 30, "which"),
        ("    writes: true\n", "", 28, "add `writes: true`"),
        ("  stock:", "  Stock:", 15, "lower case"),
        ("query: SELECT state", "get: /x/{number}\n    # SELECT", 16, "asked over SQL"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_stands(
    tmp_path: Path, before: str, after: str, line: int, told: str
) -> None:
    """One line each, with the remedy."""
    assert before in GOOD
    found = problems(tmp_path, GOOD.replace(before, after, 1))
    assert any(one.startswith(f"{line}: ") and told in one for one in found), found


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """Nobody mends a file one run at a time."""
    text = GOOD.replace("tier: code", "tier: cod").replace("day: date", "day: dote").replace("put:", "putt:")
    assert len(problems(tmp_path, text)) >= 3


@pytest.mark.parametrize(
    "text", ["", "- crm", "systems: crm", "systems: {crm: }", "&a [*a]", "systems: {crm: {url: [1]}}"]
)
def test_what_is_no_such_file(tmp_path: Path, text: str) -> None:
    """Empty, a list, words, an anchor: told, never a traceback."""
    assert problems(tmp_path, text)


LIVE = LiveSchemas(
    {"loyalty": LookupSchema(("number",), {"tier": "code", "points": "number"})},
    {"day": WriteSchema({"order_id": "code", "day": "date"}, frozenset({"too_late"}), {"ref": "code"})},
)


@pytest.mark.parametrize(
    ("catalogue", "way", "told"),
    [
        (Catalogue(lookups={"loyalti": LookupSchema(("number",), {})}), ("lookups", "loyalti"), "`loyalty`"),
        (
            Catalogue(lookups={"loyalty": LookupSchema(("dni",), {})}),
            ("lookups", "loyalty", "by"),
            "`number`",
        ),
        (
            Catalogue(lookups={"loyalty": LookupSchema(("number",), {"point": "number"})}),
            ("lookups", "loyalty", "fields", "point"),
            "`points`",
        ),
        (
            Catalogue(lookups={"loyalty": LookupSchema(("number",), {"points": "text"})}),
            ("lookups", "loyalty", "fields", "points"),
            "write `points: number`",
        ),
        (Catalogue(writes={"dy": WriteSchema({})}), ("writes", "dy"), "nobody does the write"),
        (
            Catalogue(writes={"day": WriteSchema({"order_id": "code"})}),
            ("writes", "day", "values"),
            "add `day: date`",
        ),
        (
            Catalogue(writes={"day": WriteSchema({"order_id": "code", "day": "number"})}),
            ("writes", "day", "values", "day"),
            "write `day: date`",
        ),
        (
            Catalogue(writes={"day": WriteSchema(LIVE.writes["day"].values, frozenset({"late"}))}),
            ("writes", "day", "reasons"),
            "`too_late`",
        ),
        (
            Catalogue(writes={"day": WriteSchema(LIVE.writes["day"].values, fields={"reference": "code"})}),
            ("writes", "day", "fields", "reference"),
            "never gives",
        ),
    ],
)  # fmt: skip
def test_a_catalogue_that_says_otherwise(catalogue: Catalogue, way: tuple[str, ...], told: str) -> None:
    """Each difference at its key."""
    ((where, what),) = differing(catalogue, LIVE)
    assert where == way
    assert told in what


def test_a_catalogue_may_say_less(tmp_path: Path) -> None:
    """Fewer fields and reasons, and text called by another type of text."""
    catalogue = Catalogue(
        lookups={"loyalty": LookupSchema(("number",), {"tier": "text"})},
        writes={"day": WriteSchema({"order_id": "digits", "day": "date"})},
    )
    assert list(differing(catalogue, LIVE)) == []


def test_the_examples_of_the_documentation_are_read(tmp_path: Path) -> None:
    """docs/back-ends.md: what stands there can be copied, and is all that can be written."""
    text = (Path(__file__).parents[2] / "docs" / "back-ends.md").read_text(encoding="utf-8")
    whole: dict[str, dict[str, dict[str, object]]] = {}
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        for section, entries in parse(block, "docs").content.items():
            whole.setdefault(section, {}).update(entries)
    whole["systems"]["warehouse"]["writes"] = True  # as the text beside the write says
    file = tmp_path / "back_ends.yaml"
    file.write_text(json.dumps(whole))
    declared = declared_in(file)
    assert set(declared.writes) == {"delivery_day", "hold", "call_outcome"}
    for model in (HttpSystem, HttpLookup, HttpWrite, SqlLookup, SqlWrite, SqlSystem):
        for key in model.model_fields:
            assert re.search(rf"\b{key}\b", text), key
