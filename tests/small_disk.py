"""A real file system that is really full when it is full."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk_at(folder: Path, *, size: str, mode: str) -> Iterator[Path]:
    """Mounted at that folder, which is made; `size` as mount writes it: 192k. The test is skipped where this
    user may not mount."""
    folder.mkdir()
    options = f"size={size},mode={mode}"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted by this user")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
