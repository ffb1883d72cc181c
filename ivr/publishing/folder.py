"""Which files of a folder make a release, and a release's files back in a folder.

Rules:
1. A release holds what a designer writes: flows, tests, catalogue, notes. Hidden files and everything else
   (sound, backups of editors) stay outside, and are named.
2. Files are written whole, and a folder of a release appears whole or not at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from data.ids import new_id
from data.releases import LONGEST_PATH, is_inside
from dialogs.source import LARGEST_FILE
from ivr.errors import FolderUnfit

ENDINGS = (".yaml", ".yml", ".md", ".txt")
MOST_FILES = 2000


def read_folder(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files of a release by their path below the folder, and the paths that are left out.

    Raises `FolderUnfit` if it is no folder, holds nothing or too much, or cannot be read.
    """
    if not folder.is_dir():
        raise FolderUnfit(f"{folder} is no folder", "Name the folder that holds the flows")
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    for file in sorted(folder.rglob("*")):
        below = file.relative_to(folder)
        if not file.is_file() or any(part.startswith(".") for part in below.parts):
            continue
        if file.suffix not in ENDINGS:
            left_out.append(below.as_posix())
            continue
        files[below.as_posix()] = _content(file, below.as_posix())
        if len(files) > MOST_FILES:
            raise FolderUnfit(f"{folder} holds more than {MOST_FILES} files", "Is it the right folder?")
    if not files:
        raise FolderUnfit(f"there is no flow in {folder}", "Name the folder that holds the flows")
    return files, left_out


def _content(file: Path, path: str) -> bytes:
    if not is_inside(path):
        raise FolderUnfit(
            f"{path!r} cannot be a file of a release",
            f"Rename it: no control characters, no backslash, at most {LONGEST_PATH} characters",
        )
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise FolderUnfit(
                f"{path} has more than {LARGEST_FILE:,} bytes", "Split it, or move it elsewhere"
            )
        return file.read_bytes()
    except OSError as refused:
        raise FolderUnfit(
            f"{path} cannot be read ({refused.strerror})", "Give yourself the right"
        ) from refused


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes a release into a folder that is not there yet. Raises `FolderUnfit`."""
    if folder.exists():
        raise FolderUnfit(f"{folder} is there already", "Name a folder that is not there yet")
    beside = folder.with_name(f".{folder.name}-{new_id()}")
    try:
        for path, content in files.items():
            if not is_inside(path):
                raise FolderUnfit(
                    f"{path!r} leads out of the folder", "The release is damaged: publish again"
                )
            place = beside / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        beside.rename(folder)
    except OSError as refused:
        raise FolderUnfit(
            f"{folder} cannot be written ({refused.strerror})", "Name another folder, or make room"
        ) from refused
    finally:
        shutil.rmtree(beside, ignore_errors=True)
