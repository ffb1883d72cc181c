"""Which row of the studio's list a file's name means.

People rename files: capitals, the letters of a Mac (NFD), folders or dots between the parts. A run of words
in one breath ("es/values/cuarenta-y-dos") is no row of the list, and welcome where each of its words is one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath

from ivr.studio.wanted import Wanted
from speech.joining import LONGEST_RUN, VALUES
from speech.studio_files import STUDIO_ENDINGS

_PAPERS = frozenset(
    {".txt", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".csv", ".xlsx", ".md", ".json", ".xml"}
)
"""What a studio lays beside its takes, by their names: nobody takes it for a recording."""


class Names:
    """The names of a list."""

    def __init__(self, rows: Sequence[Wanted]) -> None:
        self._rows = {_plain(name): row for row in rows for name in row.names}

    def row_of(self, source: str) -> Wanted | None:
        """The row that a file means, by its path below the studio's folder."""
        for name in _readings_of(source):
            row = self._rows.get(name) or self._run(name)
            if row is not None:
                return row
        return None

    def of_no_sound(self, source: str) -> bool:
        """Whether a file that is neither a recording nor a paper by its ending has the name of a prompt."""
        if PurePosixPath(source).suffix.lower() in (*STUDIO_ENDINGS, *_PAPERS):
            return False
        whole = _plain(source).replace(".", "/")
        return whole in self._rows or self.row_of(source) is not None

    def near(self, source: str) -> str:
        """The name that is most like it; empty if none is."""
        name = next(_readings_of(source)).replace(".", "/")
        return next(iter(get_close_matches(name, self._rows, n=1, cutoff=0.6)), "")

    def _run(self, name: str) -> Wanted | None:
        folder, _, run = name.rpartition("/")
        words = run.split("-")
        if not folder.endswith(f"/{VALUES}") or not 1 < len(words) <= LONGEST_RUN:
            return None
        rows = [self._rows.get(f"{folder}/{word}") for word in words]
        known = [row for row in rows if row is not None]
        if len(known) < len(rows):
            return None
        text = " ".join(row.text for row in known)
        return Wanted([name], known[0].language, text, "word", ["values"])


def _readings_of(source: str) -> Iterator[str]:
    """What the name of a file may stand for, the likeliest first."""
    name = _plain(source[: len(source) - len(PurePosixPath(source).suffix)])
    last = name.rpartition("/")[2]
    yield from (name, name.replace(".", "/"), last, last.replace(".", "/"))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()
