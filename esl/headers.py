"""Header lines of the event socket, as a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


class Headers(Mapping[str, str]):
    """Header lines in their order. Names keep their spelling and are found in any spelling.

    Of two lines with one name the first counts, as in `switch_event_get_header`.
    """

    __slots__ = ("_folded", "_values")

    def __init__(self, lines: Iterable[tuple[str, str]] | Mapping[str, str] = ()) -> None:
        self._values: dict[str, str] = {}
        self._folded: dict[str, str] | None = None
        for name, value in lines.items() if isinstance(lines, Mapping) else lines:
            self._values.setdefault(name, value)

    def __getitem__(self, name: str) -> str:
        value = self._values.get(name)
        if value is not None:
            return value
        if self._folded is None:
            self._folded = {}
            for spelled, held in self._values.items():
                self._folded.setdefault(spelled.lower(), held)
        return self._folded[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({self._values!r})"
