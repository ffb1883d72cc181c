"""What somebody who plays a caller may type beside words: commands, keys, names of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_KEYS = frozenset("0123456789*#")
_QUOTES = ("'", '"')


@dataclass(frozen=True)
class Command:
    """What may be typed beside what the caller says."""

    usage: str
    help: str


COMMANDS: Mapping[str, Command] = {
    "/key": Command("/key 1", "presses keys, as many as you write: /key 45716 08001"),
    "/silence": Command("/silence [3s]", "says nothing until the time is up, or so long (or just Enter)"),
    "/over": Command(
        "/over [STEP] WORDS", "says it while the last sentence (or that of STEP) was being said"
    ),
    "/hangup": Command("/hangup", "hangs up"),
    "/state": Command("/state", "where the call is, and what is known"),
    "/jump": Command("/jump STEP", "goes to a step (FLOW.STEP: of another flow)"),
    "/set": Command("/set SLOT VALUE", "fills a slot, for a jump that needs it"),
    "/back": Command("/back", "takes the last turn back, also a /jump or a /set"),
    "/save": Command("/save FILE.test.yaml [NAME]", "keeps the call as a test"),
    "/help": Command("/help", "shows this"),
}
HELP = "Type what the caller says.\n" + "\n".join(
    f"  {command.usage:28} {command.help}" for command in COMMANDS.values()
)


def keys_in(typed: str) -> str:
    """Spaces make long numbers readable; a telephone has no key for them."""
    return "".join(typed.split())


def are_keys(typed: str) -> bool:
    """Whether it is nothing but keys of a telephone, one at least."""
    keys = keys_in(typed)
    return bool(keys) and not set(keys) - _KEYS


def file_and_name(typed: str) -> tuple[str, str]:
    """What was typed behind `/save`, each with or without quotes, as in a shell."""
    if typed[:1] in _QUOTES and typed[:1] in typed[1:]:
        file, _, name = typed[1:].partition(typed[0])
    else:
        file, _, name = typed.partition(" ")
    name = name.strip()
    quoted = len(name) > 1 and name[0] == name[-1] and name[0] in _QUOTES
    return file, name[1:-1].strip() if quoted else name
