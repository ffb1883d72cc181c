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
        found = opened, "the quote that opens here is never closed: add the closing quote"
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
    if value[:1] in ("{", "[") and ("block end" in problem or "not allowed" in problem):
        return where, f"a text that begins with `{value[0]}` needs quotes: put it in quotes"
    if value[:1] in ('"', "'") and "block end" in problem:
        return _quotes(lines, where)
    message = _plain(line, where[1], value, problem)
    if message.startswith("the indentation"):
        where = where[0], len(line) - len(line.lstrip())
    return where, message


def _line(lines: list[str], at: int) -> str:
    return lines[at] if 0 <= at < len(lines) else ""


def _quotes(lines: list[str], where: _Where) -> tuple[_Where, str]:
    """Something follows a closed quote; where it was not meant to close, an earlier line has an odd one."""
    for at in range(where[0], max(-1, where[0] - 30), -1):
        line = _line(lines, at)
        begun = _VALUE.match(line)
        if begun and line[begun.end() :][:1] in ('"', "'") and not _QUOTED.match(line, begun.end()):
            return (at, begun.end()), "the quote that opens here is never closed: add the closing quote"
    line, column = _line(lines, where[0]), where[1]
    if line[column - 1 : column] == "'" and line[column - 2 : column - 1].isalpha():
        return where, "an apostrophe ends a text in single quotes: put the text in double quotes"
    return where, "something stands behind the closing quote: put all of the text inside the quotes"


def _bracket(lines: list[str], where: _Where, opened: _Where, sign: str) -> tuple[_Where, str]:
    """A list or mapping in brackets: a text with a colon in it, or a bracket that is not closed."""
    line = _line(lines, where[0])
    for at in (opened[0], where[0]):
        if '"' in _QUOTED.sub("", shown := _line(lines, at)):
            return (at, shown.index('"')), "a quote in this line is never closed: add the closing quote"
    if where[0] == opened[0] and line[where[1] : where[1] + 1] == ":":
        return where, "a colon in a text ends it: put the text in quotes"
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
        return f"a text that begins with `{sign}` needs quotes: put it in quotes"
    if "block mapping start" in problem or "'?'" in problem or "block end" in problem:
        return "the indentation is wrong here: begin this line in the column of those that it belongs with"
    return "this line cannot be read: check its quotes, colons and indentation"
