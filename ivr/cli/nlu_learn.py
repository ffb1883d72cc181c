"""`ivr nlu learn` and `ivr nlu label`: from what was not understood to examples."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dialogs.errors import FlowsInvalid
from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, show_json
from ivr.config import Settings
from ivr.understanding.concepts import read_concepts
from ivr.understanding.examples import OUT_OF_SCOPE, languages_in, read_examples
from ivr.understanding.labelling import labelled, take_in, written
from ivr.understanding.opening import open_built_in
from ivr.understanding.port import Meaning
from ivr.understanding.settings import SHIPPED
from ivr.understanding.unheard import FILE, groups_of, read_unheard

TO_LABEL = "to_label.yml"
BEFORE = "before"
"""The folder of the report that a gain is measured against, as the commands name it."""


@click.command()
@click.option(
    "--from", "source", type=click.Path(path_type=Path), help="The sentences; default: the server's."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The file to label; default: beside the sentences."
)
@json_option
@pass_settings
def learn(settings: Settings, source: Path | None, out: Path | None, as_json: bool) -> None:
    """Groups what callers said that was not understood, in a file to label.

    Numbers, names and addresses are masked. What the examples have by now is left out. With each group stands
    which intent it was most like, and how surely.

    \b
    Examples:
      ivr nlu test --out before/
      ivr nlu learn
      ivr nlu label nlu_learning/to_label.yml && ivr nlu check && ivr nlu train
      ivr nlu test --out after/ --compare before/nlu-built-in.json
    """
    learning = settings.understanding.learning_folder(settings.home)
    source, out = source or learning / FILE, out or learning / TO_LABEL
    if not source.is_file():
        raise CannotBeDone(
            f"nothing is kept in {source}: it begins with the first sentence that nobody understood"
        )
    folder = settings.understanding.examples_folder(settings.home)
    engine = open_built_in(settings.understanding, settings.home)
    found = {}
    for language in languages_in(folder):
        examples, concepts = read_examples(folder, language), read_concepts(folder, language)
        groups = groups_of(read_unheard(source, language), examples, concepts)
        found[language] = [
            (group, _likeliest(engine.parse(group.sentences[0], language, deadline=120.0)))
            for group in groups
        ]
    engine.close()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(written(found), "utf-8")
    counts = {language: len(groups) for language, groups in found.items()}
    if as_json:
        show_json({"file": str(out), "groups": counts})
    else:
        click.echo(f"{out}: " + ", ".join(f"{count} groups in {one}" for one, count in counts.items()))
        click.echo(
            f"Now: ivr nlu test --out {BEFORE}/ keeps what is measured today; write the intents; "
            f"then ivr nlu label {out}"
        )


def _likeliest(meaning: Meaning) -> str:
    """Which of the intents that are served, and how surely: that it was none is known already."""
    served = [(name, sure) for name, sure in meaning.intents if name != OUT_OF_SCOPE]
    return f"{served[0][0]} {served[0][1]:.0%}" if served else "none"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@pass_settings
def label(settings: Settings, file: Path, as_json: bool) -> None:
    """Takes a labelled file into the examples (`learnt.yml` of each language); all of it or nothing.

    What is there already is left out, and told. Exit status 1: a sentence contradicts another, or something
    masked is left in it; nothing is taken then.

    \b
    Examples:
      ivr nlu label nlu_learning/to_label.yml
    """
    folder = settings.understanding.examples_folder(settings.home)
    if folder == SHIPPED:
        raise CannotBeDone(
            f"the shipped examples stay as they are: copy them first: cp -r {SHIPPED} {settings.home / 'nlu'}"
        )
    examples = {language: read_examples(folder, language) for language in languages_in(folder)}
    try:
        found = labelled(file, examples)
    except FlowsInvalid as invalid:
        raise CannotBeDone(str(invalid.problems[0])) from None
    for problem in (*found.known, *found.problems):
        click.echo(str(problem), err=True)
    if found.problems:
        sys.exit(1)
    files = [str(take_in(folder, language, new)) for language, new in found.new.items()]
    taken = sum(len(one) for new in found.new.values() for one in new.values())
    if as_json:
        told = {"taken": taken, "known": len(found.known), "undecided": found.undecided, "files": files}
        show_json(told)
    else:
        click.echo(f"{taken} sentences taken, {len(found.known)} known, {found.undecided} groups undecided")
        compare = f"ivr nlu test --out after/ --compare {BEFORE}/nlu-built-in.json"
        click.echo(f"Now: ivr nlu check && ivr nlu train && {compare}")
