"""The built-in engine's models of the shipped examples, trained once for all parts of the suite.

What they depend on is in their folder's name: the examples, and the program that learns from them. So a model
is never older than what is tested; and of several parts that begin together one trains, the others wait.
"""

from __future__ import annotations

import fcntl
import json
import os
from functools import partial
from hashlib import sha256
from pathlib import Path

import ivr.understanding
from ivr.understanding.concepts import read_concepts
from ivr.understanding.examples import languages_in, read_examples, version_of
from ivr.understanding.model import Model, model_file
from ivr.understanding.settings import SHIPPED
from ivr.understanding.training import train
from tests.pace import quiet_seconds

KEPT = 3
"""Folders: whoever changes the examples every minute must not fill the disk."""


def _cache() -> Path:
    """Beside what the product keeps."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ivr" / "tests-nlu"


def _version() -> str:
    """Of all that a model depends on."""
    program = sorted(Path(ivr.understanding.__path__[0]).glob("*.py"))
    examples = sorted(file for file in SHIPPED.rglob("*") if file.is_file())
    digest = sha256()
    for file in (*program, *examples, Path(__file__)):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def trained_models() -> Path:
    """The folder with a model of each language, and `seconds.json`; trained now, if it is not there."""
    cache = _cache()
    folder = cache / _version()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "seconds.json").is_file():
            _train_into(folder)
            for old in sorted(cache.glob("*/seconds.json"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
                old.unlink()
                for model in old.parent.iterdir():
                    model.unlink()
                old.parent.rmdir()
    return folder


def training_seconds(language: str) -> float:
    """What its training took, of processor time on a quiet machine (`tests.pace`)."""
    seconds: float = json.loads((trained_models() / "seconds.json").read_text("utf-8"))[language]
    return seconds


def training_again(language: str) -> float:
    """The same of a training now: the yardstick knows nothing of a cache that others empty meanwhile."""
    return quiet_seconds(partial(_train, language, []))


def _train_into(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    seconds = {}
    for language in languages_in(SHIPPED):
        made: list[Model] = []
        seconds[language] = quiet_seconds(partial(_train, language, made))
        made[0].save(model_file(folder, language, made[0].version))
    (folder / "seconds.json").write_text(json.dumps(seconds), "utf-8")


def _train(language: str, into: list[Model]) -> None:
    examples, concepts = read_examples(SHIPPED, language), read_concepts(SHIPPED, language)
    into.append(train(examples, concepts, version_of(SHIPPED, language)))
