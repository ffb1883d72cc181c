"""Header lines of the event socket, as mappings that decode only what is asked for.

An event has some 160 lines, of which a call looks at five: decoding all of them was half of the
application's time per call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

_UNDEFINED = "_undef_"  # how switch_event_serialize writes an empty value


class Headers(Mapping[str, str]):
    """Header lines in their order. Names keep their spelling and are found in any spelling.

    Of two lines with one name the first counts, as in `switch_event_get_header`. `encoded` tells that
    the values are as the switch wrote them: URL-encoded, and `_undef_` where they are empty.
    """

    __slots__ = ("_encoded", "_folded", "_values")

    def __init__(
        self, lines: Iterable[tuple[str, str]] | Mapping[str, str] = (), *, encoded: bool = False
    ) -> None:
        self._values: dict[str, str] = {}
        self._folded: dict[str, str] | None = None
        self._encoded = encoded
        for name, value in lines.items() if isinstance(lines, Mapping) else lines:
            self._values.setdefault(name, value)

    def __getitem__(self, name: str) -> str:
        value = self._values.get(name)
        if value is None:
            if self._folded is None:
                self._folded = {}
                for spelled, held in self._values.items():
                    self._folded.setdefault(spelled.lower(), held)
            value = self._folded[name.lower()]
        if not self._encoded:
            return value
        if value == _UNDEFINED:
            return ""
        return unquote(value) if "%" in value else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


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
