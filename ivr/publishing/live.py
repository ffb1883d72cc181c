"""Which flows a new call takes: the release that is live in the database, else the folder's.

Rules:
1. A call keeps the set that it began with; a switch is one assignment, and no call notices it.
2. The database is asked once a second, in the thread pool. A new release is read by a process beside, its
   prompts are synthesised, and at the instant that the publisher chose all servers change over.
3. A release that cannot be loaded changes nothing: the last good one stays, and the log is loud.
4. The database may be lost: a running server goes on with what it has, a starting one takes its own copy
   of the last release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import gevent
import structlog

from data.errors import DataError
from data.releases import Releases, Switch
from dialogs.errors import DialogError
from dialogs.flow import FlowSet
from ivr.clock import Clock
from ivr.errors import FlowsNotLoaded, IvrError
from ivr.in_thread import in_thread
from ivr.publishing.copies import Copies, Kept
from ivr.publishing.loading import load_beside

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
"""Seconds between two looks at the log of switches."""
MOST_TRIES = 3
"""Times that a release is loaded before it is given up as broken."""
LATE = 0.5
"""Seconds behind the chosen instant from which a switch is told as late."""

Load = Callable[..., FlowSet]


@dataclass(frozen=True)
class Version:
    """Flows, and where they came from."""

    flows: FlowSet
    release: int | None = None
    """`None`: the folder."""
    n: int = 0
    """The line in the log of switches."""
    checksum: str = ""


@dataclass(frozen=True)
class Sources:
    """Where flows can come from."""

    releases: Releases
    copies: Copies
    folder: Callable[[], FlowSet]
    """Reads the folder's flows; asked only if nothing was published. Raises `DialogError`, `IvrError`."""
    main: str
    """The flow that calls begin with; a release without it is none."""
    load: Load = load_beside


