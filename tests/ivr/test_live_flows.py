"""Which flows a new call takes: switches at their instant, broken releases, a lost database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import gevent
import pytest
from structlog.testing import capture_logs

from data.releases import Intent, Switch, checksum_of
from data.store import Store
from dialogs.errors import FlowsInvalid
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from ivr.clock import Clock
from ivr.errors import FlowsNotLoaded
from ivr.publishing.catalogues import catalogue_in
from ivr.publishing.copies import Copies
from ivr.publishing.folder import read_folder
from ivr.publishing.live import LiveFlows, Sources
from tests.databases import store_at
from tests.ivr.flow_files import files, folder_with

DEADLINE = 10.0


def read(folder: Path) -> FlowSet:
    """In this process: quicker, and as strict."""
    return load_flows([folder], catalogue_in(folder))


class Site:
    """A database, a folder of flows, and servers' views of them."""

    def __init__(self, place: Path) -> None:
        self.url = f"sqlite:///{place}/ivr.sqlite3"
        self.file = place / "ivr.sqlite3"
        self.store = store_at(self.file)
        self.folder = folder_with(place / "flows", files("Carpeta"))
        self.spool = place / "spool"
        self.running: list[LiveFlows] = []
        self.warmed: list[str] = []

    def server(self, *, load: Callable[[Path], FlowSet] = read) -> LiveFlows:
        """Another server on this database, with a store of its own."""
        sources = Sources(
            releases=Store(self.url).releases,
            copies=Copies(self.spool, self.url),
            folder=lambda: read(self.folder),
            main="main",
            load=load,
        )
        live = LiveFlows(
            sources, clock=Clock(), poll=0.01, warm=lambda flows: self.warmed.append(flows.version)
        )
        self.running.append(live)
        live.start()
        return live

    def publish(self, content: dict[str, bytes], *, lead: float = 0.0) -> Switch:
        return self.store.releases.publish(content, self.intent(lead))

    def back(self, number: int, *, lead: float = 0.0) -> Switch:
        return self.store.releases.go_back(number, self.intent(lead))

    def intent(self, lead: float) -> Intent:
        now, last = datetime.now(UTC), self.store.releases.last()
        until = now + timedelta(seconds=lead)
        return Intent(who="ana", why="because", at=now, effective_at=until, after=last.n if last else 0)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    for live in site.running:
        live.close()


def until(what: Callable[[], bool]) -> None:
    """Waits until it is so; fails after `DEADLINE` seconds."""
    with gevent.Timeout(DEADLINE, AssertionError("it did not come to pass in time")):
        while not what():
            gevent.sleep(0.005)


def greeting(live: LiveFlows) -> str:
    """What the flows that are live now say first."""
    (_way, words), *_ = live.current.flows.flow("main").steps["greet"].prompts()
    return words["es"].source


def test_without_a_publish_flows_come_from_the_folder(site: Site) -> None:
    """As before anybody has published."""
    live = site.server()
    assert (live.current.release, greeting(live)) == (None, "Carpeta.")
    assert site.warmed == [live.current.flows.version]


def test_a_release_beats_the_folder(site: Site) -> None:
    """From the first publish on, the database is the truth."""
    site.publish(files("Uno"))
    live = site.server()
    assert (live.current.release, greeting(live)) == (1, "Uno.")


def test_a_publish_reaches_a_running_server_and_the_set_of_a_live_call_stays(site: Site) -> None:
    """A new call takes the new version; what a call began with is another object, and stays as it was."""
    live = site.server()
    begun_with = live.current.flows
    site.publish(files("Uno"))
    until(lambda: live.current.release == 1)
    assert greeting(live) == "Uno."
    assert begun_with is not live.current.flows
    (_way, words), *_ = begun_with.flow("main").steps["greet"].prompts()
    assert words["es"].source == "Carpeta."
    assert site.warmed[-1] == live.current.flows.version


def test_going_back_and_forth(site: Site) -> None:
    """Each word of the log is followed, in its order."""
    live = site.server()
    site.publish(files("Uno"))
    site.publish(files("Dos"))
    until(lambda: live.current.release == 2)
    site.back(1)
    until(lambda: live.current.n == 3)
    assert (live.current.release, greeting(live)) == (1, "Uno.")


