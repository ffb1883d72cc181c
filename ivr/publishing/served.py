"""What servers go by, and which release none of them could go by.

Rules:
1. Servers take the release that was published last; without one, the folder.
2. What flows may name *soon* counts too: the switch is set up before a new queue is published. So the
   designers' own folder is read beside the release; the product's templates are nobody's next release.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from data.errors import DataError, FolderMissing, SchemaMissing
from data.store import Store
from dialogs.catalogue import Catalogue
from dialogs.errors import FlowsInvalid, Problem
from ivr.back_ends.agreement import OWN, LiveSchemas
from ivr.config import SHIPPED_FLOWS, Settings
from ivr.errors import IvrError
from ivr.publishing.catalogues import CATALOGUE, catalogue_in, unanswered
from ivr.publishing.folder import write_folder
from ivr.queueing.reading import misfits


@dataclass(frozen=True)
class Served:
    """The catalogue of what callers reach now or with the next release."""

    catalogue: Catalogue
    release: int | None = None
    """The release that it is of; `None`: the folder's alone."""
    unread: str = ""
    """Why the database could not be asked for a release."""


def served_catalogue(settings: Settings) -> Served:
    """Raises `FlowsInvalid`, `FolderUnfit`, and `DataError` for a release that is damaged."""
    try:
        last = _last_release(settings)
    except DataError as lost:
        return Served(catalogue_in(settings.flows_folder), unread=str(lost).splitlines()[0])
    if last is None:
        return Served(catalogue_in(settings.flows_folder))
    number, files = last
    with tempfile.TemporaryDirectory() as place:
        catalogue = catalogue_in(_laid_out(files, Path(place), number))
    if settings.flows_folder != SHIPPED_FLOWS and (settings.flows_folder / CATALOGUE).is_file():
        draft = catalogue_in(settings.flows_folder)
        catalogue = replace(
            catalogue,
            queues=catalogue.queues | draft.queues,
            calendars={**draft.calendars, **catalogue.calendars},
        )
    return Served(catalogue, number)


def _last_release(settings: Settings) -> tuple[int, Mapping[str, bytes]] | None:
    store = Store(settings.database_url)
    try:
        last = store.releases.last()
        return None if last is None else (last.release, store.releases.files(last.release))
    except (SchemaMissing, FolderMissing):  # nothing was ever published
        return None
    finally:
        store.close()


def refusals(
    files: Mapping[str, bytes],
    number: int,
    queues: Path | None,
    live: LiveSchemas = OWN,
    besides: Collection[str] = (),
) -> list[Problem]:
    """Why no server would take these files of a release today: a queue that the servers' file of queues does
    not know, a look-up or a write that is connected otherwise by now."""
    with tempfile.TemporaryDirectory() as place:
        try:
            folder = _laid_out(files, Path(place), number)
            catalogue = catalogue_in(folder)
            problems = [
                *unanswered(folder / CATALOGUE, catalogue, live),
                *misfits(queues, catalogue, besides),
            ]
        except FlowsInvalid as fault:
            problems = list(fault.problems)
        except IvrError as fault:
            problems = [Problem(f"release {number}", 0, 0, str(fault).splitlines()[0])]
        return [
            replace(one, file=f"release {number}, {Path(one.file).name}")
            if Path(one.file).is_relative_to(place)
            else one
            for one in problems
        ]


def _laid_out(files: Mapping[str, bytes], place: Path, number: int) -> Path:
    folder = place / f"release-{number}"
    write_folder(files, folder)
    return folder
