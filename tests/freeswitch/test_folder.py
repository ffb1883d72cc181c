"""The configuration folder on disk, with real files."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from esl.freeswitch import folder as room
from esl.freeswitch.configuration import Agent, Gateway, Limits, SwitchConfiguration
from esl.freeswitch.errors import SwitchConfigurationError, SwitchFolderError
from esl.freeswitch.folder import prepare, write

PLAIN = SwitchConfiguration()
CHANGED = replace(PLAIN, limits=Limits(calls=12))
TRUNK = replace(
    PLAIN, gateways=(Gateway("trunk", "sip.example.net", "account"),), agents=(Agent("1001", ()),)
)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    folder = tmp_path / "conf"
    write(prepare(folder, PLAIN))
    return folder


def test_a_second_run_has_nothing_to_do(written: Path) -> None:
    """The promise that makes the command safe to repeat."""
    again = prepare(written, PLAIN)
    assert not again.changes
    assert not again.new_secrets


def test_secrets_are_made_differ_and_are_closed_to_others(tmp_path: Path) -> None:
    """No installation shares a password with another, whatever the umask is."""
    before = os.umask(0)
    try:
        write(prepare(tmp_path / "a", PLAIN))
        write(prepare(tmp_path / "b", PLAIN))
    finally:
        os.umask(before)
    first, second = (tmp_path / name / "secrets" / "event_socket" for name in "ab")
    assert first.read_text() != second.read_text()
    assert len(first.read_text().strip()) == 32
    assert mode(first) == 0o600
    assert mode(first.parent) == 0o700
    for secret in ("autoload_configs/event_socket.conf.xml", "sip_profiles/ivr.xml", "directory/agents.xml"):
        assert mode(tmp_path / "a" / secret) == 0o600
    assert first.read_text().strip() in (tmp_path / "a/autoload_configs/event_socket.conf.xml").read_text()


def test_without_force_nothing_is_changed(written: Path) -> None:
    """An operator's edit survives a careless second run, and the difference is shown."""
    before = contents(written)
    preparation = prepare(written, CHANGED)
    assert preparation.differs
    [change] = preparation.changes
    assert '-      <param name="max-sessions" value="401" />' in change.diff.splitlines()
    assert '+      <param name="max-sessions" value="13" />' in change.diff.splitlines()
    with pytest.raises(SwitchFolderError, match="--force"):
        write(preparation)
    assert contents(written) == before


def test_force_overwrites_keeps_the_old_file_and_the_secrets(written: Path) -> None:
    """The password that the running server uses must not change under it."""
    before = contents(written)
    write(prepare(written, CHANGED), force=True)
    after = contents(written)
    place = "autoload_configs/switch.conf.xml"
    assert b'"max-sessions" value="13"' in after[place]
    assert after[place + ".before"] == before[place]
    assert after["secrets/event_socket"] == before["secrets/event_socket"]
    assert {name for name in after if after[name] != before.get(name)} == {place, place + ".before"}


def test_no_diff_shows_a_secret(written: Path) -> None:
    """Diffs end up in tickets and chats."""
    file = written / "autoload_configs" / "event_socket.conf.xml"
    secret = (written / "secrets" / "event_socket").read_text().strip()
    file.write_text(file.read_text().replace(secret, "typed-by-hand").replace("8021", "9999"))
    [change] = prepare(written, PLAIN).changes
    assert "9999" in change.diff
    assert "typed-by-hand" not in change.diff
    assert secret not in change.diff
    file.write_text(file.read_text().replace("9999", "8021"))
    [change] = prepare(written, PLAIN).changes
    assert not change.new
    assert change.diff == ""


def test_a_providers_password_is_never_made_up(tmp_path: Path) -> None:
    """It is theirs: it is given once, kept, and can be replaced."""
    folder = tmp_path / "conf"
    with pytest.raises(SwitchConfigurationError, match="secrets/gateway-trunk"):
        prepare(folder, TRUNK)
    write(prepare(folder, TRUNK, {"gateway-trunk": 'p"&<$${x}'}))
    assert (folder / "secrets" / "gateway-trunk").read_text() == 'p"&<$${x}\n'
    assert not prepare(folder, TRUNK).changes
    replaced = prepare(folder, TRUNK, {"gateway-trunk": "new"})
    assert [change.file.place for change in replaced.changes] == ["sip_profiles/ivr.xml"]
    assert "new" not in replaced.changes[0].diff


def test_an_agent_added_later_gets_a_password_and_the_others_keep_theirs(tmp_path: Path) -> None:
    """Telephones that work go on working."""
    folder = tmp_path / "conf"
    write(prepare(folder, TRUNK, {"gateway-trunk": "x"}))
    first = (folder / "secrets" / "agent-1001").read_text()
    more = replace(TRUNK, agents=(*TRUNK.agents, Agent("1002", ("agents",))))
    write(prepare(folder, more), force=True)
    assert (folder / "secrets" / "agent-1001").read_text() == first
    assert len((folder / "secrets" / "agent-1002").read_text()) == 33


def test_somebody_elses_configuration_is_not_overwritten(tmp_path: Path) -> None:
    """A folder with FreeSWITCH's own example configuration has files of the same names."""
    (tmp_path / "freeswitch.xml").write_text("<document/>\n")
    preparation = prepare(tmp_path, PLAIN)
    assert preparation.differs
    with pytest.raises(SwitchFolderError):
        write(preparation)
    assert contents(tmp_path) == {"freeswitch.xml": b"<document/>\n"}


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """One line with the remedy, not a traceback."""
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(SwitchFolderError, match="not a folder"):
        prepare(file, PLAIN)
    with pytest.raises(SwitchFolderError, match="cannot be written"):
        write(prepare(file / "below", PLAIN))
    (tmp_path / "freeswitch.xml").write_bytes(b"\xff\xfe")
    with pytest.raises(SwitchFolderError, match="not UTF-8"):
        prepare(tmp_path, PLAIN)


def test_a_full_disk_leaves_the_old_file_whole(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-written file would keep the switch from starting."""
    before = contents(written)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.os, "fsync", full)
    with pytest.raises(SwitchFolderError, match="No space left"):
        write(prepare(written, CHANGED), force=True)
    assert contents(written) == before
