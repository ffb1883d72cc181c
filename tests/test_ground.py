"""The tests' own ground: nothing of an installation on this machine is read or written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
