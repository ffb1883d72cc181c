"""The scripted calls of the shipped flows, played once for all that is asked of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

import dialogs.call
from dialogs.catalogue import load_catalogue
from dialogs.effects import Prompt
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.play import Played, play
from dialogs.prompts import render
from dialogs.rehearsal import load_scripts, test_files
from tests.pace import quiet_seconds

SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"


@pytest.fixture(scope="session")
def shipped() -> FlowSet:
    """The flows that come with the product."""
    return load_flows([SHIPPED], load_catalogue(SHIPPED / "catalogue.yaml"))


@dataclass
class Walk:
    """Every scripted call of theirs."""

    calls: list[Played] = field(default_factory=list)
    seconds: float = 0.0
    """Of processor time, on the machine of docs/measurements.md (`tests.pace`)."""
    recordings: dict[tuple[str, str], str] = field(default_factory=dict)
    """What the calls looked for in the studio: name and language → the text that it says."""

    def note(self, *args: object, **named: object) -> Prompt:
        """Renders a prompt as always, and notes what of it may be a recording."""
        prompt: Prompt = render(*args, **named)  # type: ignore[arg-type] # passed on as they came
        for spoken in prompt:
            for part in (spoken, *spoken.pieces):
                if part.recording:
                    self.recordings[part.recording, spoken.language] = part.text
        return prompt


@pytest.fixture(scope="session")
def walk(shipped: FlowSet) -> Walk:
    """All of them, walked."""
    walked, scripts = Walk(), load_scripts(test_files([SHIPPED]), shipped)

    def play_some(first: int) -> None:
        walked.calls += [play(shipped, script) for script in scripts[first : first + 100]]

    with pytest.MonkeyPatch.context() as watched:
        watched.setattr(dialogs.call, "render", walked.note)
        for first in range(0, len(scripts), 100):
            walked.seconds += quiet_seconds(partial(play_some, first))
    return walked
