"""`ivr test`: the tests beside the flows."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from dialogs.coverage import Coverage, coverage
from dialogs.play import Played, play
from dialogs.rehearsal import Script, test_files
from dialogs.source import nearest
from ivr.cli.flows import (
    CannotBeDone,
    catalogue_option,
    existing,
    load_set,
    load_tests,
    paths_argument,
    write,
)
from ivr.workshop.junit import junit

_STYLES = {"wanted:": "green", "was:": "red", "nearest:": "yellow"}


@click.command("test")
@paths_argument
@catalogue_option
@click.option("--only", help="Only tests whose name holds this.")
@click.option(
    "--coverage", "with_coverage", is_flag=True, help="Say which steps, branches, retries, languages lack."
)
@click.option("--junit", "junit_file", type=click.Path(path_type=Path), help="Write JUnit XML to this file.")
@click.option("--json", "as_json", is_flag=True, help="Last line: one JSON object.")
def test(
    paths: tuple[Path, ...],
    catalogue_file: Path | None,
    only: str | None,
    with_coverage: bool,
    junit_file: Path | None,
    as_json: bool,
) -> None:
    """Run the tests beside the flows: scripted calls, offline, in no time.

    \b
    ivr test                             the flows that come with the product
    ivr test my-flows/ --coverage        a folder, with what the tests have missed
    ivr test --only "a silent caller"    some of them
    ivr test --junit report.xml          for a build server

    Exit status: 0 all passed, 1 some failed, 2 they could not be run.
    """
    named = existing(paths)
    flows = load_set(named, catalogue_file)
    files = test_files(named)
    if not files:
        raise CannotBeDone(f"there is no test file (*.test.yaml) in {named[0]}: write one beside the flow")
    scripts = _chosen(load_tests(files, flows), only)
    begun = perf_counter()
    played = [play(flows, script) for script in scripts]
    seconds = perf_counter() - begun
    failed = [call for call in played if not call.passed]
    for call in failed:
        click.echo(_coloured(call.report()))
    covered = coverage(flows, played)
    if with_coverage:
        _show_coverage(covered)
    if junit_file is not None:
        write(junit_file, junit(played, seconds))
    click.echo(f"{len(played) - len(failed)} of {len(played)} scripted calls passed ({seconds:.1f} s)")
    if as_json:
        click.echo(json.dumps(_figures(played, failed, covered, seconds), ensure_ascii=False))
    sys.exit(1 if failed else 0)


def _chosen(scripts: list[Script], only: str | None) -> list[Script]:
    if only is None:
        return scripts
    wanted = only.casefold()
    chosen = [script for script in scripts if wanted in script.name.casefold()]
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


def _figures(played: list[Played], failed: list[Played], covered: Coverage, seconds: float) -> dict[str, Any]:
    return {
        "calls": len(played),
        "passed": len(played) - len(failed),
        "failed": [f"{call.script.name} [{call.script.language}]" for call in failed],
        "seconds": round(seconds, 3),
        "coverage": {name: share.percent for name, share in covered.shares.items()},
    }


commands: list[click.Command] = [test]
"""For the root command group."""
