"""`ivr check`, `ivr schema`, and how the designer's commands find and read flows.

They need no server, no switch, no models and no database.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import click

import dialogs
from dialogs.catalogue import Catalogue, load_catalogue
from dialogs.check import unperformable
from dialogs.errors import DialogError, FlowsInvalid, Problem
from dialogs.flow import Flow, FlowSet
from dialogs.linked import Linked, linked
from dialogs.loader import ENDING, flow_files, load_flows, read_flows
from dialogs.rehearsal import Script, load_scripts, misshapen, test_files
from dialogs.segments.golden import GoldenPlayed, golden_files, play_golden
from dialogs.segments.reading import FILE as SEGMENTS
from ivr.back_ends import live_schemas
from ivr.back_ends.agreement import OWN, LiveSchemas
from ivr.file_schemas import FILES, schema_text, write_all
from ivr.performers import PERFORMERS
from ivr.places import Places
from ivr.publishing.catalogues import CATALOGUE, unanswered, with_collections
from ivr.publishing.unproved import unproved
from ivr.queueing.reading import misfits
from speech.studio_files import recordings_below

SHIPPED = Path(dialogs.__file__).parent / "flows"
"""The flows that come with the product."""

paths_argument = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
catalogue_option = click.option(
    "--catalogue",
    "catalogue_file",
    type=click.Path(path_type=Path),
    help="What flows may use: queues and look-ups. Without it: catalogue.yaml beside the flows.",
)


class CannotBeDone(click.ClickException):
    """The command could not do its work: one line with the remedy, status 2."""

    exit_code = 2


class Flawed(CannotBeDone):
    """Files with mistakes: shown as `ivr check` shows them, then what to do."""

    def __init__(self, what: str, fault: FlowsInvalid) -> None:
        super().__init__(f"{what}: correct them first (ivr check)")
        self.problems = list(fault.problems)

    def show(self, file: IO[Any] | None = None) -> None:
        show_problems(self.problems)
        super().show(file)


def existing(paths: tuple[Path, ...], served: Path = SHIPPED) -> list[Path]:
    """The paths, or those that are `served`. Raises `CannotBeDone` for one that is not there."""
    for path in paths:
        if not path.exists():
            raise CannotBeDone(f"{path} is not there: name a flow file or a folder of flows")
    return list(paths) or [served]


def folders(paths: list[Path]) -> list[Path]:
    """A flow is read with the flows beside it, because it may use them."""
    return list(dict.fromkeys(path if path.is_dir() else path.parent for path in paths))


def find_catalogue(paths: list[Path], named: Path | None) -> Catalogue:
    """What the flows may use. Raises `CannotBeDone`, `Flawed`."""
    file = catalogue_of(paths, named)
    if not file.exists():
        raise CannotBeDone(f"{file} is not there: name another catalogue, or leave --catalogue out")
    try:
        return replace(load_catalogue(file), performers=PERFORMERS, recordings=_recorded())
    except FlowsInvalid as fault:
        raise Flawed("the catalogue has mistakes", fault) from fault


def places_of(context: click.Context | None) -> Places | None:
    """Where this installation's files are, as the root command has read it; `None`: there is none."""
    known = None if context is None else context.find_root().obj
    return known if known is None or isinstance(known, Places) else known.places


def _recorded() -> frozenset[str] | None:
    """The studio's recordings of this installation, if it has any."""
    places = places_of(click.get_current_context(silent=True))
    return recordings_below((places or Places()).prompts_folder / "studio")


def catalogue_of(paths: list[Path], named: Path | None) -> Path:
    """The file that was named; or the one beside or above the flows; the only one below; the shipped one."""
    places = [folder / CATALOGUE for path in folders(paths) for folder in (path, *path.resolve().parents)]
    found = named or next((place for place in places if os.path.lexists(place)), None)
    if found is not None:
        return found
    # Flows are found in folders below, too, and go by what stands beside them.
    below = sorted({file for folder in folders(paths) for file in folder.glob(f"*/{CATALOGUE}")})
    return below[0] if len(below) == 1 else SHIPPED / CATALOGUE


def _live(places: Places | None) -> tuple[LiveSchemas, list[Problem]]:
    """What the live service looks up and writes here, and what is wrong with the file that declares it."""
    if places is None:
        return OWN, []
    try:
        return live_schemas(places.back_ends_file), []
    except FlowsInvalid as fault:
        return OWN, list(fault.problems)