def test_two_servers_change_over_at_the_chosen_instant(site: Site) -> None:
    """Both have it before, and neither takes it before; on a busy machine they may be a moment late."""
    servers = [site.server(), site.server()]
    changed: dict[int, datetime] = {}

    def watch(which: int) -> None:
        while servers[which].current.release is None:
            gevent.sleep(0.001)
        changed[which] = datetime.now(UTC)

    watching = [gevent.spawn(watch, which) for which in range(2)]
    switch = site.publish(files("Uno"), lead=0.6)
    gevent.joinall(watching, timeout=DEADLINE)
    assert len(site.warmed) >= 4, "both have prepared it"
    assert len(changed) == 2, "both have changed over"
    for when in changed.values():
        assert timedelta(0) <= when - switch.effective_at < timedelta(seconds=0.5)


def test_a_server_that_starts_before_the_instant_takes_the_one_before(site: Site) -> None:
    """And then changes over with the others."""
    site.publish(files("Uno"))
    site.publish(files("Dos"), lead=0.5)
    live = site.server()
    assert live.current.release == 1
    until(lambda: live.current.release == 2)


def test_a_first_release_holds_before_its_instant_where_the_folder_cannot_be_used(site: Site) -> None:
    """`calls.flow` names a flow that only the release has: the server starts, and takes that."""
    (site.folder / "main.flow.yaml").unlink()
    for other in site.folder.glob("*.test.yaml"):
        other.unlink()
    with pytest.raises(FlowsInvalid):
        site.server()
    site.publish(files("Uno"), lead=3600)
    with capture_logs() as told:
        live = site.server()
    assert (live.current.release, greeting(live)) == (1, "Uno.")
    assert "flows_before_their_time" in [line["event"] for line in told]


def test_a_later_word_that_is_due_before_stays(site: Site) -> None:
    """A rollback is not undone by a slow publish that was written before it."""
    site.publish(files("Uno"))
    live = site.server()
    slow = site.publish(files("Dos"), lead=0.5)
    site.back(1)
    until(lambda: live.current.n == 3)
    until(lambda: datetime.now(UTC) > slow.effective_at + timedelta(seconds=0.1))
    assert (live.current.n, live.current.release) == (3, 1)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE flow_files SET content = x'00' WHERE sha256 IN "
        "(SELECT sha256 FROM flow_release_files WHERE release = 2 AND path = 'main.flow.yaml')",
        "DELETE FROM flow_release_files WHERE release = 2 AND path = 'main.flow.yaml'",
    ],
)
def test_a_damaged_release_leaves_the_last_good_one(site: Site, damage: str) -> None:
    """Before and after a restart, with a loud line in the log."""
    site.publish(files("Uno"))
    live = site.server()
    with capture_logs() as logs:
        site.publish(files("Dos"), lead=0.3)
        with site.store.database.writing() as connection:
            connection.exec_driver_sql(damage)
        until(lambda: any(line["event"] == "release_broken" for line in logs))
        assert live.current.release == 1
        again = site.server()
        gevent.sleep(0)
    assert again.current.release == 1


def test_a_release_with_mistakes_leaves_the_last_good_one(site: Site) -> None:
    """It cannot come by `ivr flow publish`; it can by another program, or an older one."""
    site.publish(files("Uno"))
    live = site.server()
    with capture_logs() as logs:
        site.publish({**files("Dos"), "main.flow.yaml": b"flow: main\n"})
        until(lambda: any(line["event"] == "release_broken" for line in logs))
    assert live.current.release == 1
    site.publish(files("Tres"))
    until(lambda: live.current.release == 3)


def test_only_broken_releases_are_no_reason_to_take_the_folder(site: Site) -> None:
    """The folder may hold anything: better a clear fault, and the queue of the dialplan."""
    site.publish({"main.flow.yaml": b"flow: main\n"})
    with pytest.raises(FlowsNotLoaded, match="ivr flow publish"):
        site.server()


