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


def test_no_second_force_loses_what_the_operator_wrote(written: Path) -> None:
    """Each overwriting keeps its own copy: the first one may be the only one that is worth something."""
    place = written / "autoload_configs/switch.conf.xml"
    place.write_text("typed by hand\n")
    for calls in (11, 12, 13):
        write(prepare(written, replace(PLAIN, limits=Limits(calls=calls))), force=True)
    copies = {file.name: file.read_text() for file in place.parent.glob("switch.conf.xml.before*")}
    assert copies["switch.conf.xml.before"] == "typed by hand\n"
    assert 'value="12"' in copies["switch.conf.xml.before.2"]
    assert 'value="13"' in copies["switch.conf.xml.before.3"]
    assert len(copies) == 3


def test_secrets_that_others_may_read_are_told_and_closed(written: Path) -> None:
    """A copy with `cp -r` has the rights of its umask: 0644."""
    opened = [
        written / "secrets",
        written / "secrets/event_socket",
        written / "autoload_configs/event_socket.conf.xml",
    ]
    for place, rights in zip(opened, (0o755, 0o644, 0o644), strict=True):
        place.chmod(rights)
    preparation = prepare(written, PLAIN)
    assert list(preparation.too_open) == opened
    assert not preparation.changes
    with pytest.raises(SwitchFolderError, match="--force"):
        write(preparation)
    assert mode(opened[1]) == 0o644
    write(preparation, force=True)
    assert [mode(place) for place in opened] == [0o700, 0o600, 0o600]
    assert not prepare(written, PLAIN).differs


def test_what_is_kept_of_a_file_with_a_secret_is_closed_too(written: Path) -> None:
    """The old password may still be the one of the next machine."""
    profile = written / "sip_profiles/ivr.xml"
    profile.chmod(0o644)
    profile.write_text("<old/>\n")
    write(prepare(written, PLAIN), force=True)
    assert mode(profile) == mode(profile.with_name("ivr.xml.before")) == 0o600


def test_a_secret_that_no_file_can_hold_is_named(written: Path) -> None:
    """Which of them, and what is wrong with it."""
    file = written / "secrets/event_socket"
    file.write_text("one\x07two\n")
    with pytest.raises(SwitchConfigurationError, match=r"secrets/event_socket holds a control .*code 7"):
        prepare(written, PLAIN)


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
    (tmp_path / "freeswitch.xml").unlink()
    (tmp_path / "freeswitch.xml").mkdir()
    with pytest.raises(SwitchFolderError, match="a folder where a file belongs; move it away"):
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