def rows(problems: list[Problem]) -> list[dict[str, object]]:
    return [{"file": p.file, "line": p.line, "column": p.column, "message": p.message} for p in problems]


def show_problems(problems: list[Problem] | tuple[Problem, ...]) -> None:
    """One line each."""
    for problem in problems:
        click.echo(str(problem))


def _served_among(named: list[Path], places: Places) -> bool:
    """Whether servers take one of them as it lies there, with the queues.yaml that they go by."""
    return places.flows_folder.resolve() in (folder.resolve() for folder in folders(named))


def _tell(
    problems: list[Problem], notes: list[Problem], read_with: tuple[Path, ...] = (), *, as_json: bool
) -> None:
    if as_json:
        told = {
            "problems": rows(problems),
            "notes": rows(notes),
            "read_with": [str(file) for file in read_with],
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    show_problems(problems)
    for note in notes:
        click.echo(f"{note} (a note, no mistake)")


@click.command("check")
@paths_argument
@catalogue_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for editors.")
@click.pass_context
def check(
    context: click.Context, paths: tuple[Path, ...], catalogue_file: Path | None, as_json: bool
) -> None:
    """Check flow files: every mistake in one run, with line, column and remedy.

    \b
    Examples:
      ivr check                          the flows of this installation, which the server takes
      ivr check my-flows/                a folder
      ivr check my-flows/main.flow.yaml  one file, read with what it uses or what uses it

    The installation's files of back ends and of queues, if it has them, are checked too.
    What runs in tests but not on live calls (steps, look-ups that are answered otherwise) is noted; that is
    no mistake here, and is not published.

    Exit status: 0 all is well, 1 there are mistakes, 2 nothing could be checked.
    """
    places = places_of(context)
    named = existing(paths, SHIPPED if places is None else places.flows_folder)
    if not named[0].is_dir() and not paths:
        raise CannotBeDone(f"{named[0]} is not there: see `flows` in the configuration")
    try:
        known = find_catalogue(named, catalogue_file)
    except Flawed as fault:  # nothing else can be checked against it
        _tell(fault.problems, [], as_json=as_json)
        sys.exit(1)
    found = _found(named, known, catalogue_file, places)
    _tell(found.problems, found.notes, found.besides, as_json=as_json)
    if found.problems:
        sys.exit(1)
    if not as_json:
        where = "" if paths else f" in {named[0]}"
        click.echo(f"{found.files} flow file(s) and {found.scripts} scripted call(s){where}: no mistakes")
        if found.besides:
            click.echo(f"read with {_named(found.besides)}: what they use and what uses them")


MOST_NAMED = 6
"""Files."""


def _named(files: tuple[Path, ...]) -> str:
    """The first of them, and how many more."""
    shown = ", ".join(file.name for file in files[:MOST_NAMED])
    more = len(files) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


@dataclass
class _Found:
    """What was looked at, and what was found."""

    files: int
    besides: tuple[Path, ...]
    """The flow files that these were read with, if not the whole folder."""
    scripts: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def _alone(named: list[Path], places: Places | None) -> Linked | None:
    """What single flows are read with; `None` where a folder, its segments or tests are named, too.

    Where the folder is one of flows (what servers take, or with a catalogue beside or above), all below
    belongs to it. Anywhere else, such as in `/tmp`, only what lies beside.
    """
    if not all(path.name.endswith(ENDING) and not path.is_dir() for path in named):
        return None
    served = places is not None and _served_among(named, places)
    above = (at for folder in folders(named) for at in (folder.resolve(), *folder.resolve().parents))
    return linked(named, CATALOGUE, below=served or any((at / CATALOGUE).is_file() for at in above))


def _found(named: list[Path], known: Catalogue, catalogue_file: Path | None, places: Places | None) -> _Found:
    """The flows, their tests, segments, back ends and queues. Raises `CannotBeDone`."""
    if places is not None:
        known = with_collections(known, places.strategies_folder)
    files = flow_files(named)
    alone = _alone(named, places)
    around = folders(named) if alone is None else sorted({*alone.named, *alone.others})
    flows, problems = read_flows(around, known, part_of=alone)
    if not files and not any(path.name == SEGMENTS for path in named):
        raise CannotBeDone(f"there is no flow file (*.flow.yaml) in {named[0]}: name another folder")
    segments = {str(path / SEGMENTS) if path.is_dir() else str(path) for path in named}
    wanted = {*map(str, files), *segments}
    besides = () if alone is None else alone.others
    found = _Found(len(files), besides, problems=[problem for problem in problems if problem.file in wanted])
    if problems:
        found.problems += misshapen(test_files(named))
    else:
        try:
            found.scripts = len(load_scripts(test_files(named), flows))
            play_golden(golden_files(named), flows)
        except FlowsInvalid as fault:
            found.problems += fault.problems
    found.notes += [note for note in unperformable(flows, known) if note.file in wanted]
    live, unreadable = _live(places)
    found.problems += unreadable
    if not unreadable:
        found.notes += unanswered(catalogue_of(named, catalogue_file), known, live)
        found.notes += [note for note in unproved(flows, live) if note.file in wanted]
    if places is not None:
        unfit = misfits(places.queues_file, known, places.queue_names)
        (found.problems if _served_among(named, places) else found.notes).extend(unfit)
    return found


def load_set(paths: list[Path], catalogue_file: Path | None) -> FlowSet:
    """The flows without a mistake. Raises `Flawed`, `CannotBeDone`."""
    try:
        return load_flows(folders(paths), find_catalogue(paths, catalogue_file))
    except FlowsInvalid as fault:
        raise Flawed("the flows have mistakes", fault) from fault


@dataclass(frozen=True)
class Chosen:
    """A flow that a command was asked for, and the flows that it is read with."""

    flows: FlowSet
    flow: Flow
    folder: Path


def chosen_flow(word: str, folder: Path | None, live: Path, catalogue_file: Path | None) -> Chosen:
    """The flow of that name or file, in `folder`, beside the file, or in the installation's `live` folder.

    Raises `CannotBeDone`.
    """
    file = Path(word) if word.endswith(ENDING) else None
    if file is not None and not file.is_file():
        raise CannotBeDone(f"{file} is not there: name a flow, or its file (*{ENDING})")
    place = folder or (live if file is None else file.parent)
    flows = load_set(existing((place,)), catalogue_file)
    if file is not None:
        for flow in flows.flows.values():
            if Path(flow.source.file).resolve() == file.resolve():
                return Chosen(flows, flow, place)
        raise CannotBeDone(f"{file} is not among the flows of {place}: leave --flows out")
    try:
        return Chosen(flows, flows.flow(word), place)
    except DialogError as fault:
        elsewhere = "" if folder else "; for a flow in another folder add --flows FOLDER, or name its file"
        raise CannotBeDone(f"{fault}: name one of these{elsewhere}") from fault


def load_tests(files: list[Path], flows: FlowSet) -> list[Script]:
    """The scripted calls of the files. Raises `Flawed`."""
    try:
        return load_scripts(files, flows)
    except FlowsInvalid as fault:
        raise Flawed("the tests have mistakes", fault) from fault


def golden_tests(paths: list[Path], flows: FlowSet) -> list[GoldenPlayed]:
    """The tests of the segments, played. Raises `Flawed`."""
    try:
        return play_golden(golden_files(paths), flows)
    except FlowsInvalid as fault:
        raise Flawed("the tests have mistakes", fault) from fault


def write(file: Path, text: str) -> None:
    """Writes a report. Raises `CannotBeDone`."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise CannotBeDone(f"{file} cannot be written ({fault.strerror}): name another file") from fault


@click.command("schema")
@click.option(
    "--kind", type=click.Choice(list(FILES)), default="flow", show_default=True, help="Of which file."
)
@click.option("--all", "folder", type=click.Path(path_type=Path), help="Write all of them into this folder.")
def schema(kind: str, folder: Path | None) -> None:
    """Print the JSON Schema of the flow language or of a file beside the flows, for editors.

    \b
    Examples:
      ivr schema > flow.schema.json
      ivr schema --kind test > test.schema.json                      *.test.yaml
      ivr schema --kind segments > segments.schema.json              segments.yaml
      ivr schema --kind segments-test > segments-test.schema.json    segments.test.yaml
      ivr schema --kind catalogue > catalogue.schema.json            catalogue.yaml
      ivr schema --kind back-ends > back_ends.schema.json            back_ends.yaml
      ivr schema --kind settings > settings.schema.json              ivr.yaml
      ivr schema --all .vscode/schemas                               all, and the setting that names them
    """
    if folder is None:
        click.echo(schema_text(kind))
        return
    try:
        setting = write_all(folder)
    except OSError as fault:
        raise CannotBeDone(f"{folder} cannot be written ({fault.strerror}): name another folder") from fault
    click.echo(setting)


commands: list[click.Command] = [check, schema]
"""For the root command group."""