def test_a_lost_database_changes_nothing_for_who_runs(site: Site) -> None:
    """Told once, not every second; and when it is back, so is the watch."""
    site.publish(files("Uno"))
    live = site.server()
    away = site.file.with_suffix(".away")
    with capture_logs() as logs:
        site.store.close()
        site.file.rename(away)
        until(lambda: any(line["event"] == "flows_not_watched" for line in logs))
        gevent.sleep(0.1)
        assert live.current.release == 1
        away.rename(site.file)
        until(lambda: any(line["event"] == "flows_watched_again" for line in logs))
        site.publish(files("Dos"))
        until(lambda: live.current.release == 2)
    assert [line["event"] for line in logs].count("flows_not_watched") == 1


def test_a_start_without_the_database_takes_the_own_copy(site: Site) -> None:
    """The last good release of this machine, not the folder; and the watch goes on when it is back."""
    site.publish(files("Uno"))
    site.server().close()
    away = site.file.with_suffix(".away")
    site.store.close()
    site.file.rename(away)
    with capture_logs() as logs:
        live = site.server()
    assert (live.current.release, greeting(live)) == (1, "Uno.")
    assert "flows_from_own_copy" in [line["event"] for line in logs]
    away.rename(site.file)
    site.publish(files("Dos"))
    until(lambda: live.current.release == 2)


def test_an_own_copy_that_was_changed_is_not_taken(site: Site) -> None:
    """What lies in the spool is a copy, not a place to edit."""
    switch = site.publish(files("Uno"))
    site.server().close()
    place = Copies(site.spool, site.url).place_of(1, switch.checksum)
    (place / "main.flow.yaml").write_bytes(files("Otra")["main.flow.yaml"])
    site.store.close()
    site.file.unlink()
    live = site.server()
    assert (live.current.release, greeting(live)) == (None, "Carpeta.")


def test_few_copies_stay(site: Site) -> None:
    """A designer who publishes every hour fills no disk."""
    live = site.server()
    for number in range(1, 6):
        site.publish(files(f"Saludo {number}"))
        until(lambda number=number: live.current.release == number)  # type: ignore[misc] # bound at once
    until(lambda: len(list(site.spool.glob("*/release-*"))) == 3)
    assert live.current.release == 5


def test_servers_that_share_a_spool_do_not_take_copies_from_each_other(tmp_path: Path) -> None:
    """Many threads keep and read the same release at once: whoever has kept it can read it, always whole."""
    content = files("Uno")
    checksum = checksum_of(content)

    def keep(_: int) -> bool:
        copies = Copies(tmp_path / "spool", "sqlite:///x")
        place = copies.keep(1, checksum, content)
        return read_folder(place)[0] == content and copies.has(1, checksum)

    pool = gevent.get_hub().threadpool
    assert list(pool.map(keep, range(40))) == [True] * 40
    place = Copies(tmp_path / "spool", "sqlite:///x").place_of(1, checksum)
    (place / "main.flow.yaml").write_bytes(b"damaged")
    assert list(pool.map(keep, range(40))) == [True] * 40
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_what_fails_once_is_tried_again(site: Site) -> None:
    """A process that was killed, a disk that was full for a moment: the release comes at the next look."""
    broken = [FlowsNotLoaded("killed", "try again"), FlowsNotLoaded("killed", "try again")]

    def load(folder: Path) -> FlowSet:
        if broken:
            raise broken.pop()
        return read(folder)

    live = site.server(load=load)
    site.publish(files("Uno"))
    until(lambda: live.current.release == 1)
    assert not broken


def test_a_start_on_an_older_release_goes_on_to_the_live_one(site: Site) -> None:
    """The live one cannot be loaded at that moment; the one before serves until it can."""
    site.publish(files("Uno"))
    site.publish(files("Dos"))
    broken = [FlowsNotLoaded("killed", "try again")]

    def load(folder: Path) -> FlowSet:
        if broken:
            raise broken.pop()
        return read(folder)

    live = site.server(load=load)
    assert live.current.release == 1
    until(lambda: live.current.release == 2)
