"""Published flows in a real database: releases, the log of what is live, and two who publish at once."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from data.errors import FlowsSwitched, ReleaseDamaged, ReleaseUnknown
from data.releases import Intent, checksum_of, is_inside
from data.store import Store
from tests.data.conftest import NOW

FILES = {"main.flow.yaml": b"flow: main\n", "catalogue.yaml": b"queues: [a]\n", "more/x.test.yaml": b"\xff"}


def intent(after: int, *, minutes: int = 0, lead: int = 5, who: str = "ana", why: str = "because") -> Intent:
    at = NOW + timedelta(minutes=minutes)
    return Intent(who=who, why=why, at=at, effective_at=at + timedelta(seconds=lead), after=after)


def test_a_release_comes_back_byte_for_byte(store: Store) -> None:
    """Whatever the files hold; with who, why and when."""
    switch = store.releases.publish(FILES, intent(0))
    assert (switch.n, switch.release, switch.action) == (1, 1, "publish")
    assert store.releases.files(1) == FILES
    release = store.releases.release(1)
    assert (release.who, release.why, release.at) == ("ana", "because", NOW)
    assert release.checksum == switch.checksum == checksum_of(FILES)
    assert store.releases.last() == switch == store.releases.history()[0]


def test_nothing_published_is_no_error(store: Store) -> None:
    """A new installation serves its folder."""
    assert store.releases.last() is None
    assert store.releases.live(NOW) is None
    assert store.releases.since(0) == store.releases.history() == ()


def test_the_same_content_is_stored_once(store: Store) -> None:
    """A hundred releases of a hundred flows cost what has changed."""
    store.releases.publish(FILES, intent(0))
    store.releases.publish({**FILES, "main.flow.yaml": b"flow: main # 2\n"}, intent(1))
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM flow_files").scalar() == 4
        assert connection.exec_driver_sql("SELECT count(*) FROM flow_release_files").scalar() == 6


def test_a_switch_counts_from_its_instant_on(store: Store) -> None:
    """Until then the one before it does; a server that starts in between takes the one before it."""
    first = store.releases.publish(FILES, intent(0))
    second = store.releases.publish({"a.yaml": b""}, intent(1, minutes=1))
    assert store.releases.live(NOW) is None
    assert store.releases.live(first.effective_at) == first
    assert store.releases.live(second.effective_at - timedelta(milliseconds=1)) == first
    assert store.releases.live(second.effective_at) == second


def test_the_later_word_holds_even_if_it_is_due_before(store: Store) -> None:
    """Who goes back while a slow publish is still to come, has gone back for good."""
    store.releases.publish(FILES, intent(0))
    slow = store.releases.publish({"a.yaml": b""}, intent(1, lead=60))
    back = store.releases.go_back(1, intent(2, lead=5))
    assert store.releases.live(slow.effective_at) == back


def test_the_history_tells_everything_newest_first(store: Store) -> None:
    """Publishes and rollbacks, each with who and why; going back makes no new release."""
    store.releases.publish(FILES, intent(0, why="first"))
    store.releases.publish({"a.yaml": b""}, intent(1, why="second"))
    store.releases.go_back(1, intent(2, who="berta", why="callers hung up"))
    told = [(one.n, one.release, one.action, one.who, one.why) for one in store.releases.history()]
    assert told == [
        (3, 1, "rollback", "berta", "callers hung up"),
        (2, 2, "publish", "ana", "second"),
        (1, 1, "publish", "ana", "first"),
    ]
    assert [one.n for one in store.releases.since(1)] == [2, 3]


def test_who_has_not_seen_the_last_word_is_told(store: Store) -> None:
    """Neither a publish nor a rollback overwrites what somebody else did meanwhile; nothing is stored."""
    store.releases.publish(FILES, intent(0))
    for late in (lambda: store.releases.publish({"a.yaml": b"x"}, intent(0)), _back(store)):
        with pytest.raises(FlowsSwitched, match="somebody else"):
            late()
    assert len(store.releases.history()) == 1
    with pytest.raises(ReleaseUnknown):
        store.releases.release(2)


def _back(store: Store) -> object:
    return lambda: store.releases.go_back(1, intent(0))


def test_of_several_that_publish_at_once_one_does(store: Store, store_url: str) -> None:
    """Processes of their own that have all seen the same end of the log: one release, the other refused."""
    program = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from data.errors import FlowsSwitched\n"
        "from data.releases import Intent\n"
        "from data.store import Store\n"
        "store, who, now = Store(sys.argv[1]), sys.argv[2], datetime.now(UTC)\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "try:\n"
        "    intent = Intent(who=who, why='w', at=now, effective_at=now, after=0)\n"
        "    store.releases.publish({'a.yaml': who.encode()}, intent)\n"
        "    print('published')\n"
        "except FlowsSwitched:\n"
        "    print('told')\n"
    )
    people = [
        subprocess.Popen(
            [sys.executable, "-c", program, store_url, who],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in ("ana", "berta")
    ]
    for person in people:
        assert person.stdout is not None
        assert person.stdout.readline() == "ready\n"
    for person in people:
        assert person.stdin is not None
        person.stdin.write("go\n")
        person.stdin.flush()
    said = sorted(person.communicate(timeout=30)[0].strip() for person in people)
    assert said == ["published", "told"]
    (only,) = store.releases.history()
    assert store.releases.files(only.release) == {"a.yaml": only.who.encode()}


def test_going_back_to_what_never_was_is_refused(store: Store) -> None:
    """With the last number there is."""
    store.releases.publish(FILES, intent(0))
    with pytest.raises(ReleaseUnknown, match=r"no release 9 .* last one is 1"):
        store.releases.go_back(9, intent(1))


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE flow_files SET content = CAST('x' AS {blob}) WHERE sha256 IN"
        " (SELECT min(sha256) FROM flow_files)",
        "DELETE FROM flow_release_files WHERE path = 'catalogue.yaml'",
        "UPDATE flow_release_files SET path = '../../etc/x' WHERE path = 'catalogue.yaml'",
        "UPDATE flow_releases SET checksum = 'abc'",
    ],
)
def test_a_release_that_somebody_edited_is_refused(store: Store, edit: str) -> None:
    """A changed content, a missing file, a path that leads out: an error with its remedy, never the file."""
    store.releases.publish(FILES, intent(0))
    blob = "bytea" if store.database.backend == "postgresql" else "blob"
    with store.database.writing() as connection:
        connection.exec_driver_sql(edit.format(blob=blob))
    with pytest.raises(ReleaseDamaged, match="not as it was published"):
        store.releases.files(1)


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("main.flow.yaml", True),
        ("a/b c/ñ.yaml", True),
        ("/etc/passwd", False),
        ("../x.yaml", False),
        ("a/../../x", False),
        ("a\\..\\x", False),
        ("./x", False),
        ("a//x", False),
        ("", False),
        (".", False),
        ("a\nb", False),
        ("x" * 301, False),
    ],
)
def test_paths_stay_inside(store: Store, path: str, inside: bool) -> None:
    """What would be written elsewhere is refused before it is stored."""
    assert is_inside(path) is inside
    if not inside:
        with pytest.raises(ReleaseDamaged, match="cannot be a file"):
            store.releases.publish({path: b""}, intent(0))
        assert store.releases.last() is None
