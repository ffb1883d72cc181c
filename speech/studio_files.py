"""Where the studio's recordings lie, by the names that prompts give them. Reads no sound, needs no library.

A name is the designer's; even so it cannot lead out of the folder.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

STUDIO_ENDINGS = (".wav", ".mp3", ".flac", ".aif", ".aiff", ".ogg", ".opus", ".m4a")
"""In small letters; on disk also in capitals."""

_ON_DISK = (*STUDIO_ENDINGS, *(ending.upper() for ending in STUDIO_ENDINGS))


def studio_file(studio: Path, name: str, language: str) -> Path | None:
    """The recording of that name: the language's own first, then one for all; None also for a way out."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\0" in name:
        return None
    for base in dict.fromkeys((language, language.partition("-")[0], "")):
        for ending in ("", *_ON_DISK) if pure.suffix in _ON_DISK else _ON_DISK:
            path = (studio / base / f"{name}{ending}").resolve()
            if path.is_file() and path.is_relative_to(studio):
                return path
    return None


def recordings_below(folder: Path) -> frozenset[str] | None:
    """The names of the studio's recordings, as prompts name them; `None` without a studio's folder."""
    if not folder.is_dir():
        return None
    files = (file for file in folder.rglob("*") if file.suffix.lower() in STUDIO_ENDINGS)
    return frozenset(file.relative_to(folder).with_suffix("").as_posix() for file in files)
