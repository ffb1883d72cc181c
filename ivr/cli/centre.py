"""What commands about agents and queues share: the people as declared, and a line to the switch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dialogs.catalogue import load_catalogue
from dialogs.source import nearest
from ivr.agents.line import SwitchLine
from ivr.agents.opening import staff_of
from ivr.agents.roster import Roster
from ivr.cli.flows import CannotBeDone
from ivr.config import Settings
from ivr.publishing.catalogues import CATALOGUE
from ivr.queueing.plan import Plan


def declared(settings: Settings) -> tuple[Plan, Roster]:
    """Queues and people of the files, also where there are none. Raises `FlowsInvalid`."""
    return staff_of(settings, load_catalogue(settings.flows_folder / CATALOGUE))


def staff(settings: Settings) -> tuple[Plan, Roster]:
    """As `declared`, for whoever wants people. Raises `CannotBeDone` where nobody is declared."""
    plan, roster = declared(settings)
    if not roster.agents:
        beside = settings.flows_folder if settings.queues_file is None else settings.queues_file.parent
        raise CannotBeDone(f"no agents are declared: write {beside / 'agents.yaml'} (docs/agents.md)")
    return plan, roster


def declared_agents(settings: Settings, *named: str) -> None:
    """Raises `CannotBeDone` if one of them is no agent of the files."""
    _, roster = staff(settings)
    for one in named:
        if one not in roster.agents:
            raise CannotBeDone(f"{one[:60]!r} is no agent: {nearest(one, roster.agents)}")


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def line_of(settings: Settings) -> Iterator[SwitchLine]:
    """A line to the switch of the settings. Raises `CannotBeDone`."""
    switch = settings.switch
    if switch.event_password is None:
        raise CannotBeDone("no password of the switch is set: set switch.event_password in ivr.yaml")
    line = SwitchLine((switch.event_host, switch.event_port), switch.event_password)
    try:
        yield line
    finally:
        line.close()


@contextmanager
def line_if_any(settings: Settings) -> Iterator[SwitchLine | None]:
    """As `line_of`; `None` where no password is set: the server tells the switch."""
    if settings.switch.event_password is None:
        yield None
        return
    with line_of(settings) as line:
        yield line
