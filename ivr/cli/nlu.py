"""`ivr nlu`: trains, checks, tests and serves what understands free speech."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone
from ivr.cli.nlu_learn import label, learn
from ivr.cli.nlu_rasa import chosen_examples, rasa_at, serve, switch
from ivr.cli.nlu_spoken import drawn
from ivr.cli.nlu_spoken import spoken as as_heard
from ivr.cli.shown import json_option, show_json, show_table
from ivr.config import Settings
from ivr.evaluation.free_speech import HeardSentence, word_errors
from ivr.logs import configure, quieter
from ivr.understanding import comparing
from ivr.understanding.checking import problems_of
from ivr.understanding.concepts import read_concepts
from ivr.understanding.evaluating import Told, evaluate, picture, report
from ivr.understanding.examples import (
    APART,
    HELD_BACK,
    Example,
    read_apart,
    read_examples,
    version_of,
)
from ivr.understanding.model import model_file
from ivr.understanding.opening import models_folder, open_built_in
from ivr.understanding.port import Understander
from ivr.understanding.rasa_place import RasaPlace
from ivr.understanding.training import train

SHOWN = 30
"""Mistakes on the screen; `--json` has all."""

language_option = click.option("--language", "languages", multiple=True, help="Only this one; repeatable.")
engine_option = click.option(
    "--engine", default="built-in", show_default=True, type=click.Choice(["built-in", "rasa"])
)


@click.group("nlu")
def nlu() -> None:
    """Free speech: what callers want when they are asked "how can I help you?".

    \b
    Examples:
      ivr nlu check
      ivr nlu train
      ivr nlu test --json
      ivr nlu train --engine rasa --language es
    """


@nlu.command("train")
@engine_option
@language_option
@json_option
@pass_settings
def train_(settings: Settings, engine: str, languages: tuple[str, ...], as_json: bool) -> None:
    """Trains the models from the examples; a running server takes them up by itself.

    The built-in engine takes seconds. Rasa takes minutes, and at its first time installs itself (2.6 GB) in
    an environment of its own, for which it needs Python 3.10 (RASA_PYTHON names it).

    \b
    Examples:
      ivr nlu train
      RASA_PYTHON=/usr/bin/python3.10 ivr nlu train --engine rasa --language es
    """
    folder, chosen = chosen_examples(settings, languages)
    trained: dict[str, Any] = {}
    for language in chosen:
        began = time.monotonic()
        if engine == "rasa":
            file = RasaPlace(tell=lambda text: click.echo(text, err=True)).train(folder, language)
        else:
            version = version_of(folder, language)
            file = model_file(models_folder(settings.understanding, settings.home), language, version)
            train(read_examples(folder, language), read_concepts(folder, language), version).save(file)
        seconds = round(time.monotonic() - began, 2)
        trained[language] = {"model": str(file), "seconds": seconds, "bytes": file.stat().st_size}
        if not as_json:
            click.echo(f"{language}: {file} ({seconds} s, {file.stat().st_size / 1e6:.1f} MB)")
    if as_json:
        show_json({"engine": engine, "languages": trained})


@nlu.command()
@language_option
@json_option
@pass_settings
def check(settings: Settings, languages: tuple[str, ...], as_json: bool) -> None:
    """Checks the examples: mistakes, duplicates, contradictions, too few, tests that are trained on.

    Exit status 1 if there is a problem; one line each: file:line: what, and what to do.

    \b
    Examples:
      ivr nlu check
      ivr nlu check --language ca
    """
    folder, chosen = chosen_examples(settings, languages)
    found = []
    for language in chosen:
        examples = read_examples(folder, language)
        apart = [read_apart(folder, language, which) for which in APART]
        found += problems_of(examples, apart, read_concepts(folder, language))
        if not as_json:
            counts = f"{len(examples.sentences)} examples of {len(examples.intents)} intents"
            kept = ", ".join(
                f"{len(one.sentences)} in {which}" for which, one in zip(APART, apart, strict=True)
            )
            click.echo(f"{language}: {counts}; apart: {kept}", err=True)
    if as_json:
        problems = [{"file": p.file, "line": p.line, "message": p.message} for p in found]
        show_json({"folder": str(folder), "problems": problems})
    else:
        for problem in found:
            click.echo(str(problem))
    sys.exit(1 if found else 0)


@nlu.command("test")
@engine_option
@language_option
@click.option(
    "--set", "which", default=HELD_BACK, show_default=True, type=click.Choice(APART), help="Which sentences."
)
@click.option("--url", help="Rasa's address; default: the configured one, else http://127.0.0.1:5005.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="A folder for report and pictures."
)
@click.option(
    "--compare",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A report of before (nlu-….json of --out), of any engine or version; repeatable.",
)
@click.option("--spoken", is_flag=True, help="As they are heard: synthetic callers, A-law at 8 kHz.")
@click.option(
    "--callers",
    default="natural",
    show_default=True,
    type=click.Choice(["natural", "espeak"]),
    help="Who speaks (--spoken).",
)
@click.option(
    "--count", default=90, show_default=True, type=click.IntRange(1), help="Sentences to speak (--spoken)."
)
@click.option(
    "--mistakes", is_flag=True, help="Lists what was misunderstood. Who has seen it should not tune."
)
@json_option
@pass_settings
def test_(  # noqa: PLR0913, PLR0917 - one for each option of the command
    settings: Settings,
    engine: str,
    languages: tuple[str, ...],
    which: str,
    url: str | None,
    out: Path | None,
    compare: tuple[Path, ...],
    spoken: bool,
    callers: str,
    count: int,
    mistakes: bool,
    as_json: bool,
) -> None:
    """Measures understanding on sentences that nothing was trained on: accuracy, F1, confusions.

    Those of `held_back` measure, and nobody tunes with them; those of `development` are there to tune with.

    --spoken has synthetic callers say them on a telephone line, and the recogniser of calls hear them: two
    voices that sound like people (`ivr models pull kokoro`; Catalan: festival), or espeak-ng's. Seconds for
    each sentence.

    Compare engines or versions: keep a report (--out), and name it (--compare) the next time. The last line
    of --json: {"languages": {"es": {"intent_accuracy": …, "out_of_scope_recall": …}, …}}

    \b
    Examples:
      ivr nlu test
      ivr nlu test --out report/ --json
      ivr nlu test --engine rasa --language es --url http://127.0.0.1:5005
      ivr nlu test --out after/ --compare before/nlu-built-in.json
      ivr nlu test --spoken --count 240
    """
    configure(quieter(settings.log))
    folder, chosen = chosen_examples(settings, languages)
    sentences = _apart(folder, chosen, which)
    if spoken:
        sentences = {language: drawn(each, count) for language, each in sentences.items()}
    heard = as_heard(settings, sentences, callers) if spoken else {}
    results: dict[str, Any] = {}
    with closing(_engine(settings, engine, chosen, url)) as understander:
        for language in chosen:
            told, results[language] = _measured(understander, sentences[language], language, heard)
            if out is not None:
                _draw(told, out / f"nlu-{engine}-{language}.svg", f"{language}, {engine}")
            if mistakes:
                results[language]["mistakes"] = _mistakes(told, shown=0 if as_json else SHOWN)
    kind = f"{which}, spoken by {callers} callers" if spoken else which
    found = {"engine": engine, "set": kind, "languages": results}
    _tell(found, {str(file): _before(file, kind) for file in compare}, out, as_json=as_json)


def _tell(found: dict[str, Any], before: dict[str, Any], out: Path | None, *, as_json: bool) -> None:
    """What was found: kept in `out`, shown, and set beside what was found before."""
    if out is not None:
        (out / f"nlu-{found['engine']}.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    results = found["languages"]
    show_json(found) if as_json else _show(results)
    for language in results if before else ():
        _show_beside(before, found, language, out, as_json=as_json)


def _measured(
    understander: Understander,
    sentences: Sequence[Example],
    language: str,
    heard: Mapping[str, Sequence[HeardSentence]],
) -> tuple[list[Told], dict[str, Any]]:
    """What became of each sentence, and the figures; `heard`: as they were heard, if they were spoken."""
    spoken = heard.get(language)
    readings = None if spoken is None else [one.readings for one in spoken]
    told = evaluate(understander, sentences, language, readings)
    figures = {"model": understander.version(language), **report(told)}
    if spoken is not None:
        figures["word_errors"] = round(word_errors(spoken), 4)
    return told, figures


def _draw(told: Sequence[Told], file: Path, what: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(picture(told, f"{what}: meant (rows) and taken (columns)"), "utf-8")


def _show_beside(
    before: dict[str, Any], found: dict[str, Any], language: str, out: Path | None, *, as_json: bool
) -> None:
    """What was found beside what was found before: as a picture, and as a table."""
    together = {**before, f"now: {found['engine']}": found}
    if out is not None:
        picture = comparing.picture(together, language)
        (out / f"nlu-comparison-{language}.svg").write_text(picture, "utf-8")
    if not as_json:
        shown = comparing.rows(together, language)
        show_table([language, *(Path(name).parent.name or name for name in before), "now", "gain"], shown)


def _apart(folder: Path, languages: Sequence[str], which: str) -> dict[str, Sequence[Example]]:
    found: dict[str, Sequence[Example]] = {}
    for language in languages:
        found[language] = read_apart(folder, language, which).sentences
        if not found[language]:
            raise CannotBeDone(
                f"no sentences of {language!r} are kept apart: write {folder}/{which}/{language}.yml"
            )
    return found


def _before(file: Path, which: str) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("languages"), dict):
        raise CannotBeDone(f"{file} is no report: make one with ivr nlu test --out DIR")
    if told.get("set", HELD_BACK) != which:
        raise CannotBeDone(f"{file} was measured on another set: compare with the same --set")
    return told


def _engine(settings: Settings, engine: str, languages: Sequence[str], url: str | None) -> Understander:
    if engine == "built-in":
        return open_built_in(settings.understanding, settings.home)
    return rasa_at(settings, languages, url)


def _show(results: dict[str, Any]) -> None:
    shares = (
        "intent_accuracy",
        "ranked_first",
        "false_rejection",
        "out_of_scope_recall",
        "sure",
        "sure_right",
    )
    found = list(results.values())
    # A column for each language: eight columns of figures are cut short in a terminal of eighty.
    rows = [["sentences", *(str(one["sentences"]) for one in found)]]
    for name in shares:
        cells = ("-" if one[name] is None else f"{one[name]:.1%}" for one in found)
        rows.append([name.replace("_", " "), *cells])
    rows.append(["half of the answers within", *(f"{one['ms_p50']} ms" for one in found)])
    show_table(["", *results], rows)
    for language, one in results.items():
        if "word_errors" in one:
            click.echo(f"{language}: {one['word_errors']:.0%} of the words were heard wrong")
        weak = sorted(one["f1"].items(), key=lambda item: item[1])[:5]
        click.echo(f"{language}: weakest " + ", ".join(f"{name} {f1:.2f}" for name, f1 in weak))


def _mistakes(told: Sequence[Told], *, shown: int) -> list[str]:
    """All of them, a line each; so many are shown."""
    wrong = [
        f"{one.example.file}:{one.example.line}: {one.example.text}: {one.example.intent}, "
        f"taken for {one.taken} ({one.confidence:.2f})"
        for one in told
        if not one.right
    ]
    for line in wrong[:shown]:
        click.echo(line)
    if shown and len(wrong) > shown:
        click.echo(f"and {len(wrong) - shown} more: --json has all")
    return wrong


for command in (learn, label, serve, switch):
    nlu.add_command(command)

commands: list[click.Command] = [nlu]
"""For the root command group."""
