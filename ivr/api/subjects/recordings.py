"""Recordings: which there are, and their sound, also from the middle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import AwareDatetime, BaseModel, Field
from werkzeug.datastructures import ContentRange
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from data.records import CallRecord
from ivr.api.document import answers
from ivr.api.paging import PageAsked, shown
from ivr.api.problems import not_found
from ivr.api.roles import Role, audit, needs
from ivr.api.rooms import ApiRooms, rooms
from ivr.errors import RecordingUnknown, RecordingUnreadable
from ivr.recordings.library import Library, Recording, shown_number

blueprint = Blueprint("recordings", __name__)
CHUNK = 65_536
"""Bytes that are read at once: 4 s of a stereo recording."""
_KINDS = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".opus": "audio/ogg"}


class RecordingLine(BaseModel):
    """A call that was recorded."""

    call_id: UUID
    started_at: datetime
    seconds: float | None
    caller_number: str = Field(description="Its last digits")
    language: str
    outcome: str | None


class RecordingPage(BaseModel):
    """Some of them, the newest first."""

    entries: list[RecordingLine]
    next: str | None


class RecordingsAsked(PageAsked):
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


@blueprint.get("/recordings")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(RecordingPage, tag="Recordings", query=RecordingsAsked)
def recordings() -> Any:
    """Calls that were recorded, the newest first."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    after = asked.after
    page = here.beside.do(
        lambda: here.store.pages.calls(
            after, asked.limit, since=asked.since, until=asked.until, recorded=True
        )
    )
    audit("read", "recordings: list")
    return shown(page, _line, RecordingPage)


@blueprint.get("/recordings/<uuid:call_id>/sound")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(tag="Recordings", media="audio/*", problems=(404, 416))
def sound(call_id: UUID) -> Any:
    """The sound of a call, as it is stored; with `Range`, a part of it."""
    return sound_of(call_id)


def sound_of(call_id: UUID) -> Response:
    """The answer with the recording of a call, or the part that was asked for; audited. Raises `Problem`."""
    here = rooms()
    found, size = here.beside.do(lambda: _found(here, call_id))
    begin, end = _range(size)
    audit("play", "recordings: sound", call_id=call_id, customer_id=found.call.customer_id)
    response = Response(_read(here, found.file, begin, end), direct_passthrough=True)
    response.mimetype = _KINDS.get(found.file.suffix.lower(), "application/octet-stream")
    response.accept_ranges = "bytes"
    response.content_length = end - begin
    if request.range is not None:
        response.status_code = 206
        response.content_range = ContentRange("bytes", begin, end, size)
    return response


def _found(here: ApiRooms, call_id: UUID) -> tuple[Recording, int]:
    try:
        found = Library(here.store, here.settings.recordings_folder).get(str(call_id))
        return found, found.file.stat().st_size
    except (RecordingUnknown, RecordingUnreadable, OSError):
        # Which of them is for the operator to see (`ivr recordings list`): a path is not for everybody.
        raise not_found("recording of that call", "GET /recordings lists them") from None


def _range(size: int) -> tuple[int, int]:
    """From which byte to before which; of several ranges the first. Raises an HTTP error."""
    if request.range is None:
        return 0, size
    found = request.range.range_for_length(size) if len(request.range.ranges) == 1 else None
    if found is None:
        raise RequestedRangeNotSatisfiable(size)
    return int(found[0]), int(found[1])


def _read(here: ApiRooms, file: Path, begin: int, end: int) -> Iterator[bytes]:
    """Piece by piece, in the API's threads: a disk that is slow holds up nobody."""
    sound: BinaryIO = here.beside.do(lambda: file.open("rb"))
    try:
        here.beside.do(lambda: sound.seek(begin))
        while begin < end:
            piece = here.beside.do(partial(sound.read, min(CHUNK, end - begin)))
            if not piece:
                return
            begin += len(piece)
            yield piece
    finally:
        sound.close()


def _line(one: CallRecord) -> RecordingLine:
    return RecordingLine(
        call_id=one.call_id,
        started_at=one.started_at,
        seconds=one.seconds,
        caller_number=shown_number(one.caller_number, full=False),
        language=one.language,
        outcome=one.outcome,
    )
