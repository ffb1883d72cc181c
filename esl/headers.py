"""Header lines of the event socket, as mappings that decode only what is asked for.

An event has some 160 lines, of which a call looks at five: cutting all of them apart, or even decoding
their values, was half of the application's time per call. So a block stays as it came until somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar, overload
from urllib.parse import unquote

_T = TypeVar("_T")
_UNDEFINED = "_undef_"  # how switch_event_serialize writes an empty value


class Headers(Mapping[str, str]):
    """Header lines in their order. Names keep their spelling and are found in any spelling.

    Of two lines with one name the first counts, as in `switch_event_get_header`. `encoded` tells that
    the values are as the switch wrote them: URL-encoded, and `_undef_` where they are empty.
    """

    __slots__ = ("_block", "_encoded", "_folded", "_found", "_lines", "_lowered")

    def __init__(
        self, lines: Iterable[tuple[str, str]] | Mapping[str, str] = (), *, encoded: bool = False
    ) -> None:
        self._lines: dict[str, str] | None = {}
        self._folded: dict[str, str] | None = None
        self._encoded = encoded
        self._block = self._lowered = ""
        self._found: dict[str, str] = {}
        if type(lines) is dict:  # the usual case, and the quick one
            self._lines.update(lines)
            return
        for name, value in lines.items() if isinstance(lines, Mapping) else lines:
            self._lines.setdefault(name, value)

    @classmethod
    def of_block(cls, block: str) -> Headers:
        """Encoded header lines as they arrived, cut apart only where somebody asks. (Whether each has a name
        and a colon is for `esl.wire` to see.)"""
        headers = cls.__new__(cls)
        headers._block = "\n" + block if block else ""
        headers._lowered = ""
        headers._lines = headers._folded = None
        headers._found = {}
        headers._encoded = True
        return headers

    def _raw(self, name: str) -> str | None:
        """The first value of that name, in this spelling, else in any; None if there is no such line."""
        if self._lines is not None:
            value = self._lines.get(name)
            return self._in_any_spelling(name) if value is None else value
        at = self._block.find(f"\n{name}:")
        if at < 0:
            if not self._lowered:
                self._lowered = self._block.lower()
                if len(self._lowered) != len(self._block):  # a letter that is two in lower case
                    self._all()
                    return self._raw(name)
            at = self._lowered.find(f"\n{name.lower()}:")
            if at < 0:
                return None
        start = at + len(name) + 2
        end = self._block.find("\n", start)
        return _value_of(self._block[start : end if end >= 0 else None])

    def _in_any_spelling(self, name: str) -> str | None:
        if self._folded is None:
            self._folded = {}
            for spelled, held in self._all().items():
                self._folded.setdefault(spelled.lower(), held)
        return self._folded.get(name.lower())

    def _all(self) -> dict[str, str]:
        """Every line, cut apart."""
        if self._lines is None:
            self._lines = {}
            for line in self._block[1:].split("\n") if self._block else ():
                name, _, value = line.partition(":")
                self._lines.setdefault(name, _value_of(value))
        return self._lines

    def __getitem__(self, name: str) -> str:
        value = self._found.get(name)
        if value is None:
            raw = self._raw(name)
            if raw is None:
                raise KeyError(name)
            value = self._found[name] = self._decoded(raw)
        return value

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | _T) -> str | _T: ...
    def get(self, name: str, /, default: object = None) -> object:
        """As a mapping's, without its detour through an exception: most of what is asked for is not there."""
        value = self._found.get(name)
        if value is not None:
            return value
        raw = self._raw(name)
        if raw is None:
            return default
        value = self._found[name] = self._decoded(raw)
        return value

    def _decoded(self, raw: str) -> str:
        if not self._encoded:
            return raw
        if raw == _UNDEFINED:
            return ""
        return unquote(raw) if "%" in raw else raw

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._found or self._raw(name) is not None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


def _value_of(text: str) -> str:
    """What stands behind the colon, without the one blank that belongs to it."""
    return text[1:] if text.startswith(" ") else text


class Variables(Mapping[str, str]):
    """A channel's variables: the headers that begin with `variable_`, without it."""

    __slots__ = ("_headers",)
    _START = "variable_"

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        try:
            return self._headers[self._START + name]
        except KeyError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        start = len(self._START)
        return (name[start:] for name in self._headers if name.startswith(self._START))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Variables({dict(self)!r})"
