"""Rasa's own environment: found or made, trained in, and served from. Rasa 3.6 cannot live in ours.

It needs Python 3.10; it is named by `RASA_PYTHON`, or found on the path. The environment lies in the
user's cache, named after the lock, so that another lock is another environment; a trained model is named
after the lock and the training files. What was made once is used again.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from gevent import subprocess

from ivr.understanding.concepts import read_concepts
from ivr.understanding.examples import training_files
from ivr.understanding.port import RasaMissing
from ivr.understanding.rasa_features import write_features
from ivr.understanding.words import read_as

HERE = Path(__file__).resolve().parent
LOCK = HERE / "rasa.lock"
PIPELINE = HERE / "rasa.yml"
PARTS = HERE / "rasa_parts"
"""Parts of the pipeline that are ours: they run in Rasa's environment."""
OF_CATALAN = ("catalan", "ivr_catalan")
"""Those of them that only Catalan goes through."""
UNSERVED = {"es": 0.84, "ca": 1.6, "en": 3.3}
"""How much less Rasa believes that nobody serves a sentence: so that 87 % of the out-of-scope sentences are
rejected of authors who were left out (docs/decisions/understanding-bar.md)."""
PYTHON = "python3.10"
"""The newest that Rasa runs on, and the oldest that our parts of its pipeline do."""
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}
LAST_WORDS = 400
"""Letters of what a failed command said that are shown."""

Tell = Callable[[str], None]


def cache() -> Path:
    """`~/.cache/ivr/rasa`, or what `RASA_HOME` names."""
    named = os.environ.get("RASA_HOME")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")) / "ivr" / "rasa"


def _digest(*files: Path, settings: bytes = b"") -> str:
    told = sha256(settings)
    for file in files:
        told.update(file.name.encode() + b"\0" + file.read_bytes())
    return told.hexdigest()[:12]


def find_python(environment: Mapping[str, str] = os.environ) -> str:
    """The Python that runs Rasa. Raises `RasaMissing`."""
    named = environment.get("RASA_PYTHON")
    found = shutil.which(named or PYTHON, path=environment.get("PATH"))
    if found and _runs(found):
        return found
    what = (
        f"RASA_PYTHON names {named}, which runs no Python 3.10" if named else "there is no Python 3.10 here"
    )
    raise RasaMissing(
        f"Rasa needs a Python of its own, and {what}",
        "Install Python 3.10 and name it: RASA_PYTHON=/usr/bin/python3.10",
    )


def _runs(python: str) -> bool:
    """Whether it is that version (a shim may be on the path without one behind it)."""
    check = "import sys; sys.exit(sys.version_info[:2] != (3, 10))"
    try:
        return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def pipeline_of(language: str) -> str:
    """The settings that Rasa trains with, in YAML."""
    pipeline = PIPELINE.read_text("utf-8").replace("{language}", language)
    same = json.dumps(read_as(language), ensure_ascii=False)
    pipeline = pipeline.replace("{unserved}", str(UNSERVED.get(language, 1.0)))
    return f"language: {language}\n" + pipeline.replace("{same}", same)


class RasaPlace:
    """The environment and its models."""

    def __init__(self, folder: Path | None = None, *, tell: Tell = lambda _text: None) -> None:
        """`tell` is told what takes minutes."""
        self._folder = folder or cache()
        self._tell = tell
        self.environment = self._folder / f"environment-{_digest(LOCK)}"
        self.models = self._folder / "models"

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    def model(self, examples: Path, language: str) -> Path:
        """Where the model of those files lies, or will."""
        parts = (*sorted(PARTS.glob("*.py")), *sorted(PARTS.glob("*.tsv")))
        # A word more for the encoder's Catalan makes no other model of Spanish.
        own = [part for part in parts if language == "ca" or part.stem not in OF_CATALAN]
        ours = (*own, HERE / "rasa_features.py", HERE / "words.py")
        settings = pipeline_of(language).encode()
        made = _digest(LOCK, *ours, *training_files(examples, language), settings=settings)
        return self.models / f"{language}-{made}.tar.gz"

    def install(self) -> None:
        """Makes the environment, unless it is there: some minutes and 2.6 GB. Raises `RasaMissing`."""
        if (self.environment / "complete").is_file():
            return
        python = find_python()
        self._tell(f"installing Rasa in {self.environment}: some minutes, 2.6 GB")
        self._run([python, "-m", "venv", "--clear", str(self.environment)], "make an environment")
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        self._run([*pip, "--require-hashes", "-r", str(LOCK)], "install Rasa")
        (self.environment / "complete").touch()

    def train(self, examples: Path, language: str) -> Path:
        """The model of that language, trained unless it is there. Raises `RasaMissing`."""
        model = self.model(examples, language)
        if model.is_file():
            return model
        self.install()
        self.models.mkdir(parents=True, exist_ok=True)
        settings = self.models / f".{language}.yml"
        sentences = self.models / f".{language}"
        shutil.rmtree(sentences, ignore_errors=True)
        shutil.copytree(examples / language, sentences)
        write_features(read_concepts(examples, language), sentences / "concepts.yml")
        settings.write_text(pipeline_of(language), "utf-8")
        self._tell(f"training Rasa for {language}: some minutes")
        self._run(
            [
                *(str(self.python), "-m", "rasa", "train", "nlu", "--nlu", str(sentences)),
                *("--config", str(settings), "--out", str(self.models)),
                *("--fixed-model-name", f".{model.name.removesuffix('.tar.gz')}"),
            ],
            f"train a model for {language}",
        )
        (self.models / f".{model.name}").replace(model)
        return model

    def serving(self, model: Path, port: int, *, host: str = "127.0.0.1") -> list[str]:
        """The command that serves the model. Rasa's own API has no password: keep it on the loopback."""
        return [
            *(str(self.python), "-m", "rasa", "run", "--enable-api", "--model", str(model)),
            *("--interface", host, "--port", str(port)),
        ]

    @contextmanager
    def surroundings(self, purpose: str) -> Iterator[dict[str, str]]:
        """The environment variables under which Rasa runs: its own, none of ours, where our parts are, and a
        folder for what it does not clear up when it is ended (its models, unpacked).

        The folder goes at the end, or where we are killed at the next start for the same `purpose`, of which
        there is one at a time.
        """
        ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
        scratch = self._folder / f".{purpose}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            yield {name: value for name, value in os.environ.items() if name not in ours} | {
                **QUIET,
                "PYTHONPATH": str(PARTS),
                "TMPDIR": str(scratch),
            }
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _run(self, command: list[str], purpose: str) -> None:
        with self.surroundings(purpose.replace(" ", "-")) as environment:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr if sys.stderr.isatty() else subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
                cwd=self._folder,  # Rasa keeps a cache where it stands
                check=False,
            )
        if done.returncode:
            said = " ".join((done.stderr or "").split())[-LAST_WORDS:]
            raise RasaMissing(
                f"could not {purpose} (status {done.returncode}): {said}", "See ivr nlu train --help"
            )
