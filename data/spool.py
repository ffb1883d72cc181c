"""Call records that wait on disk while the database is lost, and are written to it later.

Rules:
1. A record is on the disk (fsync) before `keep` returns. One line of JSON each, with a checksum, so that
   a line torn by a power cut, or damaged later, is recognised.
2. Draining may be interrupted at any instant and begun again: a file is removed only after all its lines
   are in the database, and the database ignores what it already has.
3. Nothing is dropped: a line that cannot be read, or that the database refuses for good, is put aside in
   `set-aside.jsonl` with the reason, and counted.
4. Several processes may keep and drain in one folder. Whoever appends holds `lock` for that moment; one
   process drains at a time, and nobody who appends ever waits for it.
5. Sensitive answers are masked before they come here (`data.records.Turn`).
"""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from data.errors import CallUnknown, RecordRefused, SpoolNotWritable
from data.ids import new_id
from data.records import AuditEntry, CallAnswered, CallBegun, CallEnded, CallProved, Errand, Turn
from data.store import Store


@dataclass(frozen=True)
class TurnAdded:
    """A turn together with the call that it belongs to."""

    call_id: UUID
    turn: Turn


Record = CallBegun | CallAnswered | CallProved | TurnAdded | CallEnded | Errand | AuditEntry
_KINDS: dict[str, TypeAdapter[Any]] = {
    "begun": TypeAdapter(CallBegun),
    "answered": TypeAdapter(CallAnswered),
    "proved": TypeAdapter(CallProved),
    "turn": TypeAdapter(TurnAdded),
    "ended": TypeAdapter(CallEnded),
    "audit": TypeAdapter(AuditEntry),
    "errand": TypeAdapter(Errand),
}
_KIND_OF: dict[type, str] = {
    CallBegun: "begun",
    CallAnswered: "answered",
    CallProved: "proved",
    TurnAdded: "turn",
    CallEnded: "ended",
    AuditEntry: "audit",
    Errand: "errand",
}
_WAITING = "calls.jsonl"
_DRAINING = "draining-*.jsonl"
_SET_ASIDE = "set-aside.jsonl"
_AUDIT = frozenset({"action", "why", "who"})
"""What a line of the audit log has, and no other."""


@dataclass(frozen=True)
class Drained:
    """What a draining did."""

    written: int
    """Records that are now in the database (some may have been there before)."""
    set_aside: int
    """Records that could not be, and lie in `set-aside.jsonl` for a person to look at."""
    busy: bool = False
    """Another process is draining; nothing was done here."""


