"""Every command has examples, and what is shown of the command line is taken as it stands: in `--help`, in
the README and in docs/.

Nothing is run: each line goes through the command line's own parser, up to where the command would begin.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from ivr.cli import root

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted([*CHECKOUT.glob("README*.md"), *(CHECKOUT / "docs").glob("*.md")])
_FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)
"""Of whatever kind, so that the end of one block is not taken for the beginning of another."""
_QUOTED = re.compile(r"`(ivr [^`\n]+)`")
_TYPED = {"", "sh", "bash", "console"}
_COMMAND = re.compile(r"""ivr(?: (?! |[#>|<&;…]|2>)(?:'[^']*'|"[^"]*"|\S)+)*""")
"""What follows on its line is none of it: what it does, where its output goes."""
_LEFT_OPEN = re.compile(r"[…\[\]]|\b(?:ID|[A-Z][A-Z_]{2,})\b|\.\.\.")
"""A line with a place to fill in shows a form, and is not to be typed as it stands."""


def commands(command: click.Command = root, *above: str) -> Iterator[tuple[str, click.Command]]:
    """All that can be called, each with its name from `ivr` on."""
    name = (*above, command.name or "ivr") if above else ("ivr",)
    yield " ".join(name), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for one in command.list_commands(context):
            inner = command.get_command(context, one)
            assert inner is not None
            yield from commands(inner, *name)


def typed(text: str) -> list[str]:
    """The commands in it, as somebody would type them."""
    lines = (line.strip().removeprefix("$ ") for line in text.replace("\\\n", " ").splitlines())
    return [found[0] for line in lines if line.startswith("ivr ") and (found := _COMMAND.match(line))]


def parse(line: str) -> None:
    """Takes the line as the command line would. Raises `click.ClickException`."""
    command: click.Command = root
    arguments, context = shlex.split(line)[1:], None
    while True:
        context = command.make_context(command.name or "ivr", arguments, parent=context)
        if not isinstance(command, click.Group) or not (left := [*context._protected_args, *context.args]):
            return
        _name, inner, arguments = command.resolve_command(context, left)
        assert inner is not None
        command = inner


PROMISED = """
serve | demo --json | check --json | test --coverage --json | call --text --voice | graph --format
schema | doctor --json | flow publish | flow rollback | flow history | flow from-call | db upgrade
db seed | db import | db export | db erase | db expire | models list | models pull | say --language
transcribe --language --grammar | eval speech --json | prompts build | prompts export
prompts import | nlu train --json | nlu check --json | nlu test --json | nlu serve | campaign create
campaign load | campaign start | campaign pause | campaign stop | campaign status --json
campaign report --json | campaign simulate --json | queue status --json | agent in | agent out
agent pause | agent list --json | supervise listen | supervise whisper | supervise join
report queues --json | report agents --json | recordings list --json | recordings play
recordings export | freeswitch init | bench turns --json
"""
"""The command line is a contract: scripts and people's hands know these names and options."""


@pytest.mark.parametrize("one", [one.strip() for one in re.split(r"[|\n]", PROMISED.strip())])
def test_the_names_stay(one: str) -> None:
    """Whatever else a command learns."""
    name, *options = one.split(" --")
    command = dict(commands())[f"ivr {name}"]
    own = {option for parameter in command.params for option in parameter.opts}
    assert own.issuperset(f"--{option}" for option in options), own


@pytest.fixture(autouse=True)
def _any_file_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types an example has files of their own."""

    def taken(self: click.Path, value: Any, *_: Any) -> Any:
        return self.coerce_path_result(value)

    monkeypatch.setattr(click.Path, "convert", taken)


@pytest.mark.parametrize(("name", "command"), tuple(commands()))
def test_every_command_has_an_example_on_a_line_of_its_own(name: str, command: click.Command) -> None:
    """Groups as well; without its `\\b` mark click would run the lines of the examples together."""
    lines = [line.strip() for line in command.get_help(click.Context(command, info_name=name)).splitlines()]
    assert any(line == name or line.startswith(f"{name} ") for line in lines), "\n".join(lines)


@pytest.mark.parametrize(("name", "command"), tuple(commands()))
def test_every_example_is_taken_as_typed(name: str, command: click.Command) -> None:
    """One of them at least is of this command."""
    shown = typed((command.help or "").partition("Example")[2])
    for line in shown:
        parse(line)
    assert any(re.sub(r" --config \S+", "", line).startswith(name) for line in shown), shown


def shown_in(page: Path) -> list[str]:
    """The command lines of a page, as they are typed."""
    blocks = [text for kind, text in _FENCED.findall(page.read_text("utf-8")) if kind in _TYPED]
    return [line for text in blocks for line in typed(text) if not _LEFT_OPEN.search(line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_pages_show_is_taken_as_typed(page: Path) -> None:
    """A renamed option is mended where it is shown, too."""
    for line in shown_in(page):
        parse(line)


def test_the_pages_show_commands() -> None:
    """That nothing is wrong with none of them would prove nothing."""
    shown = {page.name: len(shown_in(page)) for page in PAGES}
    assert shown["campaigns.md"] >= 15 and sum(shown.values()) >= 150, shown


def misnamed(text: str) -> Iterator[str]:
    """What the sentences of a page call a command and is none, and options that it has not."""
    known = dict(commands())
    of_all = {"--help", *(option for parameter in root.params for option in parameter.opts)}
    for quoted in _QUOTED.findall(text):
        name, words = "ivr", quoted.split()[1:]
        while words and isinstance(known.get(name), click.Group) and re.fullmatch(r"[a-z][a-z|-]*", words[0]):
            name = f"{name} {words.pop(0).partition('|')[0]}"
        parameters = known[name].params if name in known else []
        own = {option for one in parameters for option in (*one.opts, *one.secondary_opts)}
        if name not in known or not {word for word in words if word.startswith("--")} <= own | of_all:
            yield quoted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_pages_speak_of_is_there(page: Path) -> None:
    """In a sentence a command stands without its arguments: its name and options are looked at."""
    assert list(misnamed(page.read_text("utf-8"))) == []


def test_a_wrong_name_in_a_sentence_is_found() -> None:
    """Of a command, in a group, of an option; a group may be named alone."""
    text = (
        "`ivr chekc` `ivr flow publsih NOW` `ivr agent pause --becuase x` `ivr rules` `ivr agent in 1 --json`"
    )
    assert list(misnamed(text)) == ["ivr chekc", "ivr flow publsih NOW", "ivr agent pause --becuase x"]
    assert sum(len(_QUOTED.findall(page.read_text("utf-8"))) for page in PAGES) >= 300


def test_a_wrong_example_is_found() -> None:
    """A name that does not exist, an option that another command has."""
    for line in ("ivr flow publsih", "ivr check --only x", "ivr bogus", "ivr agent pause"):
        with pytest.raises(click.ClickException):
            parse(line)
