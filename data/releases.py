"""Published flows: releases with their files, and the log of which one is live since when.

Rules:
1. A release is the whole folder of flows, and never changes. A file's content is stored once, under its
   SHA-256, however many releases hold it.
2. Which release is live is not a field but the end of a log that only grows (`flow_switches`): the highest
   `n` that is due counts. So the history is complete, and going back is one more line.
3. A line is written only by who has seen the line before it (`after`): of two people who publish at once,
   the second is told (`FlowsSwitched`), and nothing is overwritten in silence.
4. A switch is due a little after it was written, so that every server has loaded the flows before, and all
   change over at the same instant by their clocks.
5. What is read is verified: a database that somebody edited by hand gives an error (`ReleaseDamaged`), and
   never a path outside the folder or half a release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, Select, func, insert, select

from data.database import Database
from data.errors import FlowsSwitched, RecordRefused, ReleaseDamaged, ReleaseUnknown
from data.models import FlowFileRow, FlowReleaseFileRow, FlowReleaseRow, FlowSwitchRow
from data.once import insert_new
from data.records import LONGEST_CODE, utc
from data.text import clean, clean_text

Action = Literal["publish", "rollback"]
LONGEST_PATH = 300


@dataclass(frozen=True, kw_only=True)
class Release:
    """A published release, without its files."""

    number: int
    checksum: str
    who: str
    why: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One line of the log: from `effective_at` on, new calls take `release`."""

    n: int
    release: int
    checksum: str
    """The release's."""
    action: Action
    who: str
    why: str
    at: datetime
    effective_at: datetime


@dataclass(frozen=True, kw_only=True)
class Intent:
    """Who switches, why, and when; `after` is the `n` of the last line they have seen (0: none)."""

    who: str
    why: str
    at: datetime
    effective_at: datetime
    after: int


def checksum_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over all paths and contents, in hexadecimal; the order does not matter."""
    lines = (f"{path}\0{_sha256(content)}\n" for path, content in sorted(files.items()))
    return _sha256("".join(lines).encode())


def is_inside(path: str) -> bool:
    """Whether a path may stand in a release: relative, with `/`, and never out of its folder."""
    pure = PurePosixPath(path)
    plain = clean(path, LONGEST_PATH) == path and "\\" not in path and path == str(pure)
    return plain and not pure.is_absolute() and ".." not in pure.parts and path not in ("", ".")


class Releases:
    """Releases and the log of switches. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(self, files: Mapping[str, bytes], intent: Intent) -> Switch:
        """Stores the files as a new release and makes it live.

        Raises `FlowsSwitched` if somebody else was quicker; nothing is stored then.
        """
        for path in files:
            if not is_inside(path):
                raise ReleaseDamaged(f"{path!r} cannot be a file of a release", remedy="rename the file")
        with self._switching(intent) as connection:
            number = (connection.scalar(select(func.max(FlowReleaseRow.number))) or 0) + 1
            who, why = _signed(intent)
            checksum = checksum_of(files)
            connection.execute(
                insert(FlowReleaseRow).values(
                    number=number, checksum=checksum, who=who, why=why, at=intent.at
                )
            )
            contents = [{"sha256": _sha256(content), "content": content} for content in files.values()]
            named = [
                {"release": number, "path": path, "sha256": _sha256(content)}
                for path, content in files.items()
            ]
            if contents:
                connection.execute(insert_new(connection, FlowFileRow), contents)
                connection.execute(insert(FlowReleaseFileRow), named)
            return _add(connection, number, checksum, "publish", intent)

    def go_back(self, number: int, intent: Intent) -> Switch:
        """Makes an older release live again. Raises `ReleaseUnknown`, `FlowsSwitched`."""
        with self._switching(intent) as connection:
            release = _insist_on(connection, number)
            return _add(connection, number, release.checksum, "rollback", intent)

    def last(self) -> Switch | None:
        """The end of the log, due or not; `None` if nothing was ever published."""
        return self._first(_switches().order_by(FlowSwitchRow.n.desc()))

    def live(self, at: datetime) -> Switch | None:
        """What counts at that moment."""
        return self._first(
            _switches().where(FlowSwitchRow.effective_at <= utc(at)).order_by(FlowSwitchRow.n.desc())
        )

    def since(self, n: int) -> tuple[Switch, ...]:
        """The lines after `n`, oldest first: what a server asks once a second."""
        return self._all(_switches().where(FlowSwitchRow.n > n).order_by(FlowSwitchRow.n))

    def history(self) -> tuple[Switch, ...]:
        """The whole log, newest first."""
        return self._all(_switches().order_by(FlowSwitchRow.n.desc()))

    def release(self, number: int) -> Release:
        """Raises `ReleaseUnknown`."""
        with self._database.reading() as connection:
            return _insist_on(connection, number)

    def files(self, number: int) -> dict[str, bytes]:
        """Path → content. Raises `ReleaseUnknown`, `ReleaseDamaged`."""
        query = (
            select(FlowReleaseFileRow.path, FlowFileRow.content)
            .join(FlowFileRow, FlowFileRow.sha256 == FlowReleaseFileRow.sha256)
            .where(FlowReleaseFileRow.release == number)
            .order_by(FlowReleaseFileRow.path)
        )
        with self._database.reading() as connection:
            release = _insist_on(connection, number)
            files = {row.path: bytes(row.content) for row in connection.execute(query)}
        if not all(map(is_inside, files)) or checksum_of(files) != release.checksum:
            raise ReleaseDamaged(
                f"release {number} of the flows is not as it was published",
                remedy="somebody has edited the database: publish again, or go back with ivr flow rollback",
            )
        return files

    def _first(self, query: Select[Any]) -> Switch | None:
        found = self._all(query.limit(1))
        return found[0] if found else None

    def _all(self, query: Select[Any]) -> tuple[Switch, ...]:
        with self._database.reading() as connection:
            return tuple(_switch(row) for row in connection.execute(query))

    @contextmanager
    def _switching(self, intent: Intent) -> Iterator[Connection]:
        """A write transaction of somebody who has seen the end of the log. Raises `FlowsSwitched`."""
        try:
            with self._database.writing() as connection:
                if (connection.scalar(select(func.max(FlowSwitchRow.n))) or 0) != intent.after:
                    raise self._overtaken()
                yield connection
        except RecordRefused as twice:
            # Where writers do not queue, two find the same end, and the key refuses the second.
            raise self._overtaken() from twice

    @staticmethod
    def _overtaken() -> FlowsSwitched:
        return FlowsSwitched(
            "somebody else has published or gone back meanwhile, and nothing was changed now",
            remedy="look at ivr flow history, then decide again",
        )


