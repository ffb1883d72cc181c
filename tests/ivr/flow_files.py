"""Small flows as files, for tests of publishing."""

from __future__ import annotations

from pathlib import Path

CATALOGUE = """queues: [billing]
lookups:
  account: {by: [customer_number], fields: {name: text, balance: money, balance_currency: text}}
"""
TEST = """flow: main
tests:
  - test: a caller agrees
    steps:
      - key: 1
      - expect: {said: Adiós, hangup: true}
"""


def main_flow(greeting: str = "Hola", *, extra: str = "") -> str:
    """A flow that greets, asks a yes-or-no question, says good-bye."""
    return (
        "flow: main\nlanguages: [es]\nperson: billing\nsteps:\n"
        f'  - {{id: greet, say: {{es: "{greeting}."}}}}\n'
        f"{extra}"
        "  - ask: agrees\n    type: yes_no\n    timeout: 30\n"
        '    prompt: {es: "¿Está de acuerdo? Diga sí o no, o pulse uno o dos."}\n'
        "    answers: {yes: bye, no: person_please}\n"
        '  - {id: bye, say: {es: "Adiós."}}\n'
        "  - hangup: normal\n"
        "  - {id: person_please, queue: billing, busy: {offer: callback, declined: bye}}\n"
    )


def files(greeting: str = "Hola", *, extra: str = "", test: str = TEST) -> dict[str, bytes]:
    """A whole release: flow, test, catalogue."""
    texts = {
        "main.flow.yaml": main_flow(greeting, extra=extra),
        "main.test.yaml": test,
        "catalogue.yaml": CATALOGUE,
    }
    return {path: text.encode() for path, text in texts.items()}


def folder_with(folder: Path, content: dict[str, bytes]) -> Path:
    """The files in that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in content.items():
        (folder / path).write_bytes(text)
    return folder
