"""The tests' own ground: nothing of an installation on this machine is read or written."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.own_folder import own_folder

ASK = """
import tests.conftest, os
print(sorted(name for name in os.environ if name.startswith("IVR_")))
"""


def test_the_settings_of_who_runs_the_tests_do_not_count() -> None:
    """A database or a home out of the environment would be written to; where models lie is shared."""
    theirs = {
        "IVR_HOME": "/srv/ivr",
        "IVR_DATABASE__URL": "sqlite:////srv/ivr/live.sqlite3",
        "IVR_MODELS": "/srv/models",
    }
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, **theirs},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.strip() == "['IVR_MODELS']"


HOLD = """
from tests.own_folder import own_folder
with own_folder("ivr-ground") as folder:
    (folder / "large").write_text("what a server keeps")
    print(folder, flush=True)
    input()
"""


def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred megabytes of each PostgreSQL whose tests were killed; that of a run that lives stays."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    folders = []
    for run in runs:
        assert run.stdout is not None
        folders.append(Path(run.stdout.readline().strip()))
    runs[0].kill()
    runs[0].wait()
    assert all(folder.is_dir() for folder in folders)
    with own_folder("ivr-ground") as ours:
        assert set(tmp_path.iterdir()) == {folders[1], ours}
    runs[1].communicate("\n", timeout=10)
    assert list(tmp_path.iterdir()) == []
