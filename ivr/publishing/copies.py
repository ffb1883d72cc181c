"""Releases on this machine's disk: what a server loads from, and what it has left if the database is lost.

Rules:
1. One folder per database, because two servers of one machine may serve different ones.
2. A copy is used only if its content has the checksum of the release.
3. Several servers may share the folder: a copy appears whole (rename), and a whole one is never touched.
4. `live.json` names the release that this machine took last. It is replaced whole (rename).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from data.ids import new_id
from data.releases import checksum_of
from ivr.errors import FolderUnfit
from ivr.publishing.folder import read_folder, write_folder

KEPT = 3
"""Copies that stay, the newest."""
_NAME = re.compile(r"release-([0-9]{1,9})-[0-9a-f]{12}")


@dataclass(frozen=True)
class Kept:
    """The release that was live here last."""

    number: int
    n: int
    """Its line in the log of switches."""
    checksum: str


class Copies:
    """The copies for one database. Its methods block for as long as the disk takes."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder / hashlib.sha256(database_url.encode()).hexdigest()[:12]

    def place_of(self, number: int, checksum: str) -> Path:
        """Where the copy of that release is, or would be."""
        return self._folder / f"release-{number}-{checksum[:12]}"

    def has(self, number: int, checksum: str) -> bool:
        """Whether a whole copy is there."""
        try:
            files, _ = read_folder(self.place_of(number, checksum))
        except (FolderUnfit, OSError):  # OSError: taken away while it is read
            return False
        return checksum_of(files) == checksum

    def keep(self, number: int, checksum: str, files: Mapping[str, bytes]) -> Path:
        """Writes a copy and returns its folder; another server may be quicker. Raises `FolderUnfit`."""
        place = self.place_of(number, checksum)
        beside = place.with_name(f".{place.name}-{new_id()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_folder(files, beside)
            with self._alone():
                if not self.has(number, checksum):
                    if place.exists():
                        place.rename(beside.with_name(f"{beside.name}-damaged"))
                    beside.rename(place)
        except OSError as refused:
            if not self.has(number, checksum):
                raise FolderUnfit(
                    f"{place} cannot be written ({refused.strerror})",
                    "Make room, and give the server the right",
                ) from refused
        finally:
            for left in (beside, beside.with_name(f"{beside.name}-damaged")):
                shutil.rmtree(left, ignore_errors=True)
        return place

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time on this machine: who finds a damaged copy must not move the good one that another
        server has put in its place meanwhile."""
        with (self._folder.parent / f"{self._folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed
            yield

    def note(self, kept: Kept) -> None:
        """Remembers what is live, and removes the oldest copies. Raises `OSError`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self._folder / f".live-{new_id()}"
        beside.write_text(json.dumps(asdict(kept)), encoding="utf-8")
        beside.replace(self._folder / "live.json")
        copies = {
            int(found[1]): path for path in self._folder.iterdir() if (found := _NAME.fullmatch(path.name))
        }
        for number in sorted(copies)[:-KEPT]:
            if number != kept.number:
                shutil.rmtree(copies[number], ignore_errors=True)

    def last(self) -> Kept | None:
        """What was live here last, if its copy is whole."""
        try:
            noted = json.loads((self._folder / "live.json").read_text(encoding="utf-8"))
            kept = Kept(int(noted["number"]), int(noted["n"]), str(noted["checksum"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return kept if self.has(kept.number, kept.checksum) else None
