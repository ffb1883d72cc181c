"""Postcodes that a call tries for an order are counted, whatever the flow allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dialogs.effects import Hangup, Lookup
from dialogs.results import Failed, Found, Missing
from ivr.identity.pins import Hashing
from ivr.identity.settings import VerificationSettings
from ivr.identity.verification import Verification
from ivr.living.services import Services
from ivr.performers import Performers
from tests.ivr.session_rig import PaperLookups, Rig


class GuardedRig(Rig):
    """A session whose look-ups are counted in the real database."""

    hashing: Hashing

    def services(self) -> Services:
        counting = Verification(
            self.store.verifications, VerificationSettings(), hashing=self.hashing, clock=self.clock
        )
        return replace(super().services(), performers=Performers(identity=counting))


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[GuardedRig]:
    rig = GuardedRig(tmp_path)
    rig.longest = 1e6
    rig.hashing = Hashing()
    yield rig
    rig.hashing.close()


def test_the_fourth_postcode_of_a_call_is_not_asked_for(guarded: GuardedRig) -> None:
    """Three wrong ones lock the call: `error`, though this one were right; who has proved it is told."""
    answers = iter([Missing(), Missing(), Missing(), Found({"status": "shipped"})])
    guarded.lookups = PaperLookups(lambda: next(answers))
    guesses = [
        Lookup(
            "order",
            {"order_id": "4571", "home_postcode": f"2800{n}", "customer_number": "none"},
            "o",
            deadline=2000.0,
        )
        for n in range(4)
    ]
    proved = Lookup(
        "order",
        {"order_id": "4571", "home_postcode": "none", "customer_number": "45716"},
        "o",
        deadline=2000.0,
    )
    dialog, _ = guarded.live([*guesses, proved, Hangup("bye")])
    assert dialog.results[:3] == [Missing()] * 3
    assert isinstance(dialog.results[3], Failed)
    assert dialog.results[4] == Found({"status": "shipped"})
