"""`ivr test`: the tests beside the flows."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from dialogs.coverage import Coverage, Share, coverage
from dialogs.flow import FlowSet
from dialogs.play import Played
from dialogs.rehearsal import Script, test_files
from dialogs.segments.golden import GoldenPlayed, golden_files, untested
from dialogs.segments.reading import FILE as SEGMENTS
from dialogs.source import nearest
from ivr.cli.bars import calls_bar
from ivr.cli.flows import (
    SHIPPED,
    CannotBeDone,
    Flawed,
    catalogue_of,
    catalogue_option,
    existing,
    folders,
    golden_tests,
    load_set,
    load_tests,
    paths_argument,
    places_of,
    rows,
    show_problems,
    write,
)
from ivr.clock import Clock
from ivr.workshop.junit import junit
from ivr.workshop.page import page
from ivr.workshop.runs import Basis, jobs_for, run

_STYLES = {"wanted:": "green", "was:": "red", "nearest:": "yellow"}


@click.command("test")
@paths_argument
@catalogue_option
@click.option("--only", help="Only tests whose name holds this.")
@click.option(
    "--coverage", "with_coverage", is_flag=True, help="Say which steps, branches, retries, languages lack."
)
@click.option("--junit", "junit_file", type=click.Path(path_type=Path), help="Write JUnit XML to this file.")
@click.option(
    "--html", "html_file", type=click.Path(path_type=Path), help="Write a page with a map of each flow."
)
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes; default: as many as are worth it.")
@click.option("--json", "as_json", is_flag=True, help="Last line: one JSON object.")
def test(
    paths: tuple[Path, ...],
    catalogue_file: Path | None,
    only: str | None,
    with_coverage: bool,
    junit_file: Path | None,
    html_file: Path | None,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Run the tests beside the flows: scripted calls, offline, in no time.

    \b
    Examples:
      ivr test                             the flows of this installation, which the server takes
      ivr test my-flows/ --coverage        a folder, with what the tests have missed
      ivr test --only "a silent caller"    some of them
      ivr test --junit report.xml          for a build server
      ivr test --html report.html          for people: what failed, and each flow in colours

    Exit status: 0 all passed, 1 some failed, 2 they could not be run.
    """
    places = places_of(click.get_current_context())
    named = existing(paths, SHIPPED if places is None else places.flows_folder)
    files = test_files(named)
    flows, loaded = _loaded(named, files, catalogue_file, as_json=as_json)
    scripts = _chosen(loaded, only)
    basis = Basis(folders(named), catalogue_of(named, catalogue_file), files, _calls_of(files, loaded))
    begun = perf_counter()
    with calls_bar(len(scripts)) as tell:
        played = run(flows, scripts, basis, jobs=jobs or jobs_for(len(scripts)), tell=tell)
    seconds = perf_counter() - begun
    golden = _golden(named, flows, only)
    done: list[Played | GoldenPlayed] = [*played, *golden]
    failed = [one for one in done if not one.passed]
    for one in failed:
        click.echo(_coloured(one.report()))
    covered = coverage(flows, played)
    if with_coverage:
        _show_coverage(covered)
        _show_segments(golden, flows)
    if junit_file is not None:
        write(junit_file, junit(played, seconds))
    if html_file is not None:
        write(html_file, page(flows, played, covered, seconds=seconds, at=Clock().utc()))
    _show_totals(played, golden, seconds)
    if as_json:
        click.echo(json.dumps(_figures(played, golden, covered, seconds), ensure_ascii=False))
    sys.exit(1 if failed else 0)


def _calls_of(files: list[Path], scripts: list[Script]) -> list[int]:
    """How many each file has."""
    counts = Counter(script.file for script in scripts)
    return [counts[str(file)] for file in files]


def _loaded(
    named: list[Path], files: list[Path], catalogue_file: Path | None, *, as_json: bool
) -> tuple[FlowSet, list[Script]]:
    """The flows and their tests. Raises `CannotBeDone`, and `Flawed` where nobody wants JSON."""
    try:
        flows = load_set(named, catalogue_file)
        if not files and not golden_files(named):
            raise CannotBeDone(
                f"there is no test file (*.test.yaml) in {named[0]}: write one beside the flow"
            )
        return flows, load_tests(files, flows)
    except Flawed as fault:
        if not as_json:
            raise
        show_problems(fault.problems)
        click.echo(json.dumps({"problems": rows(fault.problems)}, ensure_ascii=False))
        raise CannotBeDone(fault.message) from fault


def _show_totals(played: list[Played], golden: list[GoldenPlayed], seconds: float) -> None:
    passed = sum(call.passed for call in played)
    click.echo(f"{passed} of {len(played)} scripted calls passed ({seconds:.1f} s)")
    if golden:
        passed = sum(one.passed for one in golden)
        click.echo(f"{passed} of {len(golden)} tests of segments passed")


def _golden(paths: list[Path], flows: FlowSet, only: str | None) -> list[GoldenPlayed]:
    """The tests of the segments, played, of which those are told that were asked for."""
    wanted = "" if only is None else only.casefold()
    return [one for one in golden_tests(paths, flows) if wanted in one.title.casefold()]


def _chosen(scripts: list[Script], only: str | None) -> dict[int, Script]:
    """The scripts to be played, by their place among all."""
    placed = dict(enumerate(scripts))
    if only is None:
        return placed
    wanted = only.casefold()
    chosen = {place: script for place, script in placed.items() if wanted in script.name.casefold()}
    if not chosen:
        raise CannotBeDone(f"no test is called “{only}”: {nearest(only, {s.name for s in scripts})}")
    return chosen


def _coloured(report: str) -> str:
    """Green what was wanted, red what was; click takes the colours out where no terminal is."""

    def styled(line: str) -> str:
        words = re.match(r"\s+(wanted:|was:|nearest:)", line)
        return click.style(line, fg=_STYLES[words.group(1)]) if words else line

    first, *rest = report.splitlines()
    return "\n".join([click.style(first, bold=True), *map(styled, rest), ""])


def _show_coverage(covered: Coverage) -> None:
    for name, share in covered.shares.items():
        click.echo(f"{name:>9}: {share.covered} of {share.of} ({share.percent} %)")
        for missing in share.missing:
            click.echo(f"           not covered: {missing}")


def _show_segments(golden: list[GoldenPlayed], flows: FlowSet) -> None:
    segments = flows.segments.segments
    if segments:
        missing = untested(golden, flows, SEGMENTS)
        covered = Share(len(segments) - len(missing), len(segments), tuple(missing))
        click.echo(f" segments: {covered.covered} of {covered.of} ({covered.percent} %)")
        for one in missing:
            click.echo(f"           not covered: {one}")


def _figures(
    played: list[Played], golden: list[GoldenPlayed], covered: Coverage, seconds: float
) -> dict[str, Any]:
    failed = [call.title for call in played if not call.passed]
    return {
        "calls": len(played),
        "passed": len(played) - len(failed),
        "failed": failed,
        "seconds": round(seconds, 3),
        "coverage": {name: share.percent for name, share in covered.shares.items()},
        "segments": {"tests": len(golden), "failed": [one.title for one in golden if not one.passed]},
    }


commands: list[click.Command] = [test]
"""For the root command group."""
