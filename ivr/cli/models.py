"""`ivr models`: speech models from the command line, looked for where the server of that folder looks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from ivr.cli import pass_settings
from ivr.cli.fetch_bars import FetchBars
from ivr.cli.flows import CannotBeDone
from ivr.config import Settings
from speech.auto import choose
from speech.errors import ModelUnavailable
from speech.model_catalogue import CATALOGUE
from speech.models import ModelStore

LANGUAGES = ("es", "ca", "en")

models_option = click.option(
    "--models",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder with models, looked into first; default: speech.models of ivr.yaml, else IVR_MODELS.",
)


def store_of(settings: Settings, folder: Path | None) -> ModelStore:
    """Where models are looked for: in `folder`, else where the settings say."""
    return ModelStore(local=folder or settings.models_folder)


@click.group("models")
def models() -> None:
    """Speech models: what is there, and fetching what is not.

    \b
    Examples:
      ivr models list
      ivr models pull
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True)
@models_option
@pass_settings
def list_models(settings: Settings, as_json: bool, folder: Path | None) -> None:
    """Shows every known model, and where it is.

    \b
    Example:
      ivr models list --json
    """
    store = store_of(settings, folder)
    rows: list[dict[str, Any]] = []
    for model in CATALOGUE.values():
        there = store.installed(model.name)
        rows.append(
            {
                "name": model.name,
                "engine": model.engine,
                "languages": list(model.languages),
                "megabytes": round(model.size / 1e6),
                "licence": model.licence,
                "installed": str(there.folder) if there else None,
                "verified": there.verified if there else None,
                "damage": store.damage(model.name) if there else "",
                "sources": [f"{source.title} ({source.host})" for source in model.sources],
                "tests_only": model.tests_only,
            }
        )
    if as_json:
        click.echo(json.dumps({"models": rows}, ensure_ascii=False))
        return
    table = Table("model", "languages", "MB", "state", "sources")
    for row in rows:
        state = "not installed"
        if row["installed"]:
            doubt = "damaged: pull it again" if row["damage"] else "" if row["verified"] else "not verified"
            state = f"{row['installed']}" + (f" ({doubt})" if doubt else "")
        languages = " ".join(row["languages"]) + (" (tests)" if row["tests_only"] else "")
        table.add_row(row["name"], languages, str(row["megabytes"]), state, "\n".join(row["sources"]))
    Console().print(table)


@models.command("pull")
@click.argument("names", nargs=-1, metavar="[MODEL]…")
@click.option("--unverified", is_flag=True, help="Take a model whose publisher's sha256 is not known.")
@click.option("--json", "as_json", is_flag=True)
@models_option
@pass_settings
def pull(
    settings: Settings, names: tuple[str, ...], unverified: bool, as_json: bool, folder: Path | None
) -> None:
    """Fetches models; without a name, the best to be had for es, ca and en by `speech.engine` of ivr.yaml.

    \b
    Examples:
      ivr models pull
      ivr models pull vosk-es whisper-base
      ivr models pull vosk-ca --unverified
    """
    store = store_of(settings, folder)
    if not names:
        engine = "auto" if settings.speech.engine == "none" else settings.speech.engine
        with FetchBars() as bars:
            choice = choose(LANGUAGES, store, fetch=True, engine=engine, progress=bars.advance)
        if as_json:
            click.echo(json.dumps({"engines": choice.engines, "reasons": choice.reasons}, ensure_ascii=False))
        else:
            for language, reason in choice.reasons.items():
                click.echo(f"{language}: {reason}")
        if "keys" in choice.engines.values():
            raise CannotBeDone("not every language has a recogniser: the lines above say what was tried")
        return
    pulled = []
    for name in names:
        try:
            with FetchBars() as bars:
                there = store.ensure(name, progress=bars.advance, unverified=unverified)
        except ModelUnavailable as fault:
            raise CannotBeDone(str(fault)) from None
        pulled.append({"name": name, "folder": str(there.folder), "source": there.source})
        if not as_json:
            doubt = "" if there.verified else ", not verified"
            click.echo(f"{name}: {there.folder} (from {there.source}{doubt})")
    if as_json:
        click.echo(json.dumps({"pulled": pulled}, ensure_ascii=False))


commands: list[click.Command] = [models]
