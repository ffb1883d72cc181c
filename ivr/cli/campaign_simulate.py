"""`ivr campaign simulate`: a campaign in virtual time, before anybody is called."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.db_lists import told_progress
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, show_json, show_table
from ivr.config import Settings

MOST_SEEDS = 200


@click.command()
@click.argument("strategy", required=False)
@click.argument("name", required=False, metavar="[CAMPAIGN]")
@click.option(
    "--population",
    "file",
    type=click.Path(path_type=Path),
    help="How people answer and agents talk (docs/pacing.md); default: twenty agents, as shipped.",
)
@click.option("--seeds", type=click.IntRange(1, MOST_SEEDS), default=3, show_default=True, help="Runs.")
@click.option("--agents", type=click.IntRange(1, 1000), help="In place of the population's.")
@click.option(
    "--like",
    nargs=2,
    metavar="STRATEGY CAMPAIGN",
    help="Answers, rings and talks as that campaign has met them in 60 days; the rest is the population's.",
)
@click.option("--html", type=click.Path(path_type=Path), help="A page with plots.")
@json_option
@pass_settings
def simulate(  # noqa: PLR0913, PLR0917 -- one per option
    settings: Settings,
    strategy: str | None,
    name: str | None,
    file: Path | None,
    seeds: int,
    agents: int | None,
    like: tuple[str, str] | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Play a campaign's newest sample, or a population, in virtual time: progressive and predictive against
    the same people. Exit status 1 if a rule was broken.

    \b
    Examples:
      ivr campaign simulate --population people.yaml --html pacing.html
      ivr campaign simulate fees reminder --agents 8 --seeds 10
      ivr campaign simulate fees reminder --like fees first_reminder
      ivr campaign simulate --json | tail -1
    """
    from ivr.campaigns.contact_rules.reading import load_rulebook  # noqa: PLC0415 -- simulating loads numpy
    from ivr.campaigns.simulation.declared import of_campaign  # noqa: PLC0415
    from ivr.campaigns.simulation.page import page  # noqa: PLC0415
    from ivr.campaigns.simulation.population import SHIPPED, read_population  # noqa: PLC0415
    from ivr.campaigns.simulation.running import MODES  # noqa: PLC0415
    from ivr.campaigns.simulation.running import simulate as play  # noqa: PLC0415
    from ivr.campaigns.simulation.told import record  # noqa: PLC0415

    if strategy is not None and name is None:
        raise CannotBeDone("which campaign? ivr campaign simulate STRATEGY CAMPAIGN")
    population, whom = read_population(file or SHIPPED / "twenty.yaml"), None
    if agents is not None:
        population = population.model_copy(update={"agents": agents})
    if like is not None:
        population = _like(settings, like, population, as_json=as_json)
    if strategy is not None and name is not None:
        with store_of(settings) as store:
            population, whom = of_campaign(settings, store, strategy, name, population)
    rulebook = load_rulebook(settings.path(settings.contact_rules))
    with told_progress() as told:
        done = told("simulating", seeds * len(MODES))
        outcome = play(population, seeds=range(seeds), rulebook=rulebook, done=done, whom=whom)
    if html is not None:
        title = f"Simulation: {strategy} {name}" if name else "Simulation"
        html.write_text(page(outcome, title), encoding="utf-8")
    show_json(record(outcome)) if as_json else _show(outcome, html)
    sys.exit(1 if outcome.rule_violations else 0)


def _like(settings: Settings, like: tuple[str, str], population: Any, *, as_json: bool) -> Any:
    """The population as that campaign has met people, which is told."""
    from ivr.campaigns.simulation.learned import like as learn  # noqa: PLC0415 -- as above

    with store_of(settings) as store:
        learned = learn(store, *like, population, at=datetime.now(UTC))
    click.echo(_learned(" ".join(like), learned), err=as_json)
    return learned.population


def _learned(which: str, found: Any) -> str:
    people = found.population
    kept = f"; as before: {', '.join(found.kept)}" if found.kept else ""
    return (
        f"like {which}: {found.calls} calls since {found.since:%Y-%m-%d}, {found.live / found.calls:.1%} "
        f"answered by a person after {people.rings.mean:g} s, {found.talks} talks of {people.talk.mean:g} s"
        f"{kept}"
    )


def _show(outcome: Any, html: Path | None) -> None:
    rows = [
        (
            str(one.seed),
            f"{one.mode} {one.campaign}".strip(),
            str(one.figures.whole.dialled),
            str(one.figures.whole.live),
            str(one.figures.whole.abandoned),
            f"{one.abandon_rate_max:.2%}",
            f"{one.occupancy:.1%}",
        )
        for one in outcome.played
    ]
    headings = ("seed", "mode", "calls", "live", "lost", "worst window", "occupancy")
    show_table(headings, rows)
    blocked: dict[str, int] = {}
    for one in outcome.of("predictive"):
        for rule, times in one.blocked.items():
            blocked[rule] = blocked.get(rule, 0) + times
    for rule, times in sorted(blocked.items()):
        click.echo(f"not now, said {rule}: {times} times")
    click.echo(
        f"worst seed {outcome.worst_seed}: occupancy "
        f"{100 * outcome.gain(outcome.worst_seed):+.1f} points over progressive; at most "
        f"{outcome.abandon_rate_max:.2%} abandoned in a window; {outcome.rule_violations} rules broken"
    )
    if html is not None:
        click.echo(f"{html}: plots of that seed")
