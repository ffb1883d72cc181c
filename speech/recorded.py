"""What the studio's recordings say: an index beside them, written when they are brought in.

A recording whose text the flow has changed since says the wrong thing: it is told, and not played. Files that
somebody put into the folder by hand have no entry, and are believed.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from speech.errors import SoundUnreadable

INDEX = "recorded.json"
"""Below the studio's folder."""
_LARGEST = 20_000_000
"""Bytes; an index beyond that is something else."""


@dataclass(frozen=True)
class Entry:
    """A recording that was brought in: what it says, and how its file looked then."""

    text: str
    size: int
    """Bytes. Another size now: somebody has replaced the file by hand, and the entry counts no more."""
    seconds: float
    source: str
    """The studio's own name of the file."""


class Recorded:
    """The index of one studio folder; read again when it has changed."""

    def __init__(self, studio: Path) -> None:
        self._studio = studio
        self._file = studio / INDEX
        self._seen: tuple[int, int] | None = None
        self._entries: dict[str, Entry] = {}
        self._added: dict[str, Entry] = {}

    def entries(self) -> Mapping[str, Entry]:
        """Path below the studio's folder → entry. Raises `SoundUnreadable` for an index that is none."""
        try:
            facts = self._file.stat()
        except OSError:
            self._seen, self._entries = None, {}
            return self._added
        seen = (facts.st_mtime_ns, facts.st_size)
        if seen != self._seen:
            self._entries = self._read(facts.st_size)
            self._seen = seen
        return {**self._entries, **self._added} if self._added else self._entries

    def says(self, recording: Path, text: str) -> bool:
        """Whether the recording may stand for that text: it says it, or nobody knows."""
        entry = self.entry(recording)
        return entry is None or same_words(entry.text, text)

    def entry(self, recording: Path) -> Entry | None:
        """What is known of that file, if it still is the one that was brought in."""
        entry = self.entries().get(self._name(recording))
        return entry if entry is not None and entry.size == recording.stat().st_size else None

    def add(self, recording: Path, entry: Entry) -> None:
        """Notes a recording; `save` writes it down."""
        self._added[self._name(recording)] = entry

    def save(self) -> None:
        """Writes the index, whole or not at all. Raises OSError, `SoundUnreadable`."""
        entries = self.entries()
        handle, name = tempfile.mkstemp(dir=self._studio, prefix=".", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                rows = {name: asdict(entry) for name, entry in sorted(entries.items())}
                json.dump(rows, file, ensure_ascii=False, indent=1)
            part.chmod(0o644)
            part.replace(self._file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._added = {}

    def _name(self, recording: Path) -> str:
        return recording.relative_to(self._studio).as_posix()

    def _read(self, size: int) -> dict[str, Entry]:
        remedy = "bring the recordings in again (ivr prompts import), or remove the file"
        if size > _LARGEST:
            raise SoundUnreadable(f"{self._file}: {size} bytes are no index of recordings: {remedy}")
        try:
            rows: Any = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(name): Entry(**row) for name, row in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            raise SoundUnreadable(f"{self._file}: not an index of recordings: {remedy}") from None


def same_words(one: str, other: str) -> bool:
    """Whether two texts are said alike: signs and capitals make no difference."""
    return _spoken(one) == _spoken(other)


def _spoken(text: str) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text.casefold()).split())
