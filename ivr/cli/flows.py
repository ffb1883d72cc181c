"""`ivr check`, `ivr test`, `ivr call`, `ivr schema`: the dialog designer's commands.

They need no server, no switch, no models and no database.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click

import dialogs
from dialogs.catalogue import Catalogue, load_catalogue
from dialogs.check import unperformable
from dialogs.engine import Conversation
from dialogs.errors import DialogError, FlowsInvalid, Problem
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import flow_files, load_flows, read_flows
from dialogs.play import Coverage, Played, Share, coverage, play
from dialogs.rehearsal import Script, load_scripts, test_files
from dialogs.schema import flow_schema
from dialogs.simulator import HELP, TextCaller
from dialogs.stand_in import Agents, Data
from ivr.performers import PERFORMERS

SHIPPED = Path(dialogs.__file__).parent / "flows"
"""The flows that come with the product."""
CATALOGUE = "catalogue.yaml"

_paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
_catalogue = click.option(
    "--catalogue",
    "catalogue_file",
    type=click.Path(path_type=Path),
    help="What flows may use: queues and look-ups. Without it: catalogue.yaml beside the flows.",
)


class CannotBeDone(click.ClickException):
    """The command could not do its work: one line with the remedy, status 2."""

    exit_code = 2


def _existing(paths: tuple[Path, ...]) -> list[Path]:
    for path in paths:
        if not path.exists():
            raise CannotBeDone(f"{path} is not there: name a flow file or a folder of flows")
    return list(paths) or [SHIPPED]


def _folders(paths: list[Path]) -> list[Path]:
    """A flow is read with the flows beside it, because it may use them."""
    return list(dict.fromkeys(path if path.is_dir() else path.parent for path in paths))


def _find_catalogue(paths: list[Path], named: Path | None) -> Catalogue:
    places = [folder / CATALOGUE for path in _folders(paths) for folder in (path, *path.resolve().parents)]
    file = named or next((place for place in places if place.is_file()), SHIPPED / CATALOGUE)
    try:
        return replace(load_catalogue(file), performers=PERFORMERS)
    except FlowsInvalid as fault:
        raise CannotBeDone(str(fault.problems[0])) from fault


def _rows(problems: list[Problem]) -> list[dict[str, object]]:
    return [{"file": p.file, "line": p.line, "column": p.column, "message": p.message} for p in problems]


def _show(problems: list[Problem] | tuple[Problem, ...]) -> None:
    for problem in problems:
        click.echo(str(problem))


@click.command("check")
@_paths
@_catalogue
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for editors.")
def check(paths: tuple[Path, ...], catalogue_file: Path | None, as_json: bool) -> None:
    """Check flow files: every mistake in one run, with line, column and remedy.

    \b
    ivr check                          the flows that come with the product
    ivr check my-flows/                a folder
    ivr check my-flows/main.flow.yaml  one file (read with the flows beside it)

    Steps that run in tests but not yet on live calls are noted; they are no mistakes.

    Exit status: 0 all is well, 1 there are mistakes, 2 nothing could be checked.
    """
    named = _existing(paths)
    known = _find_catalogue(named, catalogue_file)
    flows, problems = read_flows(_folders(named), known)
    wanted = {str(file) for file in flow_files(named)}
    if not wanted:
        raise CannotBeDone(f"there is no flow file (*.flow.yaml) in {named[0]}: name another folder")
    shown = [problem for problem in problems if problem.file in wanted]
    scripts = 0
    if not problems:
        try:
            scripts = len(load_scripts(test_files(named), flows))
        except FlowsInvalid as fault:
            shown += fault.problems
    notes = [note for note in unperformable(flows, known) if note.file in wanted]
    if as_json:
        click.echo(json.dumps({"problems": _rows(shown), "notes": _rows(notes)}, ensure_ascii=False))
    else:
        _show(shown)
        for note in notes:
            click.echo(f"{note} (a note, no mistake)")
    if shown:
        sys.exit(1)
    if not as_json:
        click.echo(f"{len(wanted)} flow file(s) and {scripts} scripted call(s): no mistakes")


def _load(paths: list[Path], catalogue_file: Path | None) -> FlowSet:
    try:
        return load_flows(_folders(paths), _find_catalogue(paths, catalogue_file))
    except FlowsInvalid as fault:
        _show(fault.problems)
        raise CannotBeDone("the flows have mistakes: correct them first (ivr check)") from fault


def _scripts(files: list[Path], flows: FlowSet) -> list[Script]:
    try:
        return load_scripts(files, flows)
    except FlowsInvalid as fault:
        _show(fault.problems)
        raise CannotBeDone("the tests have mistakes: correct them first") from fault


@click.command("test")
@_paths
@_catalogue
@click.option(
    "--coverage", "with_coverage", is_flag=True, help="Say which steps, exits and languages are missed."
)
@click.option("--json", "as_json", is_flag=True, help="Last line: one JSON object.")
def test(paths: tuple[Path, ...], catalogue_file: Path | None, with_coverage: bool, as_json: bool) -> None:
    """Run the tests beside the flows: scripted calls, offline, in no time.

    \b
    ivr test                           the flows that come with the product
    ivr test my-flows/ --coverage      a folder, with what the tests have missed

    Exit status: 0 all passed, 1 some failed, 2 they could not be run.
    """
    named = _existing(paths)
    flows = _load(named, catalogue_file)
    files = test_files(named)
    if not files:
        raise CannotBeDone(f"there is no test file (*.test.yaml) in {named[0]}: write one beside the flow")
    played = [play(flows, script) for script in _scripts(files, flows)]
    failed = [call for call in played if not call.passed]
    for call in failed:
        click.echo(call.report())
    covered = coverage(flows, played)
    if with_coverage:
        _show_coverage(covered)
    click.echo(f"{len(played) - len(failed)} of {len(played)} scripted calls passed")
    if as_json:
        click.echo(json.dumps(_figures(played, failed, covered), ensure_ascii=False))
    sys.exit(1 if failed else 0)


def _shares(covered: Coverage) -> dict[str, Share]:
    return {"steps": covered.steps, "branches": covered.branches, "languages": covered.languages}


def _show_coverage(covered: Coverage) -> None:
    for name, share in _shares(covered).items():
        click.echo(f"{name:>9}: {share.covered} of {share.of} ({share.percent} %)")
        for missing in share.missing:
            click.echo(f"           not covered: {missing}")


def _figures(played: list[Played], failed: list[Played], covered: Coverage) -> dict[str, Any]:
    return {
        "calls": len(played),
        "passed": len(played) - len(failed),
        "failed": [f"{call.script.name} [{call.script.language}]" for call in failed],
        "coverage": {name: share.percent for name, share in _shares(covered).items()},
    }


@click.command("schema")
def schema() -> None:
    """Print the JSON Schema of the flow language, for editors.

    \b
    ivr schema > flow.schema.json
    """
    click.echo(json.dumps(flow_schema(), ensure_ascii=False, indent=2))


@click.command("call")
@click.argument("flow")
@click.option("--text", "by_text", is_flag=True, help="Type what the caller says.")
@click.option(
    "--language", default="es", show_default=True, help="The language of the greeting: es, ca or en."
)
@click.option("--flows", "folder", type=click.Path(path_type=Path), help="The folder of the flows.")
@click.option(
    "--data", "data_file", type=click.Path(path_type=Path), help="A test file whose data answer look-ups."
)
@click.option(
    "--agents",
    type=click.Choice(["free", "busy", "closed"]),
    default="busy",
    show_default=True,
    help="Whether a person takes the call.",
)
@_catalogue
def call(
    flow: str,
    by_text: bool,
    language: str,
    folder: Path | None,
    data_file: Path | None,
    agents: Agents,
    catalogue_file: Path | None,
) -> None:
    """Play a caller in the terminal.

    \b
    ivr call main --text
    ivr call main --text --language ca --data my-flows/main.test.yaml

    Look-ups are answered from the data of a test file, by default the one beside the flow.
    """
    if not by_text:
        raise CannotBeDone("a call by voice is not there yet: add --text")
    paths = _existing((folder,) if folder else ())
    flows = _load(paths, catalogue_file)
    try:
        chosen = flows.flow(flow)
    except DialogError as fault:
        raise CannotBeDone(f"{fault}: name one of these") from fault
    if language not in chosen.languages:
        raise CannotBeDone(f"{flow} does not speak {language}: choose one of {', '.join(chosen.languages)}")
    beside = Path(chosen.source.file).with_name(f"{flow}.test.yaml")
    data = _data(data_file or beside, flows)
    facts = Facts(
        language,
        {"number": "", "name": "", "segment": ""},
        datetime.now(ZoneInfo("Europe/Madrid")),
        recorded=True,
    )
    caller = TextCaller(Conversation(flows, flow, facts), data, agents)
    click.echo(HELP)
    _show_lines(caller.start())
    for line in _typed(sys.stdin):
        _show_lines(caller.feed(line))
        if caller.finished:
            break


def _data(file: Path, flows: FlowSet) -> Data:
    if not file.exists():
        return {}
    found: dict[str, Any] = {}
    for script in _scripts([file], flows):
        found.update(script.data)
    return found


def _typed(keyboard: TextIO) -> Iterator[str]:
    """Lines from the keyboard or a pipe, to its end."""
    while True:
        click.echo("> ", nl=False)
        line = keyboard.readline()
        if not line:
            click.echo()
            return
        yield line


def _show_lines(lines: list[tuple[str, str]]) -> None:
    for who, what in lines:
        click.echo(f"{who:>6}: {what}")


commands: list[click.Command] = [check, test, schema, call]
"""For the root command group."""
