"""`ivr eval calibrate`: the weights of `speech.evidence`, learnt anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone
from ivr.config import Settings
from ivr.errors import MeasurementImpossible
from ivr.evaluation.calibrating import Lesson, fitted, lessons, reliability
from ivr.evaluation.callers import Callers, babblers, drawn
from ivr.evaluation.spoiling import CONDITIONS
from speech.errors import SpeechError
from speech.evidence import KEYWORDS, NAMES, PHRASES, Weights
from speech.models import ModelStore

LANGUAGES = ("es", "ca", "en")
LINES = ("clean", "babble-20", "babble-10")
SETS = ("yes_no", "menu", "other_menus", "wishes", "again", "nothing")


@click.command()
@click.option("--items", default=60, show_default=True, type=click.IntRange(1), help="Of each set and half.")
@click.option(
    "--language", "languages", multiple=True, type=click.Choice(LANGUAGES), help="Only this one; repeatable."
)
@click.option(
    "--line", "lines", multiple=True, default=LINES, show_default=True, type=click.Choice(list(CONDITIONS))
)
@click.option("--voices", default="both", show_default=True, type=click.Choice(["synthetic", "both"]))
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON instead.")
@pass_settings
def calibrate(
    settings: Settings,
    items: int,
    languages: tuple[str, ...],
    lines: tuple[str, ...],
    voices: str,
    seed: int,
    as_json: bool,
) -> None:
    """Learns how far Whisper's phrases are to be believed, and shows what that is worth.

    The tuning half teaches, the test half is measured, with the new weights and with those in use. Put the
    new ones into speech/evidence.py if they are better. More than an hour on two cores with 160 items.

    \b
    Examples:
      ivr eval calibrate --items 160
      ivr eval calibrate --line clean --line babble-10 --line babble-5
      ivr eval calibrate --language es --line clean --json
    """
    chosen = languages or LANGUAGES
    callers = Callers(chosen)
    halves: dict[str, list[Lesson]] = {}
    try:
        model = ModelStore(local=settings.models_folder).ensure("whisper-base").folder
        for split in ("tuning", "test"):
            material = drawn(callers, chosen, SETS, items, seed, voices, split, told=_tell)
            _tell(f"{split}: {len(material)} utterances on {len(lines)} lines")
            halves[split] = lessons(
                material, lines, model, others=lambda language: babblers(callers, language, lines)
            )
        learnt = {
            group: (in_use, fitted(_of_group(halves["tuning"], group)))
            for group, in_use in (("phrases", PHRASES), ("keywords", KEYWORDS))
        }
    except (SpeechError, MeasurementImpossible) as fault:
        raise CannotBeDone(str(fault)) from None
    finally:
        callers.close()
    report = {
        group: {
            "names": NAMES,
            "in_use": asdict(in_use),
            "learnt": asdict(new),
            "lessons": {split: len(_of_group(found, group)) for split, found in halves.items()},
            "test": reliability(_of_group(halves["test"], group), new),
            "test_in_use": reliability(_of_group(halves["test"], group), in_use),
        }
        for group, (in_use, new) in learnt.items()
    }
    if as_json:
        click.echo(json.dumps(report))
        return
    for group, (in_use, new) in learnt.items():
        _show(group, report[group], in_use, new)


def _of_group(found: Sequence[Lesson], group: str) -> list[Lesson]:
    """The lessons of keywords, or of all other phrases: each kind has its weights."""
    keyword = NAMES.index("keyword")
    return [one for one in found if bool(one.facts[keyword]) is (group == "keywords")]


def _show(group: str, report: Mapping[str, object], in_use: Weights, learnt: Weights) -> None:
    click.echo(f"{group}: lessons {report['lessons']}")
    for name, now, new in zip(
        (*NAMES, "bias"), (*in_use.weights, in_use.bias), (*learnt.weights, learnt.bias), strict=True
    ):
        click.echo(f"  {name:12} in use {now:6.2f}   learnt {new:6.2f}")
    shown = Table(
        "believed from", "right phrases", "wrong ones of answers", "what nobody asked", title="test half"
    )
    rows = report["test"]
    assert isinstance(rows, list)
    for row in rows:
        shown.add_row(
            f"{row['limit']:.2f}", *(f"{row[k]:.1%}" for k in ("right", "wrong_answers", "nothing"))
        )
    Console().print(shown)


def _tell(line: str) -> None:
    click.echo(line, err=True)
