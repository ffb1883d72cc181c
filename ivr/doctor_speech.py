"""What `ivr doctor` says of those who listen and speak: who for each language, and what they cannot hear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from dialogs.errors import DialogError, Problem
from dialogs.loader import read_flows
from ivr.config import Settings
from ivr.errors import IvrError
from ivr.finding import Finding, State
from ivr.rooms import catalogue_of
from ivr.voice import LANGUAGES
from speech.auto import choose
from speech.errors import SpeechError
from speech.models import ModelStore
from speech.piper import check as check_piper
from speech.vosk import Vosk
from speech.vosk_server import VoskServer

_LOADING = 120.0
"""Seconds for Vosk to load its models."""
Knows = Callable[[str], bool]


def listening(settings: Settings) -> Iterator[Finding]:
    """Which engine would listen to each language, and why; and phrases that its model cannot hear."""
    speech = settings.speech
    servers = {str(language): urls for language, urls in speech.servers.items()}
    store = ModelStore(local=settings.models_folder)
    choice = choose(LANGUAGES, store, engine=speech.engine, servers=servers)
    with _loaded(choice.vosk) as (engine, unfit):
        for language, listener in choice.engines.items():
            if language in unfit:
                remedy = f"ivr models pull vosk-{language}, or take that folder away"
                yield Finding(f"recognition {language}", "bad", unfit[language], remedy)
                continue
            state: State = "note" if listener == "keys" else "good"
            remedy = "ivr models pull" if listener == "keys" and speech.engine != "none" else ""
            yield Finding(f"recognition {language}", state, choice.reasons[language], remedy)
        if engine is not None:
            yield from unheard_phrases(settings, engine, [one for one in choice.vosk if one not in unfit])


@contextmanager
def _loaded(models: Mapping[str, Path]) -> Iterator[tuple[Vosk | None, Mapping[str, str]]]:
    """Vosk with these models, and the languages whose model a server could not use, with the reason: each is
    loaded, and decodes once."""
    if not models:
        yield None, {}
        return
    engine = Vosk(models, workers=1)
    try:
        try:
            engine.wait_ready(_LOADING)
        except SpeechError as fault:
            yield None, dict.fromkeys(models, str(fault))
        else:
            yield engine, engine.unfit
    finally:
        engine.close()


def unheard_phrases(
    settings: Settings, engine: Vosk, languages: Sequence[str], *, extra_languages: Sequence[str] = ()
) -> Iterator[Finding]:
    """For each language whose menus have a word that Vosk's model does not know: which, and where.

    Vosk drops such a phrase without a word to anybody. The flow checker asks for the words (`Catalogue.
    vocabulary`), so it is asked twice: which words there are, then with what the model says of them.
    """
    words: dict[str, set[str]] = {language: set() for language in languages}
    read = partial(_problems, settings, extra_languages)
    try:
        before = set(read({language: partial(_noted, found) for language, found in words.items()}))
        for language, found in words.items():
            unknown = frozenset(engine.unknown_words(language, found)) if found else frozenset()
            if not unknown:
                continue
            told = sorted(set(read({language: partial(_is_not_in, unknown)})) - before)
            more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
            yield Finding(f"words in {language}", "note", f"{told[0]}{more}", "Vosk leaves such a phrase out")
    except SpeechError as fault:
        yield Finding("words of the flows", "note", str(fault), "Look again on a quieter machine")
    except (DialogError, IvrError):
        return  # what is wrong with the flows is told as such


def _problems(
    settings: Settings, extra_languages: Sequence[str], vocabulary: Mapping[str, Knows]
) -> list[Problem]:
    catalogue = replace(catalogue_of(settings), vocabulary=vocabulary)
    return read_flows([settings.flows_folder], catalogue, extra_languages=extra_languages)[1]


def _noted(found: set[str], word: str) -> bool:
    found.add(word)
    return True


def _is_not_in(unknown: frozenset[str], word: str) -> bool:
    return word not in unknown


def engines_elsewhere(settings: Settings) -> Iterator[Finding]:
    """The vosk-servers and Piper voices that the settings name."""
    for language, urls in settings.speech.servers.items():
        for url in urls:
            what = f"vosk-server {url}"
            try:
                VoskServer({language: [url]}).wait_ready(3.0)
            except SpeechError as fault:
                yield Finding(what, "bad", str(fault), "Start it, or take it out of speech.servers")
            else:
                yield Finding(what, "good", f"answers, for {language}")
    if settings.speech.piper:
        voices = {str(language): settings.path(file) for language, file in settings.speech.piper.items()}
        try:
            check_piper(voices)
        except SpeechError as fault:
            yield Finding("Piper", "bad", str(fault), "espeak-ng speaks meanwhile")
        else:
            yield Finding("Piper", "good", f"has voices for {', '.join(sorted(voices))}")
