"""What is known when a conversation begins. It is handed in: dialogs have no clock and no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Facts:
    """`language` is what the caller is greeted in; one that the flow does not speak gives way to its first.

    `caller` holds the `caller.*` values of templates and conditions (`number`, `name` …); a `segment` in it
    is a fact, and without one the flows' own rules decide by `history` (`dialogs.segments`);
    `now` is the site's wall clock, and without it dates are said with their year; `region` is the site's
    country (ISO 3166), whose telephone numbers and postcodes are meant. `recorded`: the call will be, so
    that a flow's notice has to be given.
    """

    language: str = "es"
    caller: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    now: datetime | None = None
    region: str = "ES"
    recorded: bool = False
    history: Mapping[str, str | int | bool | None] | None = field(default_factory=dict)
    """What is known of the caller (`dialogs.segments.facts`); `None`: nothing can be known just now, and the
    caller is in no segment."""