def _switches() -> Select[Any]:
    return select(*FlowSwitchRow.__table__.columns, FlowReleaseRow.checksum).join(
        FlowReleaseRow, FlowReleaseRow.number == FlowSwitchRow.release
    )


def _insist_on(connection: Connection, number: int) -> Release:
    row = connection.execute(
        select(
            FlowReleaseRow.number,
            FlowReleaseRow.checksum,
            FlowReleaseRow.who,
            FlowReleaseRow.why,
            FlowReleaseRow.at,
        ).where(FlowReleaseRow.number == number)
    ).one_or_none()
    if row is None:
        last = connection.scalar(select(func.max(FlowReleaseRow.number)))
        raise ReleaseUnknown(
            f"there is no release {number} of the flows",
            remedy=f"the last one is {last}: see ivr flow history" if last else "publish one first",
        )
    return Release(number=row.number, checksum=row.checksum, who=row.who, why=row.why, at=row.at)


def _add(connection: Connection, number: int, checksum: str, action: Action, intent: Intent) -> Switch:
    who, why = _signed(intent)
    switch = Switch(
        n=intent.after + 1,
        release=number,
        checksum=checksum,
        action=action,
        who=who,
        why=why,
        at=utc(intent.at),
        effective_at=utc(intent.effective_at),
    )
    connection.execute(
        insert(FlowSwitchRow).values(
            n=switch.n,
            release=number,
            action=action,
            who=who,
            why=why,
            at=switch.at,
            effective_at=switch.effective_at,
        )
    )
    return switch


def _signed(intent: Intent) -> tuple[str, str]:
    return clean(intent.who, LONGEST_CODE), clean_text(intent.why)


def _switch(row: Row[Any]) -> Switch:
    if row.action not in get_args(Action):
        raise ReleaseDamaged(
            f"line {row.n} of the log of published flows is not ours",
            remedy="somebody has edited the database: mend flow_switches from a backup",
        )
    return Switch(
        n=row.n,
        release=row.release,
        checksum=row.checksum,
        action=row.action,
        who=row.who,
        why=row.why,
        at=row.at,
        effective_at=row.effective_at,
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
