"""Which engine listens to which language, and why: vosk-server, Vosk, else Whisper, else keys.

Where Vosk listens and Whisper is there as well, Whisper is asked for a second opinion when Vosk is unsure.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from speech.errors import ModelUnavailable, RecognizerLost
from speech.figures import Figures, Room
from speech.model_catalogue import CATALOGUE
from speech.model_sources import Progress
from speech.models import ModelStore
from speech.recognizer import Recognizer, Utterance
from speech.second_opinion import SecondOpinion
from speech.vosk import Vosk
from speech.vosk_server import VoskServer
from speech.whisper import Whisper

LOG = logging.getLogger("speech.auto")

WHISPER = "whisper-base"


@dataclass(frozen=True)
class Choice:
    """What was found for the languages. `reasons`: one line per language, for people."""

    vosk: dict[str, Path] = field(default_factory=dict)
    whisper: Path | None = None
    whisper_languages: tuple[str, ...] = ()
    """Those that Whisper listens to alone."""
    reasons: dict[str, str] = field(default_factory=dict)
    servers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """vosk-servers, asked before all else."""
    second_opinion: tuple[str, ...] = ()
    """Languages for which Whisper is asked when Vosk is unsure."""

    @property
    def engines(self) -> dict[str, str]:
        """`vosk-server`, `vosk`, `whisper-base` or `keys` for each language."""
        places = (
            (VoskServer.engine, self.servers),
            (Vosk.engine, self.vosk),
            (Whisper.engine, self.whisper_languages),
        )
        return {
            language: next((engine for engine, served in places if language in served), "keys")
            for language in self.reasons
        }


def choose(
    languages: Sequence[str],
    store: ModelStore,
    *,
    fetch: bool = False,
    engine: str = "auto",
    progress: Progress | None = None,
    servers: Mapping[str, Sequence[str]] | None = None,
    second_opinion: bool = True,
) -> Choice:
    """Looks for models. Blocking; `fetch` allows the network (start-up with `--fetch`, `make demo`).

    `engine`: `auto`, `vosk`, `whisper` or `none`. Raises ValueError for another. `servers`: vosk-servers per
    language, for `auto` and `vosk`; a local model that is there already stands in for them. No model is
    fetched for a second opinion.
    """
    if engine not in {"auto", "vosk", "whisper", "none"}:
        raise ValueError(f"engine {engine!r} is unknown; use auto, vosk, whisper or none")
    remote = {
        language: tuple(urls)
        for language, urls in (servers or {}).items()
        if language in languages and urls and engine in {"auto", "vosk"}
    }
    vosk, reasons = _vosk(languages, remote, store, fetch=fetch, engine=engine, progress=progress)
    listened = tuple(language for language in languages if language in vosk or language in remote)
    missing = tuple(language for language in languages if language not in listened)
    asked = listened if engine == "auto" and second_opinion else ()
    if engine in {"vosk", "none"} or not (missing or asked):
        return Choice(vosk, reasons=reasons, servers=remote)
    whisper = _find(WHISPER, store, fetch and bool(missing), progress)
    if isinstance(whisper, str):
        for language in missing:
            reasons[language] = f"keys only: {reasons[language]}; {whisper}"
        return Choice(vosk, reasons=reasons, servers=remote)
    for language in missing:
        reasons[language] = f"Whisper: {whisper} ({reasons[language]})"
    return Choice(vosk, whisper, missing, reasons, remote, asked)


def _vosk(
    languages: Sequence[str],
    remote: Mapping[str, tuple[str, ...]],
    store: ModelStore,
    *,
    fetch: bool,
    engine: str,
    progress: Progress | None,
) -> tuple[dict[str, Path], dict[str, str]]:
    """The local Vosk models, and for each language what listens to it so far, or why nothing does."""
    vosk: dict[str, Path] = {}
    reasons: dict[str, str] = {}
    for language in languages:
        if engine == "none":
            reasons[language] = "keys only: recognition is switched off"
            continue
        if engine == "whisper":
            reasons[language] = "no Vosk: Whisper was asked for"
            continue
        found = _find(f"vosk-{language}", store, fetch and language not in remote, progress)
        if isinstance(found, Path):
            vosk[language] = found
        if language in remote:
            reasons[language] = f"vosk-server: {', '.join(remote[language])}"
            if isinstance(found, Path):
                reasons[language] += f"; Vosk while it is lost: {found}"
        else:
            reasons[language] = f"Vosk: {found}" if isinstance(found, Path) else found
    return vosk, reasons


def _find(name: str, store: ModelStore, fetch: bool, progress: Progress | None) -> Path | str:
    """The model's folder, or why there is none."""
    if name not in CATALOGUE:
        return f"no Vosk model is known for {name.removeprefix('vosk-')}"
    there = store.installed(name)
    if there is not None and not (damage := store.damage(name)):
        return there.folder
    if there is not None:
        LOG.warning("%s", damage)
    if not fetch:
        what = damage if there is not None else f"{name} is not installed"
        return f"{what} (`ivr models pull {name}`)"
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
        self._second = frozenset(choice.second_opinion)
        self._server = VoskServer(choice.servers) if choice.servers else None
        self._vosk = Vosk(choice.vosk, workers=vosk_workers, progress=progress) if choice.vosk else None
        listened = (*choice.whisper_languages, *choice.second_opinion)
        self._whisper = (
            Whisper(choice.whisper, languages=listened, parallel=whisper_parallel, progress=progress)
            if choice.whisper is not None and listened
            else None
        )
        self.engine = "+".join(engine.engine for engine in self._engines()) or "none"

    def _engines(self) -> list[VoskServer | Vosk | Whisper]:
        return [e for e in (self._server, self._vosk, self._whisper) if e is not None]

    def _listening_to(self, language: str) -> list[Recognizer]:
        """The engines that may take an utterance, the preferred one first."""
        found: list[Recognizer] = []
        for engine in (self._server, self._vosk):
            if engine is not None and language in engine.languages():
                found.append(engine)
        if self._whisper is not None and language in self._whisper.languages():
            found.append(self._whisper)
        return found

    def engine_of(self, language: str) -> str:
        """Who listens to that language first; `keys` where nobody does. A vosk-server that did not answer at
        the start does not."""
        away = self.away
        engines = [one for one in self._engines() if one is not self._server or language not in away]
        return next((one.engine for one in engines if language in one.languages()), "keys")

    @property
    def away(self) -> Mapping[str, str]:
        """Languages whose vosk-servers did not answer at the start, with the reason; they are asked again."""
        return self._server.away if self._server is not None else {}

    def listeners(self, languages: Sequence[str]) -> list[str]:
        """Who listens to those languages, in lines for people; for one with keys only, in full why."""
        engines: dict[tuple[str, str], list[str]] = {}
        for language in languages:
            reason = self.away.get(language, "")
            engines.setdefault((self.engine_of(language), reason), []).append(language)
        lines = []
        for (engine, reason), listened in engines.items():
            until = f", until a vosk-server answers ({reason})" if reason else ""
            if engine != "keys":
                lines.append(f"recognition by {engine}: {', '.join(listened)}{until}")
            elif reason:
                lines += [f"recognition of {language}: keys only{until}" for language in listened]
            else:
                lines += [f"recognition of {language}: {self.reasons[language]}" for language in listened]
        return lines

    def languages(self) -> frozenset[str]:
        """Those that an engine listens to; empty: keys only, and `reasons` says why."""
        return frozenset().union(*(engine.languages() for engine in self._engines()))

    def open(self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()) -> Utterance:
        """Begins an utterance on the language's engine, or on the next one that can take it.

        Raises `RecognizerLost`.
        """
        reason = self.reasons.get(language, f"no engine listens to {language!r}")
        engines = self._listening_to(language)
        openings = [
            partial(engine.open, language=language, phrases=phrases, words=words) for engine in engines
        ]
        for place, opening in enumerate(openings):
            try:
                utterance = opening()
            except RecognizerLost as lost:
                reason = str(lost)
                continue
            if place == len(openings) - 1:
                return utterance
            second = openings[-1] if language in self._second else None
            return SecondOpinion(utterance, second, stand_ins=openings[place + 1 :])
        raise RecognizerLost(reason)

    def wait_ready(self, timeout: float) -> None:
        """Waits until every engine is loaded. Raises `RecognizerLost`, `RecognizerTimeout`.

        An engine that does not start is told, and given up where there is another; a vosk-server is asked
        again later, and told in `away`.
        """
        for engine in self._engines():
            try:
                engine.wait_ready(timeout)
            except RecognizerLost as lost:
                others = [one for one in self._engines() if one is not engine and one.languages()]
                if not others:
                    raise
                if engine is not self._server:
                    LOG.warning("%s does not start: %s", engine.engine, lost)
                    self._give_up(engine, str(lost))
        for language, why in self._vosk.unfit.items() if self._vosk is not None else ():
            LOG.warning("%s listens to %s, and not vosk: %s", self.engine_of(language), language, why)
            if language not in self.languages():
                self.reasons[language] = f"keys only: {why}"

    def _give_up(self, engine: Vosk | VoskServer | Whisper, reason: str) -> None:
        languages = engine.languages()
        engine.close()
        if engine is self._vosk:
            self._vosk = None
        if engine is self._whisper:
            self._whisper = None
        self.engine = "+".join(one.engine for one in self._engines())
        for language in languages - self.languages():
            self.reasons[language] = f"keys only: {reason}"

    @property
    def figures(self) -> dict[str, Figures]:
        """What has happened since the start, by engine."""
        return {engine.engine: engine.figures for engine in self._engines()}

    @property
    def rooms(self) -> dict[str, Room]:
        """How much each engine can take, and takes now."""
        return {engine.engine: engine.room for engine in self._engines()}

    def close(self) -> None:
        """Ends all workers."""
        for engine in self._engines():
            engine.close()
