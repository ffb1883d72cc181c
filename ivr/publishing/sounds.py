"""The studio's recordings that prompts name: there, and a sound that callers can be given.

A prompt that names a recording and has none would be synthesised: callers would hear another voice than the
one that was paid for, and nobody would be told. So it is not published.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from dialogs.errors import Problem
from dialogs.flow import FlowSet
from dialogs.source import nearest
from speech.errors import SoundUnreadable
from speech.sound import finished_prompt, to_samples
from speech.studio import PROMPT_MARGIN, read_sound
from speech.studio_files import recordings_below, studio_file


def unplayable(flows: FlowSet, studio: Path) -> Iterator[Problem]:
    """Every place that names a recording which callers could not hear. Reads the files."""

    @cache
    def fault(name: str, language: str) -> str | None:
        return _fault(studio.resolve(), name, language)

    for flow in flows.flows.values():
        places = [
            (flow.source.place(("recording_notice", language)), language, text)
            for language, text in (flow.recording_notice or {}).items()
        ]
        places += [
            (flow.source.place((*flow.ways[step], *way, language)), language, text)
            for step, node in flow.steps.items()
            for way, words in node.prompts()
            for language, text in words.items()
        ]
        for place, language, text in places:
            wrong = fault(text.recording, language) if text.recording else None
            if wrong:
                yield Problem(flow.source.file, place.line, place.column, wrong)


def _fault(studio: Path, name: str, language: str) -> str | None:
    file = studio_file(studio, name, language)
    if file is None:
        there = recordings_below(studio) or frozenset()
        return f"there is no recording `{name}` in {studio}: {nearest(name, there)}"
    try:
        if len(finished_prompt(to_samples(read_sound(file)), margin=PROMPT_MARGIN)):
            return None
        wrong = "nothing but silence"
    except SoundUnreadable as unreadable:
        wrong = str(unreadable).partition(": ")[2] or str(unreadable)
    except OSError as unreadable:
        wrong = unreadable.strerror or "it cannot be read"
    return (
        f"the recording `{name}` ({file.name}) is no sound for callers, {wrong}: save it as a WAV file again"
    )
