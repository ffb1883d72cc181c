"""Whatever a caller says: the shape of a request is the operator's, and the value arrives as it was said."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from ivr.back_ends.errors import ValueUnfit
from ivr.back_ends.queries import for_psycopg, parse_query
from ivr.back_ends.templates import fill_body, fill_path, parse_body, parse_path

ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
PATH = parse_path("/a/{x}/b-{y}?q={x}&fixed=1")
BODY = parse_body({"x": "{x}", "both": "{x} and {y}", "list": ["{y}", 1, True], "deep": {"y": "{y}"}})
QUERY = parse_query("SELECT :x AS x, :y || '' AS y, '12:30 100% {brace}' AS fixed WHERE 1 = 1")


@given(ANYTHING, ANYTHING)
def test_a_path_keeps_its_shape(x: str, y: str) -> None:
    """As many segments and parameters as were declared; each value arrives as it was said, or is refused."""
    try:
        filled = fill_path(PATH, {"x": x, "y": y})
    except ValueUnfit:
        assert not x or not y or x in (".", "..")
        return
    assert filled.isascii()
    parts = urlsplit(f"http://crm.example.com{filled}")
    segments = parts.path.split("/")
    assert (len(segments), segments[1]) == (4, "a")
    assert (unquote(segments[2]), unquote(segments[3])) == (x, f"b-{y}")
    assert parts.hostname == "crm.example.com"
    assert parse_qs(parts.query, keep_blank_values=True, strict_parsing=True) == {"q": [x], "fixed": ["1"]}
    assert not parts.fragment


@given(ANYTHING, ANYTHING)
def test_a_body_keeps_its_shape(x: str, y: str) -> None:
    """Read back, it is what was declared; braces in a value are not looked at."""
    sent = json.loads(json.dumps(fill_body(BODY, {"x": x, "y": y})))
    assert sent == {"x": x, "both": f"{x} and {y}", "list": [y, 1, True], "deep": {"y": y}}


@given(ANYTHING, ANYTHING)
def test_a_query_keeps_its_shape(x: str, y: str) -> None:
    """One row with the two values as they were said (SQLite ends a text at a NUL, which no value holds)."""
    x, y = x.replace("\0", ""), y.replace("\0", "")
    with closing(sqlite3.connect(":memory:")) as connection:
        row = connection.execute(QUERY, {"x": x, "y": y}).fetchone()
    assert row == (x, y, "12:30 100% {brace}")
    assert for_psycopg(QUERY).count("%(x)s") == 1


@given(st.text(alphabet=st.sampled_from("SELECT;:'\"-/*${}%()[]nx\\ \n,ODEFRMdelt"), max_size=60))
def test_what_is_read_as_a_query_never_writes(rest: str) -> None:
    """Whatever passes the reader leaves a database as it was, also without the read-only session."""
    try:
        query = parse_query(f"SELECT 1 {rest}")
    except ValueError:
        return
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (n)")
        before = connection.total_changes
        with suppress(sqlite3.Error):
            connection.execute(query, {"n": 1, "x": 1}).fetchall()
        assert connection.total_changes == before
