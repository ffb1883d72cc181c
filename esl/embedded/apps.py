"""The dialplan's applications: one function each, found by name.

Rules:
1. What is not here is unknown, and an unknown application hangs up the call: as on the real switch.
2. Arguments come from a dialplan or from a server. They are read, never run.
3. An application returns as soon as its leg is not ready any more: hung up, transferred, bridged.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from esl.embedded.causes import cause_named
from esl.embedded.line import RINGING

if TYPE_CHECKING:
    from esl.embedded.session import Session

_log = logging.getLogger(__name__)

Run = Callable[["Session", str], None]


@dataclass(frozen=True)
class Application:
    """`needs_media`: the leg gets early media before it runs, if it has none."""

    run: Run
    needs_media: bool


class Registry(dict[str, Application]):
    """Applications by name."""

    def add(self, name: str, *, needs_media: bool = False) -> Callable[[Run], Run]:
        def remember(run: Run) -> Run:
            self[name] = Application(run, needs_media)
            return run

        return remember


APPLICATIONS = Registry()


@APPLICATIONS.add("answer")
def _answer(session: Session, _argument: str) -> None:
    session.channel.answer()


@APPLICATIONS.add("pre_answer")
def _pre_answer(session: Session, _argument: str) -> None:
    session.channel.pre_answer()


@APPLICATIONS.add("ring_ready")
def _ring_ready(session: Session, _argument: str) -> None:
    channel = session.channel
    if channel.is_up() and not channel.answered and not channel.profile.times.progress:
        channel.profile.times.progress = channel.now()
        channel.fire("CHANNEL_PROGRESS")
        if channel.media.line is not None:
            channel.media.line.send(RINGING)


@APPLICATIONS.add("hangup")
def _hangup(session: Session, argument: str) -> None:
    session.channel.hang_up(cause_named(argument))


@APPLICATIONS.add("sleep")
def _sleep(session: Session, argument: str) -> None:
    """`sleep MILLISECONDS`; keys wait for the next application."""
    until = session.switch.clock.now() + whole_number(argument) / 1000
    while session.is_ready() and session.switch.clock.now() < until and not session.take_break():
        session.obey_queued()
        session.rest(until)


@APPLICATIONS.add("park")
def _park(session: Session, _argument: str) -> None:
    session.park()


@APPLICATIONS.add("transfer")
def _transfer(session: Session, argument: str) -> None:
    """`transfer EXTENSION [DIALPLAN] [CONTEXT]`: there is one dialplan, so only the first counts."""
    session.transfer(argument.split(" ", 1)[0])


@APPLICATIONS.add("echo", needs_media=True)
def _echo(session: Session, _argument: str) -> None:
    session.media.echo = True
    try:
        while session.is_ready() and not session.take_break():
            session.obey_queued()
            if session.keys:
                session.take_key()
                continue
            session.rest()
    finally:
        session.media.echo = False


@APPLICATIONS.add("log")
def _write_log(_session: Session, argument: str) -> None:
    level, _, text = argument.partition(" ")
    _log.info("dialplan: %s", (text or level)[:500])


@APPLICATIONS.add("info")
def _info(session: Session, _argument: str) -> None:
    _log.info("leg %s: %d variables", session.uuid, len(session.channel.variables))


# --- variables ----------------------------------------------------------------------------------


@APPLICATIONS.add("set")
def _set(session: Session, argument: str) -> None:
    """`set NAME=VALUE`; `_undef_` or nothing takes the variable away."""
    name, equals, value = argument.partition("=")
    if equals or name:
        session.channel.set(name, None if value == "_undef_" else value)


@APPLICATIONS.add("multiset")
def _multiset(session: Session, argument: str) -> None:
    """`multiset A=1 B=2`, or `^^;A=1;B=2` with another separator."""
    separator = " "
    if argument.startswith("^^") and len(argument) > 2:
        separator, argument = argument[2], argument[3:]
    for part in argument.split(separator):
        if part:
            _set(session, part)


@APPLICATIONS.add("unset")
def _unset(session: Session, argument: str) -> None:
    session.channel.set(argument, None)


@APPLICATIONS.add("export")
def _export(session: Session, argument: str) -> None:
    name = argument.partition("=")[0].removeprefix("nolocal:")
    if not argument.startswith("nolocal:"):
        _set(session, argument)
    if name:
        names = session.channel.variables.get("export_vars")
        session.channel.set("export_vars", f"{names},{name}" if names else name)


# --- recordings ---------------------------------------------------------------------------------


@APPLICATIONS.add("record_session", needs_media=True)
def _record_session(session: Session, argument: str) -> None:
    """`record_session PATH [+SECONDS]`: goes on beside whatever else happens."""
    path, _, limit = argument.rpartition(" +")
    if path and limit.isdigit():
        session.recordings.start(path, longest=float(limit))
    elif argument:
        session.recordings.start(argument)


@APPLICATIONS.add("stop_record_session")
def _stop_record_session(session: Session, argument: str) -> None:
    session.recordings.stop(argument)


@APPLICATIONS.add("record_session_mask")
def _record_session_mask(session: Session, argument: str) -> None:
    session.recordings.mask(argument, masked=True)


@APPLICATIONS.add("record_session_unmask")
def _record_session_unmask(session: Session, argument: str) -> None:
    """Nothing happens to a recording that is not masked, or is none."""
    session.recordings.mask(argument, masked=False)


def whole_number(text: str, default: int = 0) -> int:
    """As C's atoi, for what a person would write."""
    found = re.match(r"\s*(-?\d{1,9})", text)
    return int(found[1]) if found else default
