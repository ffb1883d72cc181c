"""Examples of the documentation as whole flows: what they use comes before, where they lead is there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from dialogs.catalogue import Catalogue, load_catalogue
from dialogs.examples import examples
from dialogs.flow import FlowSet
from dialogs.loader import assemble
from dialogs.play import Played, play
from dialogs.rehearsal import load_scripts
from dialogs.source import Source, parse
from tests.dialogs.flowtext import CATALOGUE

HEAD = "flow: trial\nlanguages: [es, ca, en]\nperson: billing\nsteps:\n"
NUMBER = """  - ask: customer_number
    type: digits
    length: 5
    prompt: {es: "uno", ca: "u", en: "one"}
"""
ACCOUNT = """  - lookup: account
    by: {customer_number: "{customer_number}"}
    found: example
    missing: closing
    slow: closing
    error: closing
  - id: example
    set: {unused: x}
"""
OTHER = "languages: [es, ca, en]\nperson: billing\nsteps:\n  - outcome: been_there\n"
RECORD = '{name: Ana, balance: 14230, balance_currency: EUR, due_date: "2026-12-11", open: true}'
DATA = f'data: {{account: {{"45716": {RECORD}}}}}\n'

_MISSING = re.compile(r"there is no step `(\w+)`")
_FLOW = re.compile(r"there is no flow `(\w+)`")
TOLERATED = ("no step leads to", "main menu", "whoever has waited")
"""What an example of one step cannot have."""


class Golden:
    """One example in a flow of its own."""

    def __init__(self, documented: type, example: str, folder: Path) -> None:
        self.folder = folder
        self.catalogue = self._catalogue(documented)
        self.segments = next(
            (parse(text, "segments.yaml") for text in examples(documented, "segments")), None
        )
        self.needs_number = "{customer_number}" in example or "account." in example
        text = HEAD
        if self.needs_number and "ask: customer_number" not in example:
            text += NUMBER
            text += ACCOUNT if "account." in example else ""
        else:
            self.needs_number = False
        text += "".join(f"  {line}\n" if line else "\n" for line in example.rstrip().splitlines())
        text += "  - id: closing\n    hangup: normal\n"
        found = self._assemble(text)[1]
        for name in dict.fromkeys(m.group(1) for p in found if (m := _MISSING.search(str(p)))):
            ends = "queue: billing\n    busy: closing" if name == "person" else "hangup: normal"
            text += f"  - id: {name}\n    {ends}\n"
        others = sorted({m.group(1) for p in found if (m := _FLOW.search(str(p)))})
        self.flows, problems = self._assemble(text, *(f"flow: {name}\n{OTHER}" for name in others))
        self.problems = [str(p) for p in problems if not any(t in p.message for t in TOLERATED)]

    def _catalogue(self, documented: type) -> Catalogue:
        found = CATALOGUE
        for text in examples(documented, "catalogue"):
            file = self.folder / "catalogue.yaml"
            file.write_text(text, encoding="utf-8")
            more = load_catalogue(file)
            found = replace(
                found,
                queues=found.queues | more.queues,
                lookups={**found.lookups, **more.lookups},
                writes=more.writes,
                identities=more.identities,
                calendars=more.calendars,
                destinations=more.destinations,
                webhooks=more.webhooks,
            )
        return found

    def _assemble(self, *texts: str) -> tuple[FlowSet, list[Any]]:
        sources: list[Source] = [parse(text, f"{text[6:].split(chr(10), 1)[0]}.flow.yaml") for text in texts]
        return assemble(sources, self.catalogue, segments=self.segments)

    def play(self, test: str) -> list[Played]:
        """Plays a test of the documentation, in every language."""
        head = "flow: trial\nlanguage: [es, ca, en]\nagents: free\n" + DATA
        lines = "".join(f"  {line}\n" for line in test.rstrip().splitlines())
        if self.needs_number:
            lines = lines.replace("    steps:\n", "    steps:\n      - key: 45716\n")
        file = self.folder / "trial.test.yaml"
        file.write_text(head + "tests:\n" + lines, encoding="utf-8")
        return [play(self.flows, script) for script in load_scripts([file], self.flows)]
