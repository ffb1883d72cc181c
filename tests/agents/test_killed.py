"""A server that is killed while an agent talks or wraps up: the switch goes on, the next server finds it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gevent import subprocess as cooperative

from data.records import Contact
from tests.agents.conftest import ME, House, house
from tests.agents.known import presence_of
from tests.freeswitch.harness import wait_until

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[House]:
    """A house that hears nothing itself: what is written, the other process writes."""
    with house(tmp_path) as home:
        home.following.close()
        yield home


@pytest.fixture
def start(quiet: House, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a process that looks after the agents, and waits until it does."""
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        host, port = quiet.switch.event_socket_address
        words = [host, str(port), quiet.switch.config.password, f"sqlite:///{tmp_path / 'ivr.sqlite3'}"]
        process = cooperative.Popen(
            [sys.executable, "-m", "tests.agents.victim", *words], cwd=CHECKOUT, stdout=subprocess.PIPE
        )
        running.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]  # it is a pipe


def killed(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def contacts(home: House) -> tuple[Contact, ...]:
    return home.store.agents.latest("2001", most=5)


def contact(home: House) -> Contact:
    """The only one."""
    (found,) = contacts(home)
    return found


def talk(home: House) -> Callable[[], None]:
    """The agent takes a call; how the caller ends it."""
    home.desk.check_in("2001", ME)
    desk = home.telephone("1001")
    caller = home.call()
    desk.wait_for_call()
    desk.answer()
    return caller.hang_up


def until(_home: House, condition: Callable[[], object], what: str) -> None:
    wait_until(lambda: bool(condition()), 15, what)


def next_server(home: House) -> None:
    """What a server does that is started again, here in this process: tells the switch, looks, closes."""
    home.watchdog.attend()
    home.watchdog.catch_up()
    home.contacts.lapse()


def test_killed_while_an_agent_wraps_up(quiet: House, start) -> None:
    """The agent is free when their seconds are over, with no server at all; the next closes the contact."""
    first = start()
    hang_up = talk(quiet)
    until(quiet, lambda: quiet.agent("2001").config.wrap_up == 3, "the queue's seconds on the switch")
    hang_up()
    until(quiet, lambda: any(one.ended_at for one in contacts(quiet)), "the end of the talk")
    killed(first)
    assert contact(quiet).closed_at is None
    until(quiet, lambda: quiet.agent("2001").state == "Waiting", "the end of the wrap-up")
    assert presence_of(quiet.store, "2001").state == "in"
    next_server(quiet)
    until(quiet, lambda: contact(quiet).closed_at, "the contact's end")
    assert contact(quiet).closed_by == "time"
    assert quiet.store.alerts.repairs() == ()


@pytest.mark.long
def test_killed_while_an_agent_talks(quiet: House, start) -> None:
    """Nobody hears the end of the talk: the next server finds that it is over, notes it, and closes it."""
    first = start()
    hang_up = talk(quiet)
    until(
        quiet, lambda: quiet.agent("2001").config.wrap_up == 3, "the contact, and the seconds on the switch"
    )
    killed(first)
    hang_up()
    until(quiet, lambda: quiet.agent("2001").state == "Waiting", "the end of the wrap-up")
    next_server(quiet)
    until(quiet, lambda: contact(quiet).closed_at, "the contact's end")
    assert [one.kind for one in quiet.store.alerts.repairs()] == ["lost_end"]
