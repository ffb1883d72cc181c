"""`understand` on a live call: performed by the session, within its deadline, while the caller may go."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import gevent

from dialogs.effects import Hangup, Understand
from dialogs.results import Failed, Slow, Understood
from ivr.living.services import Services
from ivr.performers import Performers
from ivr.understanding.built_in import BuiltIn
from ivr.understanding.port import Meaning
from ivr.understanding.understanding import Understanding
from tests.ivr.session_rig import Rig

INTENTS = ("balance", "pay", "order_status")


class Installed(Rig):
    """The session's rig with somebody who understands."""

    def __init__(self, folder: Path, understanding: Understanding | None) -> None:
        super().__init__(folder)
        self._understanding = understanding

    def services(self) -> Services:
        return replace(super().services(), performers=Performers(understanding=self._understanding))


def said(text: str, deadline: float = 2.0) -> Understand:
    return Understand("reason", text, "es", INTENTS, ("product",), "reason", deadline)


def test_what_the_caller_said_is_understood_by_the_session(tmp_path: Path, built_in: BuiltIn) -> None:
    """By the built-in engine; only what the step asked for comes back."""
    built_in.prepare()
    rig = Installed(tmp_path, Understanding(built_in, now=time.monotonic))
    dialog, _ = rig.live([said("eh sí quería saber cuánto debo por el router"), Hangup("bye")])
    (understood,) = dialog.results
    assert isinstance(understood, Understood)
    assert understood.intents[0][0] == "balance"
    assert understood.intents[0][1] > 0.7
    assert {name for name, _ in understood.intents} == set(INTENTS)
    assert understood.entities == {"product": "router"}


def test_an_engine_that_is_slow_is_slow_and_none_is_failed(tmp_path: Path) -> None:
    """Each has its way in the flow; the caller waits for the deadline at most."""

    class Sleeper(BuiltIn):
        def parse(self, text: str, language: str, *, deadline: float = 2.0) -> Meaning:
            gevent.sleep(60)
            raise AssertionError("nobody waits for this")

    sleeper = Sleeper(tmp_path, tmp_path)
    rig = Installed(tmp_path, Understanding(sleeper, now=time.monotonic))
    dialog, _ = rig.live([said("hola", 0.2), Hangup("bye")])
    assert dialog.results == [Slow()]
    dialog, _ = Installed(tmp_path, None).live([said("hola"), Hangup("bye")])
    assert dialog.results == [Failed("Understand is not installed")]
