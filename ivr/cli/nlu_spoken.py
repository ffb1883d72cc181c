"""`ivr nlu test --spoken`: the sentences as they are heard, not as they are written."""

from __future__ import annotations

import random
from collections.abc import Sequence

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ivr.cli.flows import CannotBeDone
from ivr.config import Settings
from ivr.errors import MeasurementImpossible
from ivr.evaluation.free_speech import HeardSentence, hear
from ivr.evaluation.talkers import Talkers
from ivr.understanding.examples import OUT_OF_SCOPE, Example
from speech.auto import AutoRecognizer, choose
from speech.errors import SpeechError
from speech.models import ModelStore

START = 120.0
"""Seconds for the recogniser to load."""


def drawn(sentences: Sequence[Example], count: int) -> list[Example]:
    """So many that have an intent, and a third as many that have none; always the same ones."""
    meant = [one for one in sentences if one.intent != OUT_OF_SCOPE]
    none = [one for one in sentences if one.intent == OUT_OF_SCOPE]
    chance = random.Random(9)  # noqa: S311 - a choice that can be repeated, no secret
    chosen = chance.sample(meant, min(count, len(meant)))
    return chosen + chance.sample(none, min(-(-count // 3), len(none)))


def spoken(
    settings: Settings, sets: dict[str, Sequence[Example]], callers: str
) -> dict[str, list[HeardSentence]]:
    """Each language's sentences, spoken and heard by the engine that a call would have."""
    store = ModelStore(local=settings.models_folder)
    servers = {str(language): urls for language, urls in settings.speech.servers.items()}
    talkers = Talkers(callers, store)
    recognizer = AutoRecognizer(choose(tuple(sets), store, fetch=settings.speech.fetch, servers=servers))
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    found = {}
    try:
        recognizer.wait_ready(START)
        for line in recognizer.listeners(tuple(recognizer.away)):
            console.print(line, markup=False)
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            for language, sentences in sets.items():
                task = progress.add_task(f"{language}: sentences", total=len(sentences))
                found[language] = hear(
                    recognizer,
                    talkers.of(language),
                    sentences,
                    language,
                    advance=lambda task=task: progress.advance(task),  # type: ignore[misc] # bound now
                )
    except (SpeechError, MeasurementImpossible) as fault:
        raise CannotBeDone(str(fault)) from None
    finally:
        recognizer.close()
        talkers.close()
    if not console.is_terminal:
        click.echo(f"heard by {recognizer.engine}", err=True)
    return found
