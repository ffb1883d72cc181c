"""The events of a YAML text, as ruamel tells them, in half of its time.

Who reads the shipped flows waits for ruamel's scanner more than for all else. What is done otherwise here:

1. Whether more has to be read is asked once for each token, and not at each question of the parser.
2. Words, spaces and comments are passed in one step, and not letter by letter.

Everything that is rare, or wrong, is left to ruamel's own code: the same events, places and mistakes
(tests/dialogs/test_yaml_events.py compares them).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import StringMark
from ruamel.yaml.events import ScalarEvent
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner
from ruamel.yaml.tokens import ScalarToken

_SPACES = re.compile(" *")
_SPACES_AND_TABS = re.compile("[ \t]*")
_LINE = re.compile("[^\n\0\r\x85\u2028\u2029]*")
_ENDS = " \n\0\t\r\x85\u2028\u2029"
_WORD = f"(?:[^:{_ENDS}]++|:(?![{_ENDS}]))++"
_WORDS = re.compile(f"(?:{_WORD}(?: +(?!#){_WORD})*)?")
"""Of a plain scalar in block style, in one line; a colon before a space ends it."""
_WORD = rf"(?:[^:,\[\]{{}}{_ENDS}]++|:(?![{_ENDS}]))++"
_WORDS_IN_FLOW = re.compile(f"(?:{_WORD}(?: +(?!#){_WORD})*)?")
_QUOTED = re.compile("'[^'\n\0\r\x85\u2028\u2029]*+'(?!')")
_DOUBLE_QUOTED = re.compile('"[^"\\\\\n\0\r\x85\u2028\u2029]*+"')


def events_of(text: str) -> Iterator[Any]:
    """The events. Raises `YAMLError` as `YAML(typ="safe", pure=True).parse` does."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Reader, yaml.Scanner, yaml.Parser = _Reader, _Scanner, _Parser
    events: Iterator[Any] = yaml.parse(text)
    return events


class _Reader(Reader):
    def forward(self, length: int = 1) -> None:
        """What is printable has no line's end in it, and no byte order mark."""
        end = self.pointer + length
        if end + 1 < len(self.buffer) and self.buffer[self.pointer : end].isprintable():
            self.pointer = end
            self.index += length
            self.column += length
        else:
            super().forward(length)

    def get_mark(self) -> Any:
        """Where we are; it is always a text, and no stream."""
        return StringMark(self.name, self.index, self.line, self.column, self.buffer, self.pointer)


class _Parser(Parser):
    scanner: Any = None  # a look-up of two properties in ruamel's

    def __init__(self, loader: Any) -> None:
        self.scanner = loader.scanner
        super().__init__(loader)

    def parse_node(self, block: bool = False, indentless_sequence: bool = False) -> Any:
        """Most nodes are scalars with nothing before them."""
        token = self.scanner.peek_token()
        if type(token) is not ScalarToken:
            return super().parse_node(block, indentless_sequence)
        self.scanner.get_token()
        self.state = self.states.pop()
        implicit = (True, False) if token.plain else (False, True)
        begin, end = token.start_mark, token.end_mark
        return ScalarEvent(None, None, implicit, token.value, begin, end, style=token.style)


class _Scanner(Scanner):
    reader: Any = None  # the same

    def __init__(self, loader: Any) -> None:
        self.reader = loader.reader
        self._resolver = loader.resolver
        self._settled = False
        """Whether the next token is known; only taking it changes that."""
        super().__init__(loader)

    @property
    def scanner_processing_version(self) -> Any:
        """Of YAML: another one may be asked for by the text itself."""
        return self._resolver.processing_version

    def need_more_tokens(self) -> bool:
        """Whether the next token may still turn out to be a key."""
        if self.done or not self.tokens:
            return not self.done
        if not self.possible_simple_keys:
            return False
        self.stale_possible_simple_keys()
        return bool(self.next_possible_simple_key() == self.tokens_taken)

    def _settle(self) -> None:
        while self.need_more_tokens():
            self.fetch_more_tokens()
        self._settled = True

    def check_token(self, *choices: Any) -> bool:
        """Whether the next token is of one of these kinds."""
        if not self._settled:
            self._settle()
        return bool(self.tokens) and (not choices or isinstance(self.tokens[0], choices))

    def peek_token(self) -> Any:
        """The next token, which stays."""
        if not self._settled:
            self._settle()
        return self.tokens[0] if self.tokens else None

    def get_token(self) -> Any:
        """The next token, which is taken."""
        if not self._settled:
            self._settle()
        self._settled = False
        if not self.tokens:
            return None
        self.tokens_taken += 1
        return self.tokens.pop(0)

    def stale_possible_simple_keys(self) -> None:
        """Nearly always there is none, or all are of this line."""
        reader = self.reader
        for key in self.possible_simple_keys.values():
            if key.line != reader.line or reader.index - key.index > 1024:
                return super().stale_possible_simple_keys()
        return None

    def scan_to_next_token(self) -> Any:
        """Passes spaces, comments and line ends."""
        reader = self.reader
        if reader.index == 0 and reader.peek() == "\ufeff":
            reader.forward()
        spaces = _SPACES_AND_TABS if self.flow_context else _SPACES
        while True:
            self._pass(spaces)
            if reader.peek() == "#":
                self._pass(_LINE)
            if not self.scan_line_break():
                return
            if not self.flow_context:
                self.allow_simple_key = True

    def _pass(self, pattern: re.Pattern[str]) -> str:
        """Moves over what the pattern finds here."""
        reader = self.reader
        found = pattern.match(reader.buffer, reader.pointer)
        assert found is not None  # each of them may be empty
        if passed := found.group():
            reader.forward(len(passed))
        return passed

    def scan_plain(self) -> Any:
        """Text without quotes, over as many lines as it has."""
        reader, in_flow = self.reader, bool(self.flow_context)
        if in_flow and self.scanner_processing_version == (1, 1):
            return super().scan_plain()  # where a question mark ends it
        words, indent = _WORDS_IN_FLOW if in_flow else _WORDS, self.indent + 1
        begin = end = reader.get_mark()
        chunks: list[str] = []
        spaces: list[str] | None = []
        while reader.peek() != "#":
            passed = self._pass(words)
            if not passed:
                break
            self.allow_simple_key = False
            chunks += [*(spaces or ()), passed]
            end = reader.get_mark()
            spaces = self.scan_plain_spaces(indent, begin)
            if not spaces or (not in_flow and reader.column < indent):
                break
        return ScalarToken("".join(chunks), True, begin, end)

    def scan_flow_scalar(self, style: Any) -> Any:
        """Text in quotes; what has several lines, or something doubled or escaped, is left to ruamel."""
        reader = self.reader
        found = (_DOUBLE_QUOTED if style == '"' else _QUOTED).match(reader.buffer, reader.pointer)
        if found is None:
            return super().scan_flow_scalar(style)
        begin = reader.get_mark()
        reader.forward(len(found.group()))
        return ScalarToken(found.group()[1:-1], False, begin, reader.get_mark(), style)
