"""Pages of a list: how a request asks for one, and how it is told where the next one begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from data.pages import MOST, Page, Place
from ivr.api.problems import Problem

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class Asked(BaseModel):
    """What every request for a list may say; what it does not know is a mistake, not ignored."""

    model_config = ConfigDict(extra="forbid")


class PageAsked(Asked):
    cursor: str | None = Field(
        default=None, max_length=200, description="`next` of the page before; without it, the first page"
    )
    limit: int = Field(default=50, ge=1, le=MOST, description="Entries of the page")

    @property
    def after(self) -> Place | None:
        """Where the page begins. Raises `Problem`."""
        return None if self.cursor is None else _place(self.cursor)


def written(place: Place | None) -> str | None:
    """The cursor of the next page; `None`: there is none."""
    if place is None:
        return None
    text = f"{place.at.isoformat()}|{place.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def shown(page: Page[T], show: Callable[[T], BaseModel], into: type[M]) -> M:
    """The page as the interface tells it."""
    # Each entry was made by its model a moment ago: to judge them all again would hold up the loop.
    return into.model_construct(entries=[show(one) for one in page.entries], next=written(page.rest))


def _place(cursor: str) -> Place:
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        at, _, key = text.partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(text)
        return Place(moment, UUID(key))
    except (ValueError, binascii.Error, OverflowError):
        raise Problem(
            422, "cursor", "That is no cursor of ours", remedy="Send `next` of the page before, as it is"
        ) from None
