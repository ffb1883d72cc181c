"""Declared SQL, read before it ever runs: one statement, bound values only, and no write where none may be.

This is the first of two fences. The second is the database: a session for look-ups is read-only (`sql.py`),
so that what passes here and still writes, such as a function with a side effect, fails there.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])
    | (?P<dollar>\$[A-Za-z_]*\$)
    | (?P<cast>::)
    | (?P<bound>:[A-Za-z_][A-Za-z0-9_]*)
    | (?P<word>[^\W\d]\w*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_CHANGING = frozenset(
    {"insert", "update", "delete", "merge", "replace", "create", "alter", "drop", "truncate", "grant"}
    | {"revoke", "copy", "call", "do", "set", "reset", "vacuum", "attach", "detach", "pragma", "into", "lock"}
    | {"listen", "notify", "execute", "prepare", "begin", "commit", "rollback", "savepoint", "reindex"}
    | {"analyze", "explain", "import", "load"}
)
LONGEST = 8_000


def parse_query(text: str) -> str:
    """A query that only reads. Raises `ValueError` with what is wrong and what to do."""
    words = _read(text)
    if not words or words[0] not in ("select", "with"):
        raise ValueError("a look-up only reads: begin with SELECT (or WITH)")
    changing = sorted(set(words) & _CHANGING)
    if changing:
        remedy = 'take it out, or quote it if it is a column: "update"'
        raise ValueError(f"a look-up only reads, and `{changing[0].upper()}` changes something: {remedy}")
    return text.strip()


def parse_statement(text: str) -> str:
    """A statement that changes rows. Raises `ValueError`."""
    words = _read(text)
    if not words or words[0] not in ("insert", "update", "delete"):
        raise ValueError("a write is one INSERT, UPDATE or DELETE")
    if words[0] != "insert" and "where" not in words:
        raise ValueError(f"{words[0].upper()} without WHERE changes every row: say which")
    return text.strip()


def bound_names(text: str) -> frozenset[str]:
    """The bound values (`:order_id`) of a query that has been read."""
    return frozenset(found.group()[1:] for found in _TOKEN.finditer(text) if found.lastgroup == "bound")


def _read(text: str) -> list[str]:
    """The words in lower case, without what is quoted. Raises `ValueError`."""
    if len(text) > LONGEST:
        raise ValueError(f"more than {LONGEST} characters: make a view of it")
    words: list[str] = []
    end_seen = False
    for found in _TOKEN.finditer(text):
        kind, sign = found.lastgroup, found.group()
        if kind == "comment" or sign.isspace():
            continue
        if end_seen:
            raise ValueError("one statement, please: nothing may follow `;`")
        if kind == "text" and "\\" in sign:
            raise ValueError(
                "a backslash in a text reads differently from database to database: bind the text"
            )
        if kind == "text" and re.search(r"(?<!:):[a-z_]\w*\b", sign):
            raise ValueError(f"a bound value has no quotes around it: write {sign.strip(chr(39))}")
        if kind == "dollar" or sign in "{}%$?@\\" or sign in ("'", '"', "`"):
            raise ValueError(f"`{sign}` must not stand in a query: a value is bound, as in `:order_id`")
        if kind == "word":
            words.append(sign.lower())
        end_seen = sign == ";"
    return words


def for_psycopg(text: str) -> str:
    """The same query with places as psycopg writes them. What is quoted stays as it is."""
    return "".join(
        f"%({found.group()[1:]})s" if found.lastgroup == "bound" else found.group().replace("%", "%%")
        for found in _TOKEN.finditer(text)
    )
