"""A command that is told to end, or killed, while it fetches a model: an index that never answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gevent
import pytest

from tests.commands import environment_of


@dataclass
class Fetching:
    """`ivr models pull`, and the pip that it has started."""

    process: subprocess.Popen[bytes]
    pip: Path
    models: Path
    temporary: Path


@pytest.fixture
def fetching(tmp_path: Path) -> Iterator[Fetching]:
    """Under way: pip has asked the index."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as index:
        environment = environment_of(
            tmp_path,
            XDG_CACHE_HOME=str(tmp_path / "cache"),
            IVR_MODELS=str(tmp_path),
            TMPDIR=str(temporary),
            PIP_CONFIG_FILE=os.devnull,
            PIP_INDEX_URL=f"http://127.0.0.1:{index.getsockname()[1]}/simple",
            no_proxy="127.0.0.1",
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "ivr", "models", "pull", "vosk-ko"],
            cwd=Path(__file__).parents[2],
            env=environment,
            stderr=subprocess.DEVNULL,
            preexec_fn=_minds,  # noqa: PLW1509 - before it runs anything of its own
        )
        try:
            with gevent.Timeout(60):
                asked, _ = index.accept()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            (pip,) = [Path("/proc") / child for child in children]
            with asked:
                yield Fetching(process, pip, tmp_path / "cache" / "ivr" / "models", temporary)
        finally:
            process.kill()
            process.wait()


def _minds() -> None:
    """In the command before it begins: who started the tests by nohup, or behind `&`, has these ignored."""
    for how in (signal.SIGHUP, signal.SIGINT):
        signal.signal(how, signal.SIG_DFL)


def _ends(pip: Path) -> bool:
    with gevent.Timeout(20, False):
        while pip.exists():
            gevent.sleep(0.02)
    return not pip.exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_told_to_end_clears_up(fetching: Fetching, how: signal.Signals) -> None:
    """What it has started ends with it, and none of its folders stays."""
    fetching.process.send_signal(how)
    assert fetching.process.wait(20) == 128 + how
    assert _ends(fetching.pip)
    assert list(fetching.models.iterdir()) == []
    assert list(fetching.temporary.iterdir()) == []


def test_pip_ends_with_whoever_was_killed(fetching: Fetching) -> None:
    """It would fetch a model for nobody; what it has fetched goes with the next fetch."""
    fetching.process.kill()
    assert _ends(fetching.pip)
    assert list(fetching.temporary.iterdir()) == []