class Spool:
    """The folder where records wait. It is created when the first record needs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, *records: Record) -> None:
        """Puts records on the disk, in this order. Raises `SpoolNotWritable`."""
        lines = b"".join(_line(record) for record in records)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked("lock"):
                _append(self.folder / _WAITING, lines)
        except OSError as error:
            raise SpoolNotWritable(
                f"call records cannot be kept in {self.folder} ({error.strerror})",
                remedy="make room on its disk, and give the server's user the right to write there",
            ) from error

    @property
    def waiting(self) -> bool:
        """Whether there is anything to drain."""
        return (self.folder / _WAITING).exists() or any(self.folder.glob(_DRAINING))

    def length(self) -> int:
        """How many records wait, those that were set aside left out."""
        files = [self.folder / _WAITING, *self.folder.glob(_DRAINING)]
        return sum(file.read_bytes().count(b"\n") for file in files if file.exists())

    def drain(self, store: Store) -> Drained:
        """Writes everything that waits to the database, oldest first.

        Raises the database's `DataError` if it is (still) lost; nothing is lost by that, and what was
        written is not written twice. Raises `SpoolNotWritable` if a line cannot be put aside.
        """
        if not self.waiting:
            return Drained(0, 0)
        try:
            with self._locked("drain-lock", wait=False) as mine:
                return self._drain_files(store) if mine else Drained(0, 0, busy=True)
        except OSError as error:
            raise SpoolNotWritable(
                f"the spool {self.folder} cannot be drained ({error.strerror})",
                remedy="give the server's user the right to write there; the draining is then repeated",
            ) from error

    def forget(self, *, calls: Collection[UUID], numbers: Collection[str], customer_id: UUID | None) -> int:
        """Takes a person's lines out, of what waits and of what was set aside; returns how many.

        Theirs are the lines of these calls, of calls that came from these numbers, and those that name the
        customer. Raises `SpoolNotWritable`.
        """
        if not self.folder.is_dir():
            return 0
        try:
            # In the order of a draining, so that neither waits for the other.
            with self._locked("drain-lock"), self._locked("lock"):
                lines = self._lines()
                whose = _Whose.among(lines, calls, numbers, customer_id)
                return sum(
                    _keep_only(file, some, [line for line in some if line not in whose])
                    for file, some in lines.items()
                )
        except OSError as error:
            raise SpoolNotWritable(
                f"the spool {self.folder} cannot be changed ({error.strerror})",
                remedy="give the right to write there, then do it again",
            ) from error

    def of(
        self, *, calls: Collection[UUID], numbers: Collection[str], customer_id: UUID | None
    ) -> list[dict[str, Any]]:
        """What a person's lines say, as `forget` would take them out."""
        if not self.folder.is_dir():
            return []
        with self._locked("drain-lock"), self._locked("lock"):
            lines = self._lines()
        whose = _Whose.among(lines, calls, numbers, customer_id)
        return [_content(line) for some in lines.values() for line in some if line in whose]

    def _lines(self) -> dict[Path, list[bytes]]:
        files = [self.folder / _WAITING, self.folder / _SET_ASIDE, *sorted(self.folder.glob(_DRAINING))]
        return {file: file.read_bytes().splitlines() for file in files if file.exists()}

    def forget_set_aside(self, before: datetime, *, dry_run: bool = False) -> int:
        """Deletes lines that were set aside before that moment; returns how many those are.

        Raises `SpoolNotWritable`.
        """
        file = self.folder / _SET_ASIDE
        if not file.exists():
            return 0
        try:
            with self._locked("drain-lock"):
                lines = file.read_bytes().splitlines()
                left = [line for line in lines if not _set_aside_before(line, before)]
                return len(lines) - len(left) if dry_run else _keep_only(file, lines, left)
        except OSError as error:
            raise SpoolNotWritable(
                f"the spool {self.folder} cannot be changed ({error.strerror})",
                remedy="give the right to write there, then do it again",
            ) from error

    def _drain_files(self, store: Store) -> Drained:
        with self._locked("lock"):
            self._take_over()
        written = set_aside = 0
        # UUIDv7 in the name: sorted is oldest first.
        for file in sorted(self.folder.glob(_DRAINING)):
            good, bad = self._drain_file(file, store)
            written += good
            set_aside += bad
        return Drained(written, set_aside)

    def _take_over(self) -> None:
        waiting = self.folder / _WAITING
        if waiting.exists():
            waiting.rename(self.folder / f"draining-{new_id()}.jsonl")
            _sync_folder(self.folder)

    def _drain_file(self, file: Path, store: Store) -> tuple[int, int]:
        written = set_aside = 0
        with file.open("rb") as lines:
            for line in lines:
                if not line.strip():
                    continue
                try:
                    _write(store, _record(line))
                except (ValueError, RecursionError, CallUnknown, RecordRefused) as error:
                    self._set_aside(line, error)
                    set_aside += 1
                else:
                    written += 1
        file.unlink()
        _sync_folder(self.folder)
        return written, set_aside

    def _set_aside(self, line: bytes, error: Exception) -> None:
        # Pydantic's text would repeat what the caller said.
        why = "not a record of this version" if isinstance(error, ValidationError) else str(error)
        entry = {
            "at": datetime.now(UTC).isoformat(),
            "why": why,
            "line": line.decode("utf-8", "backslashreplace").rstrip("\n"),
        }
        _append(self.folder / _SET_ASIDE, json.dumps(entry).encode() + b"\n")

    @contextmanager
    def _locked(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Holds a lock among threads and processes; the kernel frees it when a process dies."""
        descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(descriptor)


@dataclass(frozen=True)
class _Whose:
    """Whether a line is one of a person's. What names another customer is not; nor is a line of the audit
    log, which stays."""

    calls: frozenset[str]
    customer: str | None

    @classmethod
    def among(
        cls,
        lines: Mapping[Path, Sequence[bytes]],
        calls: Collection[UUID],
        numbers: Collection[str],
        customer_id: UUID | None,
    ) -> _Whose:
        """A call from their number is theirs, with all its lines, also those before that one, unless it
        turned out to be another customer's."""
        theirs, others = {str(call) for call in calls}, set[str]()
        customer = None if customer_id is None else str(customer_id)
        known = frozenset(numbers)
        for record in (_content(line) for some in lines.values() for line in some):
            if known & {record.get("caller_number"), record.get("destination")}:
                theirs.add(str(record.get("call_id")))
            if record.get("customer_id") not in (None, customer):
                others.add(str(record.get("call_id")))
        return cls(frozenset(theirs - (others - {str(call) for call in calls})), customer)

    def __contains__(self, line: bytes) -> bool:
        record = _content(line)
        if record.keys() >= _AUDIT:
            return False
        named = record.get("customer_id")
        return named == self.customer if named else record.get("call_id") in self.calls


def _content(line: bytes) -> dict[str, Any]:
    """The record in a line, also in one that was set aside; empty for what cannot be read."""
    try:
        entry = json.loads(line)
        if isinstance(entry, dict) and "line" in entry:
            entry = json.loads(entry["line"])
        record = entry["record"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _set_aside_before(line: bytes, before: datetime) -> bool:
    try:
        return datetime.fromisoformat(json.loads(line)["at"]) < before
    except (ValueError, TypeError, KeyError, RecursionError):
        return False  # a person is still to look at it


def _keep_only(file: Path, lines: list[bytes], left: list[bytes]) -> int:
    """Writes a file anew with what is left of its lines, whole or not at all; how many are gone."""
    if len(left) == len(lines):
        return 0
    fresh = file.with_suffix(".fresh")
    fresh.unlink(missing_ok=True)
    _append(fresh, b"".join(line + b"\n" for line in left))
    fresh.replace(file)
    _sync_folder(file.parent)
    return len(lines) - len(left)


def _append(file: Path, lines: bytes) -> None:
    new = not file.exists()
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        # A line that a power cut has torn must not swallow the next one.
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            lines = b"\n" + lines
        view = memoryview(lines)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(record: Record) -> bytes:
    kind = _KIND_OF[type(record)]
    content = _KINDS[kind].dump_python(record, mode="json")
    entry = {"kind": kind, "sum": _sum(kind, content), "record": content}
    return json.dumps(entry).encode() + b"\n"


def _record(line: bytes) -> Record:
    """The record of a line. Raises `ValueError` for anything that `_line` has not written."""
    entry = json.loads(line)
    if not isinstance(entry, dict) or entry.keys() != {"kind", "sum", "record"}:
        raise ValueError("not a line of the spool")
    kind = entry["kind"]
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError("a kind of record that this program does not know")
    if entry["sum"] != _sum(kind, entry["record"]):
        raise ValueError("damaged: the checksum does not fit")
    record: Record = _KINDS[kind].validate_json(json.dumps(entry["record"]))
    return record


def _sum(kind: str, content: object) -> int:
    return zlib.crc32(json.dumps([kind, content], sort_keys=True).encode())


def _write(store: Store, record: Record) -> None:
    match record:
        case CallBegun():
            store.calls.begin(record)
        case CallAnswered():
            store.calls.answered(record)
        case CallProved():
            store.calls.proved(record)
        case TurnAdded(call_id, turn):
            store.calls.add_turn(call_id, turn)
        case CallEnded():
            store.calls.finish(record)
        case Errand():
            store.outbox.put(record, spooled=True)
        case AuditEntry():
            store.audit.note(record)
