"""Whose folder live audio lies in, and what is left there by a server that was killed."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from esl.errors import UnsafeTextError
from esl.live_folder import claim

KILLED = """
import os, signal, sys
from pathlib import Path
from esl.live_folder import claim
folder = claim(Path(sys.argv[1])).path
(folder / "left.r8").write_bytes(b"voice")
print(folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_in(parent: Path) -> Path:
    """The folder of a server that was killed, with a caller's voice in it."""
    told = subprocess.run([sys.executable, "-c", KILLED, str(parent)], stdout=subprocess.PIPE, check=False)
    return Path(told.stdout.decode().strip())


def test_what_a_killed_server_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    """Two killed ones, and one that lives: only the dead ones' files go."""
    living = claim(tmp_path)
    (living.path / "heard.r8").write_bytes(b"voice")
    first = killed_in(tmp_path)
    assert (first / "left.r8").exists()
    assert first != living.path
    claimed = claim(tmp_path)
    assert claimed.leftovers == 1
    assert claimed.path == first
    assert [file.name for file in tmp_path.rglob("*.r8")] == ["heard.r8"]
    second = killed_in(tmp_path)
    claimed.release()
    third = claim(tmp_path)  # takes the first free one, and clears the other
    assert (third.path, third.leftovers) == (first, 1)
    assert not (second / "left.r8").exists()
    for one in (living, third):
        one.release()
        one.release()


def test_only_this_user_enters_what_lies_in_a_public_folder(tmp_path: Path) -> None:
    """As in /dev/shm: others must not list whose calls there are, nor put a file in the way."""
    tmp_path.chmod(0o1777)
    claimed = claim(tmp_path)
    assert stat.S_IMODE(claimed.path.parent.stat().st_mode) == 0o700
    assert claimed.path.parent.parent == tmp_path
    claimed.release()


def test_what_somebody_else_put_in_its_place_is_refused(tmp_path: Path) -> None:
    """A link would lead the callers' voices elsewhere."""
    tmp_path.chmod(0o1777)
    claimed = claim(tmp_path)
    own = claimed.path.parent
    claimed.path.rmdir()
    own.rmdir()
    (tmp_path / "elsewhere").mkdir()
    own.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="somebody else's"):
        claim(tmp_path)
    claimed.release()


def test_a_folder_for_two_users_keeps_its_rights(tmp_path: Path) -> None:
    """The switch may run as another user of the same group."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    claimed = claim(shared)
    assert stat.S_IMODE(claimed.path.stat().st_mode) == 0o2770
    claimed.release()


def test_a_link_in_the_place_of_a_server_s_folder_is_passed_over(tmp_path: Path) -> None:
    """What lies behind it is not ours to clear."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.r8").touch()
    (tmp_path / "ivr-server-1").symlink_to(tmp_path / "other")
    claimed = claim(tmp_path)
    assert claimed.path.name == "ivr-server-2"
    assert (tmp_path / "other" / "mine.r8").exists()
    claimed.release()


def test_a_folder_that_the_switch_could_not_be_told_is_refused(tmp_path: Path) -> None:
    """Before the first caller."""
    odd = tmp_path / "it's"
    odd.mkdir()
    with pytest.raises(UnsafeTextError):
        claim(odd)
