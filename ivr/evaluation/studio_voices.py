"""Real voices to measure with: a studio speaker each for Mexican Spanish and English, by Debian.

Nothing of them belongs to this project: they are downloaded when they are wanted, from the mirror that apt is
set up with (which checks its signature and sums), and unpacked into the user's cache folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ivr.errors import MeasurementImpossible

PACKAGES: Mapping[str, tuple[str, str]] = {
    "es": ("asterisk-core-sounds-es-wav", "es_MX_f_Allison"),
    "en": ("asterisk-core-sounds-en-wav", "en_US_f_Allison"),
}
"""Language → package, and its folder of sounds."""
_SOUNDS = Path("usr/share/asterisk/sounds")
_PATIENCE = 300
"""Seconds for a download of 24 MB."""


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/ivr/voices`, normally `~/.cache/ivr/voices`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "ivr" / "voices"


def installed(language: str) -> Path | None:
    """The folder of that speaker's sounds, if it is on this machine: in the cache, or installed by apt."""
    package, name = PACKAGES[language]
    for folder in (cache_folder() / package / _SOUNDS / name, Path("/") / _SOUNDS / name):
        if (folder / "digits" / "1.wav").is_file():
            return folder
    return None


def voice_of(language: str) -> Path:
    """The same, downloaded if it is not there. Raises `MeasurementImpossible`."""
    if there := installed(language):
        return there
    package, name = PACKAGES[language]
    target = cache_folder() / package
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as place:
        _run(["apt-get", "download", "-q", package], Path(place), package)
        archives = list(Path(place).glob("*.deb"))
        if len(archives) != 1:
            raise MeasurementImpossible(f"apt gave no {package}", _REMEDY)
        _run(["dpkg-deb", "-x", str(archives[0]), "sounds"], Path(place), package)
        shutil.rmtree(target, ignore_errors=True)
        (Path(place) / "sounds").rename(target)
    if found := installed(language):
        return found
    raise MeasurementImpossible(f"{package} has no sounds in {_SOUNDS / name}", _REMEDY)


_REMEDY = "Measure with synthetic callers only: --voices synthetic"


def _run(command: list[str], place: Path, package: str) -> None:
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, check=False, timeout=_PATIENCE)  # noqa: S603 - two commands of ours
    except FileNotFoundError:
        raise MeasurementImpossible(
            f"{command[0]} is not there: {package} comes by Debian's apt only", _REMEDY
        ) from None
    except subprocess.TimeoutExpired:
        raise MeasurementImpossible(f"{package} did not come within {_PATIENCE} s", _REMEDY) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise MeasurementImpossible(f"{package}: {said[-1] if said else command[0] + ' failed'}", _REMEDY)
