"""A flow in which callers ask to be called back: for every switch on which that is tested."""

from __future__ import annotations

from pathlib import Path

CATALOGUE = "queues: [billing]\n"
FLOW = """flow: main
languages: [es]
person: person
steps:
  - menu: main_menu
    prompt: {es: "Diga o pulse."}
    choices:
      person: {key: 0, phrases: {es: [operador]}, then: person}
      call_me: {key: 2, phrases: {es: [llámeme]}, then: call_me}
  - id: call_me
    callback: billing
    number: "{caller.number}"
    keep_place: true
    say: {es: "Le llamaremos."}
    failed: sorry
  - id: bye
    hangup: normal
  - id: sorry
    say: {es: "No puede ser."}
    then: bye
  - id: person
    queue: billing
    busy: {offer: callback, declined: sorry}
"""


def write_flows(folder: Path) -> None:
    """The flow and its catalogue, where a server that is at home in the folder finds them."""
    (folder / "flows").mkdir()
    for name, text in (("catalogue", CATALOGUE), ("main.flow", FLOW)):
        (folder / "flows" / f"{name}.yaml").write_text(text, encoding="utf-8")
