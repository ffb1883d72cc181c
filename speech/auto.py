"""Which engine listens to which language on this machine, and why: Vosk, else Whisper, else keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from speech.errors import ModelUnavailable, RecognizerLost
from speech.models import CATALOGUE, ModelStore, Progress
from speech.recognizer import Utterance
from speech.vosk import Vosk
from speech.whisper import Whisper

WHISPER = "whisper-base"


@dataclass(frozen=True)
class Choice:
    """What was found for the languages. `reasons`: one line per language, for people."""

    vosk: dict[str, Path] = field(default_factory=dict)
    whisper: Path | None = None
    whisper_languages: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def engines(self) -> dict[str, str]:
        """`vosk`, `whisper-base` or `keys` for each language."""
        return {
            language: Vosk.engine
            if language in self.vosk
            else Whisper.engine
            if language in self.whisper_languages
            else "keys"
            for language in self.reasons
        }


def choose(
    languages: Sequence[str],
    store: ModelStore,
    *,
    fetch: bool = False,
    engine: str = "auto",
    progress: Progress | None = None,
) -> Choice:
    """Looks for models. Blocking; `fetch` allows the network (start-up with `--fetch`, `make demo`).

    `engine`: `auto`, `vosk`, `whisper` or `none`. Raises ValueError for another.
    """
    if engine not in {"auto", "vosk", "whisper", "none"}:
        raise ValueError(f"engine {engine!r} is unknown; use auto, vosk, whisper or none")
    vosk: dict[str, Path] = {}
    reasons: dict[str, str] = {}
    for language in languages:
        if engine == "none":
            reasons[language] = "keys only: recognition is switched off"
        elif engine in {"auto", "vosk"}:
            found = _find(f"vosk-{language}", store, fetch, progress)
            if isinstance(found, Path):
                vosk[language] = found
                reasons[language] = f"Vosk: {found}"
            else:
                reasons[language] = found
        else:
            reasons[language] = "no Vosk: Whisper was asked for"
    missing = tuple(language for language in languages if language not in vosk)
    if engine in {"vosk", "none"} or not missing:
        return Choice(vosk, reasons=reasons)
    whisper = _find(WHISPER, store, fetch, progress)
    if isinstance(whisper, str):
        for language in missing:
            reasons[language] = f"keys only: {reasons[language]}; {whisper}"
        return Choice(vosk, reasons=reasons)
    for language in missing:
        reasons[language] = f"Whisper: {whisper} ({reasons[language]})"
    return Choice(vosk, whisper, missing, reasons)


def _find(name: str, store: ModelStore, fetch: bool, progress: Progress | None) -> Path | str:
    """The model's folder, or why there is none."""
    if name not in CATALOGUE:
        return f"no Vosk model is known for {name.removeprefix('vosk-')}"
    if there := store.installed(name):
        return there.folder
    if not fetch:
        return f"{name} is not installed (`ivr models pull {name}`)"
    try:
        if progress is None:
            return store.ensure(name).folder
        return store.ensure(name, progress=progress).folder
    except ModelUnavailable as fault:
        return str(fault)


class AutoRecognizer:
    """Fulfils the `Recognizer` port with the engine chosen for each language; with none, keys only."""

    def __init__(
        self,
        choice: Choice,
        *,
        vosk_workers: int | None = None,
        whisper_parallel: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.reasons = dict(choice.reasons)
        self._vosk = Vosk(choice.vosk, workers=vosk_workers, progress=progress) if choice.vosk else None
        self._whisper = (
            Whisper(
                choice.whisper,
                languages=choice.whisper_languages,
                parallel=whisper_parallel,
                progress=progress,
            )
            if choice.whisper is not None and choice.whisper_languages
            else None
        )
        engines = [engine.engine for engine in (self._vosk, self._whisper) if engine is not None]
        self.engine = "+".join(engines) or "none"

    def languages(self) -> frozenset[str]:
        """Those that an engine listens to; empty: keys only, and `reasons` says why."""
        found: frozenset[str] = frozenset()
        for engine in (self._vosk, self._whisper):
            if engine is not None:
                found |= engine.languages()
        return found

    def open(self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()) -> Utterance:
        """Begins an utterance on the language's engine. Raises `RecognizerLost`."""
        for engine in (self._vosk, self._whisper):
            if engine is not None and language in engine.languages():
                return engine.open(language=language, phrases=phrases, words=words)
        raise RecognizerLost(self.reasons.get(language, f"no engine listens to {language!r}"))

    def unknown_words(self, language: str, phrases: Sequence[str]) -> tuple[str, ...]:
        """Words that the language's engine cannot recognise; Whisper knows all.

        Raises `RecognizerLost`, `RecognizerTimeout`.
        """
        if self._vosk is not None and language in self._vosk.languages():
            return self._vosk.unknown_words(language, phrases)
        return ()

    def wait_ready(self, timeout: float) -> None:
        """Waits until every engine is loaded. Raises `RecognizerLost`, `RecognizerTimeout`."""
        for engine in (self._vosk, self._whisper):
            if engine is not None:
                engine.wait_ready(timeout)

    def close(self) -> None:
        """Ends all workers."""
        for engine in (self._vosk, self._whisper):
            if engine is not None:
                engine.close()
