"""The built-in engine: understands without anything else being installed.

Rules:
1. A model is named after the files that it was trained from. The one that fits the files as they are now
   is used; as soon as there is one for files that have changed (`ivr nlu train`), it replaces the other
   between two sentences, and no question is lost.
2. Where there is none, it is trained in a process of its own, once; until then there is no answer.
3. Loading is done in a thread, parsing (a millisecond) where it is asked for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import gevent
import structlog
from gevent import subprocess
from gevent.lock import BoundedSemaphore

from ivr.in_thread import in_thread
from ivr.understanding.examples import languages_in, version_of
from ivr.understanding.model import Model, load_model, model_file
from ivr.understanding.port import Meaning, ModelUnfit, UnderstandingFailed

log = structlog.get_logger(__name__)

LOOK_AGAIN = 5.0
"""Seconds after which it is seen whether there is a newer model."""
TRAINING = 120.0
"""Seconds that a training may take on a busy machine."""


class BuiltIn:
    """One engine for all languages that have examples."""

    def __init__(self, examples: Path, models: Path) -> None:
        """`examples`: the folder with one below it for each language. `models`: where they are kept."""
        self._examples = examples
        self._models = models
        self._languages = languages_in(examples)
        self._loaded: dict[str, Model] = {}
        self._looked: dict[str, float] = {}
        self._loading = {language: BoundedSemaphore(1) for language in self._languages}

    def languages(self) -> Sequence[str]:
        """Those with examples."""
        return self._languages

    def prepare(self) -> None:
        """Loads all models, and trains those that there are not. Raises `UnderstandingFailed`."""
        for language in self._languages:
            self._model(language)

    def parse(self, text: str, language: str, *, deadline: float = 2.0) -> Meaning:
        """What the text means. Raises `UnderstandingFailed`: no model within `deadline` seconds."""
        if language not in self._languages:
            raise self._no_examples(language)
        out_of_time = gevent.Timeout(deadline)
        try:
            with out_of_time:
                return self._model(language).parse(text)
        except gevent.Timeout as timeout:
            if timeout is not out_of_time:
                raise
            raise UnderstandingFailed(
                f"the model of {language!r} is not ready within {deadline:g} s", "Train it: ivr nlu train"
            ) from None

    def version(self, language: str) -> str:
        """Of the examples that the model was trained from. Raises `UnderstandingFailed`."""
        if language not in self._languages:
            raise self._no_examples(language)
        return self._model(language).version

    def knows(self, word: str, language: str) -> bool:
        """Whether an example has the plain word; none does while there is no model."""
        model = self._loaded.get(language)
        return model is not None and model.knows(word)

    def close(self) -> None:
        """Forgets the models."""
        self._loaded.clear()

    def _no_examples(self, language: str) -> UnderstandingFailed:
        return UnderstandingFailed(
            f"there are no training examples in {language!r}",
            f"Write some in {self._examples / language}",
        )

    def _model(self, language: str) -> Model:
        with self._loading[language]:
            now = time.monotonic()
            model = self._loaded.get(language)
            if model is None or now - self._looked[language] >= LOOK_AGAIN:
                self._looked[language] = now
                model = self._loaded[language] = self._newest(language, model)
            return model

    def _newest(self, language: str, loaded: Model | None) -> Model:
        """The model of the files as they are now; while there is none, the one that is loaded."""
        try:
            version = in_thread(lambda: version_of(self._examples, language))
            if loaded is not None and loaded.version == version:
                return loaded
            file = model_file(self._models, language, version)
            if loaded is not None and not file.is_file():
                return loaded
            return self._load(file) if loaded is not None or file.is_file() else self._train(language, file)
        except (ModelUnfit, OSError) as fault:
            if loaded is not None:
                log.warning("model_not_renewed", language=language, reason=str(fault))
                return loaded
            return self._train(language, model_file(self._models, language, version))

    def _load(self, file: Path) -> Model:
        model = in_thread(lambda: load_model(file))
        log.info("model_loaded", language=model.language, version=model.version)
        return model

    def _train(self, language: str, file: Path) -> Model:
        log.info("model_trained_at_start", language=language)
        told = subprocess.run(
            [sys.executable, "-m", "ivr.understanding.worker", self._examples, self._models, language],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TRAINING,
            check=False,
        )
        if told.returncode != 0:
            why = (told.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise UnderstandingFailed(
                f"the model of {language!r} was not trained: {why}", "Try: ivr nlu train"
            )
        return self._load(file)
