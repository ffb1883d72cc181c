"""A session on paper: a leg, a recogniser and look-ups that do what the test says, and a real record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from data.call_log import CallLog
from data.records import CallRecord as Remembered
from data.spool import Spool
from dialogs.effects import (
    Collect,
    Effect,
    Keys,
    Spoken,
)
from dialogs.results import (
    Failed,
    Found,
    Heard,
    Keyed,
    Match,
    Missing,
    NoMatch,
)
from ivr.clock import Clock
from ivr.living.services import Services
from ivr.moments import Moment
from ivr.records import Basis, Records
from ivr.session import Session
from tests.databases import store_at
from tests.ivr.paper import PaperCall, PaperDialog, PaperPrompts

SPEED = 100.0


def spoken(text: str) -> tuple[Spoken, ...]:
    return (Spoken(text, "es"),)


def digits_judge(heard: Heard | Keyed) -> Match | NoMatch:
    if isinstance(heard, Keyed) and len(heard.keys) == 5:
        return Match(heard.keys, heard.keys, "keys")
    return NoMatch(heard.keys if isinstance(heard, Keyed) else "")


def number_question(*, sensitive: bool = False) -> Collect:
    return Collect(
        prompt=spoken("number?"),
        step="number",
        kind="digits",
        language="es",
        phrases=(),
        keys=Keys(5, 5),
        judge=digits_judge,
        sensitive=sensitive,
    )


class PaperLookups:
    """Answers what the test says."""

    def __init__(self, answer: Callable[[], Found | Missing | Failed]) -> None:
        self._answer = answer

    def ask(self, name: str, by: Mapping[str, str], **_how: object) -> Found | Missing | Failed:
        return self._answer()


class Rig:
    """A session on a call on paper, with a real database behind it."""

    def __init__(self, folder: Path) -> None:
        self.store = store_at(folder / "ivr.sqlite3")
        self.clock = Clock(SPEED)
        self.call = PaperCall()
        self.moments: list[Moment] = []
        self.prompts = PaperPrompts()
        self.lookups = PaperLookups(Missing)
        self.longest = 600.0
        self.recorded = True
        self.secrets: frozenset[str] = frozenset()
        self.folder = folder

    def services(self) -> Services:
        """What the session works with."""
        return Services(
            prompts=self.prompts,
            recognizer=None,
            lookups=self.lookups,
            clock=self.clock,
            watch=self.moments.append,
            longest_call=self.longest,
        )

    def live(
        self, effects: Sequence[Effect | Exception], *, recording_waits: bool = False
    ) -> tuple[PaperDialog, Remembered]:
        """Runs the call and returns the dialog and the call's record as the database has it."""
        dialog = PaperDialog(effects, recording_waits=recording_waits)
        dialog.secrets = self.secrets
        log = CallLog(self.store, Spool(self.folder / "spool"))
        kept = self.folder / "recordings"
        records = Records(
            log, node="test", clock=self.clock, recordings=kept if self.recorded else None, messages=kept
        )
        record = records.begin(self.call, Basis(flow="main", flow_version="1"), language="es")
        Session(self.call, dialog, record, self.services()).live()
        records.close()
        (remembered,) = self.store.calls.latest(1)
        return dialog, remembered


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)
