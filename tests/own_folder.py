"""Folders of a test run that has servers of its own in them: what was killed cannot clear up after itself, so
the next run does."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def own_folder(purpose: str) -> Iterator[Path]:
    """A folder in the one for temporary files for the length of a `with`, named after this process. Those
    of processes that have ended go first."""
    clear_left_behind(purpose)
    folder = Path(tempfile.mkdtemp(prefix=f"{purpose}-{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_left_behind(purpose: str) -> None:
    """Removes the folders of that purpose whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{purpose}-*-*"):
        owner = folder.name.removeprefix(f"{purpose}-").partition("-")[0]
        with suppress(OSError):  # another run may clear up just now
            if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                shutil.rmtree(folder, ignore_errors=True)