class LiveFlows:
    """The version for new calls, kept up to date."""

    def __init__(
        self,
        sources: Sources,
        *,
        clock: Clock,
        warm: Callable[[FlowSet], None] = lambda _flows: None,
        poll: float = POLL_SECONDS,
    ) -> None:
        """`warm` begins to synthesise a set's prompts and returns at once."""
        self._sources = sources
        self._clock = clock
        self._warm = warm
        self._poll = poll
        self._current: Version | None = None
        self._seen = 0
        self._again: list[Switch] = []
        self._tries: Counter[int] = Counter()
        self._lost = False
        self._watcher: gevent.Greenlet[[], None] | None = None
        self._to_come: list[gevent.Greenlet[..., None]] = []

    @property
    def current(self) -> Version:
        """What a call that begins now takes. Raises `RuntimeError` before `start`."""
        if self._current is None:
            raise RuntimeError("no flows have been loaded")
        return self._current

    def start(self) -> None:
        """Finds the flows to begin with, and watches for others from then on.

        Raises `DialogError`, `IvrError`, `DataError` if there are none to be had.
        """
        self._current = self._first()
        where = "the folder" if self._current.release is None else f"release {self._current.release}"
        log.info("flows_live", source=where, version=self._current.flows.version)
        self._warm(self._current.flows)
        self._watcher = gevent.spawn(self._watch)

    def close(self) -> None:
        """Watches no longer."""
        gevent.killall([one for one in (self._watcher, *self._to_come) if one is not None])

    # At the start

    def _first(self) -> Version:
        try:
            lines = in_thread(self._sources.releases.history)
        except DataError as lost:
            self._lost = True
            return self._without_database(lost)
        now = self._clock.utc()
        due = [line for line in lines if line.effective_at <= now]
        self._seen = due[0].n if due else 0
        for line in due:
            version = self._loaded(line)
            if version is not None:
                self._note(version)
                return version
            self._try_again(line)
        if due:
            raise FlowsNotLoaded(
                "None of the published releases can be loaded", "Publish again: ivr flow publish --why …"
            )
        if (kept := in_thread(self._sources.copies.last)) is not None:
            log.error(
                "release_forgotten", release=kept.number, remedy="the database knows no release: restore it"
            )
        return self._folder_or_next([line for line in reversed(lines) if line.effective_at > now])

    def _folder_or_next(self, to_come: Sequence[Switch]) -> Version:
        """The folder until the first release is due. Where it cannot be used, as it has not the flow that
        calls begin with, that release holds from now on: there is nothing else to answer calls with."""
        try:
            return Version(self._sources.folder())
        except (DialogError, IvrError) as unfit:
            for line in sorted(to_come, key=lambda one: one.effective_at):
                version = self._loaded(line)
                if version is not None:
                    log.warning("flows_before_their_time", release=line.release, reason=str(unfit))
                    self._note(version)
                    return version
            raise

    def _without_database(self, lost: DataError) -> Version:
        kept = in_thread(self._sources.copies.last)
        if kept is None:
            log.error("flows_from_folder", reason=str(lost))
            return Version(self._sources.folder())
        log.error("flows_from_own_copy", release=kept.number, reason=str(lost))
        self._seen = kept.n
        flows = self._sources.load(self._sources.copies.place_of(kept.number, kept.checksum))
        return Version(flows, kept.number, kept.n, kept.checksum)

    # While calls are lived

    def _watch(self) -> None:
        while True:
            gevent.sleep(self._poll)
            try:
                self._look()
            except Exception:
                # Whatever broke: the calls go on, and so does the watch.
                log.exception("flows_watch_fault")

    def _look(self) -> None:
        try:
            lines = in_thread(lambda: self._sources.releases.since(self._seen))
        except DataError as lost:
            if not self._lost:
                log.error("flows_not_watched", reason=str(lost))
            self._lost = True
            return
        if self._lost:
            log.warning("flows_watched_again")
            self._lost = False
        again, self._again = self._again, []
        for line in (*again, *lines):
            self._seen = max(self._seen, line.n)
            version = self._loaded(line)
            if version is None:
                self._try_again(line)
            else:
                self._warm(version.flows)
                self._to_come = [one for one in self._to_come if not one.ready()]
                self._to_come.append(gevent.spawn(self._switch_at, line, version))

    def _try_again(self, line: Switch) -> None:
        """At the next look, a few times: the disk may have been full, the database lost in between."""
        self._tries[line.n] += 1
        if self._tries[line.n] < MOST_TRIES:
            self._again.append(line)

    def _switch_at(self, line: Switch, version: Version) -> None:
        while (left := (line.effective_at - self._clock.utc()).total_seconds()) > 0:
            gevent.sleep(left)
        if version.n < self.current.n:
            return  # a later word was due before
        self._current = version
        late = -left
        tell = log.warning if late > LATE else log.info
        tell(
            "flows_switched",
            release=version.release,
            action=line.action,
            who=line.who,
            why=line.why,
            late_seconds=round(late, 3),
        )
        self._note(version)

    # Both

    def _loaded(self, line: Switch) -> Version | None:
        """The line's release as flows; `None`, loudly, if it cannot be had."""
        if self._current is not None and self._current.checksum == line.checksum:
            return Version(self._current.flows, line.release, line.n, line.checksum)
        try:
            place = in_thread(lambda: self._copied(line))
            flows = self._sources.load(place)
            flows.flow(self._sources.main)
        except (DataError, DialogError, IvrError) as broken:
            log.error("release_broken", release=line.release, reason=str(broken))
            return None
        return Version(flows, line.release, line.n, line.checksum)

    def _copied(self, line: Switch) -> Path:
        copies = self._sources.copies
        if copies.has(line.release, line.checksum):
            return copies.place_of(line.release, line.checksum)
        return copies.keep(line.release, line.checksum, self._sources.releases.files(line.release))

    def _note(self, version: Version) -> None:
        """For a start without the database."""
        if version.release is None:
            return
        kept = Kept(version.release, version.n, version.checksum)
        try:
            in_thread(lambda: self._sources.copies.note(kept))
        except OSError as refused:
            log.error("release_not_kept", release=version.release, reason=refused.strerror)
