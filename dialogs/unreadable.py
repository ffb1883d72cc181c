"""Why a text is no YAML, in the words of a designer: the parser's own are for people who write parsers."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

_Where = tuple[int, int]
"""Line and column, from 0."""

_VALUE = re.compile(r"^\s*(?:- +)?(?:[^\s:#{}\[\]\"'][^:#]*: +|- +)")
"""What stands before a value on its line."""
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")


def unreadable(text: str, fault: MarkedYAMLError) -> tuple[_Where, str]:
    """Where the mistake most likely is, and what to do about it."""
    mark = fault.problem_mark or fault.context_mark
    where = (mark.line, mark.column) if mark else (0, 0)
    opened = (fault.context_mark.line, fault.context_mark.column) if fault.context_mark else where
    problem, context = str(fault.problem or ""), str(fault.context or "")
    lines = text.splitlines()
    line = _line(lines, where[0])
    if "\\t" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        found = where, "there is a tab: use spaces"
    elif "quoted scalar" in context and "escape" in problem:
        found = (
            where,
            "`\\` inside double quotes begins a code: write `\\\\` for the sign, or use single quotes",
        )
    elif "quoted scalar" in context:
        found = opened, _NOT_CLOSED
    elif "flow sequence" in context or "flow mapping" in context:
        found = _bracket(lines, where, opened, "]" if "sequence" in context else "}")
    elif (forgotten := _sign_forgotten(lines, opened if "expected ':'" in problem else where)) is not None:
        found = forgotten
    elif "expected ':'" in problem:
        found = (
            opened,
            "a colon is missing here: write `key: value`, or put a text of several lines in quotes",
        )
    else:
        found = _in_a_block(lines, where, problem)
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


_ITEM = re.compile(r"\s*- ")
_KEY = re.compile(r"\s*([A-Za-z_]\w*):(?:\s|$)")


def _dash_forgotten(lines: list[str], where: _Where) -> tuple[_Where, str] | None:
    """A key where an entry of a list begins: at the error itself, or where its list begins."""
    line, column = _line(lines, where[0]), _indent(_line(lines, where[0]))
    key = _KEY.match(line)
    above = [(at, _line(lines, at)) for at in range(where[0] - 1, -1, -1) if _line(lines, at).strip()]
    if key and any(_ITEM.match(one) and _indent(one) == column for _, one in above[:_NEAR]):
        remedy = f"begin it in that of the keys above, or write `- {key.group(1)}: …`"
        return (where[0], column), f"this line begins in the column of the dashes: {remedy}"
    if not _ITEM.match(line):
        return None
    first = None
    for at, one in above:
        if _indent(one) < column:
            break
        first = at
    if first is None or _indent(lines[first]) <= column or not (key := _KEY.match(lines[first])):
        return None
    return (first, _indent(lines[first])), f"a dash is missing here: write `- {key.group(1)}: …`"


_NEAR = 60
"""Lines in which the entry before a forgotten dash is looked for."""


_DASH = re.compile(r"\s*(-)([a-z_]+):")
_NO_SPACE = re.compile(r"\s*(?:- +)?([a-z_]+):[^\s:]")
_NO_COLON = re.compile(r"\s*(?:- +)?([a-z_]+) +[\[{\"']")


def _sign_forgotten(lines: list[str], where: _Where) -> tuple[_Where, str] | None:
    """A space behind a dash or a colon, or the colon itself: what beginners leave out."""
    line = _line(lines, where[0])
    for pattern, message in (
        (_DASH, "a dash needs a space behind it: write `- {}: …`"),
        (_NO_SPACE, "a colon needs a space behind it: write `{}: …`"),
        (_NO_COLON, "a colon is missing: write `{}: …`"),
    ):
        found = pattern.match(line)
        if found:
            name = found.group(found.lastindex or 1)
            return (where[0], found.start(1)), message.format(name)
    return None


def _in_a_block(lines: list[str], where: _Where, problem: str) -> tuple[_Where, str]:
    line = _line(lines, where[0])
    begun = _VALUE.match(line)
    value = line[begun.end() :] if begun else ""
    value_at = where[0], begun.end() if begun else 0
    sign = line[where[1] : where[1] + 1]
    unfinished = "block end" in problem
    opened = _opened_before(lines, where[0]) if line[: where[1]].rstrip()[-1:] in ('"', "'") else None
    if line.startswith("```"):
        found = where, "this belongs to a page that shows the file, and not to the file: remove the line"
    elif unfinished and where[1] == _indent(line) and not value.startswith(("{", "[")):
        found = _dash_forgotten(lines, where) or (where, _beside(lines, where))
    elif unfinished and sign in ("}", "]"):
        found = where, f"this `{sign}` was never opened: remove it"
    elif opened is not None:
        found = opened, _NOT_CLOSED
    elif value[:2] in ("- ", "? ") or value[:1] in ("&", "*"):
        found = value_at, _needs_quotes(value[0])
    elif value[:1] in ("{", "[") and (unfinished or "not allowed" in problem):
        found = where, _needs_quotes(value[0])
    elif value[:1] in ('"', "'") and unfinished:
        found = _quotes(lines, where)
    else:
        message = _plain(line, where[1], value, problem)
        found = (where[0], _indent(line)) if message.startswith("the indentation") else where, message
    return found


_NOT_CLOSED = "the quote that opens here is never closed: add the closing quote"


def _needs_quotes(sign: str) -> str:
    return f"a text that begins with `{sign}` needs quotes: put it in quotes"


def _line(lines: list[str], at: int) -> str:
    return lines[at] if 0 <= at < len(lines) else ""


def _beside(lines: list[str], where: _Where) -> str:
    """A line that begins in the wrong column."""
    line, before = _line(lines, where[0]), next(filter(str.strip, reversed(lines[: where[0]])), "")
    keys_at = _indent(before) + (2 if _ITEM.match(before) else 0)
    if _ITEM.match(line) and keys_at == _indent(line):
        return "a dash begins a new entry, and here are keys of the one before: remove the dash"
    return "the indentation is wrong here: begin this line in the column of those that it belongs with"


def _opened_before(lines: list[str], at: int) -> _Where | None:
    """Where a quote opens in a line above that has no second one."""
    for above in range(at - 1, max(-1, at - 30), -1):
        line = _line(lines, above)
        begun = _VALUE.match(line)
        if begun and line[begun.end() :][:1] in ('"', "'") and not _QUOTED.match(line, begun.end()):
            return above, begun.end()
    return None


def _quotes(lines: list[str], where: _Where) -> tuple[_Where, str]:
    """Something follows a closed quote; where it was not meant to close, an earlier line has an odd one."""
    opened = _opened_before(lines, where[0] + 1)
    if opened is not None:
        return opened, _NOT_CLOSED
    return where, _behind(_line(lines, where[0])[: where[1]])


def _behind(before: str) -> str:
    """Something follows a quote that closes."""
    if before[-1:] == "'" and before[-2:-1].isalpha():
        return "an apostrophe ends a text in single quotes: put the text in double quotes"
    return "something stands behind the closing quote: put all of the text inside the quotes"


def _bracket(lines: list[str], where: _Where, opened: _Where, sign: str) -> tuple[_Where, str]:
    """A list or mapping in brackets: a text with a colon in it, or a bracket that is not closed."""
    line = _line(lines, where[0])
    for at in (opened[0], where[0]):
        if '"' in _QUOTED.sub("", shown := _line(lines, at)):
            return (at, shown.index('"')), "a quote in this line is never closed: add the closing quote"
    if where[0] == opened[0] and line[where[1] : where[1] + 1] == ":":
        return where, "a colon in a text ends it: put the text in quotes"
    before = line[: where[1]]
    if before.endswith('"') or (before.endswith("'") and before[-2:-1].isalpha()):
        return where, _behind(before)
    if where[0] == opened[0]:
        return (
            where,
            f"this does not belong inside the brackets: put the text in quotes, or add `,` or `{sign}`",
        )
    if ": " in line[: where[1] + 2] or line[where[1] : where[1] + 1] == ":" or where[1] == 0:
        return opened, f"the bracket that opens here is not closed before line {where[0] + 1}: add `{sign}`"
    return where, f"this does not follow: add `,` before it, or `{sign}` to close line {opened[0] + 1}"


def _plain(line: str, column: int, value: str, problem: str) -> str:
    if "not allowed" in problem:
        if value and re.search(r":(\s|$)", value) and column >= len(line) - len(value):
            return "a colon in a text ends it: put the text in quotes"
        return "the indentation is wrong here: begin this key in the column of the keys beside it"
    if "cannot start any token" in problem:
        sign = line[column : column + 1]
        return _needs_quotes(sign)
    if "block mapping start" in problem or "'?'" in problem or "block end" in problem:
        return "the indentation is wrong here: begin this line in the column of those that it belongs with"
    return "this line cannot be read: check its quotes, colons and indentation"
