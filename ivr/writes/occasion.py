"""When and in which call a write of the own database is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.records import Request
from ivr.working_days import USUAL, WorkingDays


@dataclass(frozen=True)
class Asked:
    """`now` is in the company's zone: which day it is there decides what is past."""

    now: datetime
    request: Request
    working: WorkingDays = USUAL
