"""`ivr` as an operator types it: its streams and its exit status, without a new process each time."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import gevent

from ivr.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left, named as `subprocess` names it."""

    returncode: int
    stdout: str
    stderr: str


def environment_of(home: Path, **variables: str) -> dict[str, str]:
    """The variables of an operator whose installation is at `home`, with no settings but these."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    return own | {"IVR_HOME": str(home), "IVR_API__PORT": "0"} | variables


def ivr(home: Path, *arguments: str, **variables: str) -> Done:
    """Runs the whole command line in this process: the same entry, settings from files and variables."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment_of(home, **variables), clear=True),
        # The signals belong to whoever runs the tests.
        patch.object(gevent, "signal_handler"),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main(arguments)
        except SystemExit as ended:
            assert isinstance(ended.code, int)
            return Done(ended.code, out.getvalue(), err.getvalue())
    raise AssertionError("a command line ends with its status")


def with_agents(folder: Path, *agents: str) -> dict[str, str]:
    """The variables of an installation in which these are declared, in files of that folder."""
    queues, people = folder / "people" / "queues.yaml", folder / "people" / "agents.yaml"
    queues.parent.mkdir(exist_ok=True)
    queues.write_text("queues: {billing: {}, sales: {}, support: {}}\n", encoding="utf-8")
    lines = [f"  {one}: {{queues: [billing, sales, support]}}" for one in agents]
    people.write_text("\n".join(["agents:", *lines, ""]), encoding="utf-8")
    return {"IVR_QUEUES": str(queues)}
