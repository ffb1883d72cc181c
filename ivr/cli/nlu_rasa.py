"""`ivr nlu serve` and `ivr nlu switch`: Rasa's server, and another model for it while it answers."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from gevent import subprocess

from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, show_json
from ivr.config import Settings
from ivr.understanding.examples import languages_in
from ivr.understanding.rasa import Rasa
from ivr.understanding.rasa_place import RasaPlace

PORT = 5005
"""Rasa's own."""
LOADING = 1800.0
"""Seconds for a server to take a model: few where it is quiet, more than 300 were seen at a load of 20."""


def chosen_examples(settings: Settings, languages: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """The folder of the examples, and the languages, or all that it has. Raises `CannotBeDone`."""
    folder = settings.understanding.examples_folder(settings.home)
    there = languages_in(folder)
    missing = [language for language in languages if language not in there]
    if missing or not there:
        named = f"in {missing[0]!r} " if missing else ""
        raise CannotBeDone(
            f"there are no training examples {named}in {folder}: write some, or name the folder"
        )
    return folder, tuple(languages) or there


def rasa_at(settings: Settings, languages: Sequence[str], url: str | None = None) -> Rasa:
    """Those languages' servers: at `url`, else where the settings have them, else at Rasa's own port."""
    configured = {str(language): address for language, address in settings.understanding.rasa.items()}
    return Rasa(
        {language: url or configured.get(language, f"http://127.0.0.1:{PORT}") for language in languages}
    )


def _free(port: int) -> None:
    """Rasa would load its model for a minute, and then end with a traceback. Raises `CannotBeDone`."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as taken:
            raise CannotBeDone(
                f"port {port} cannot be bound ({taken.strerror}): a Rasa that runs there takes another model "
                "by ivr nlu switch; else choose another --port"
            ) from None


@click.command()
@click.option("--engine", default="rasa", show_default=True, type=click.Choice(["rasa"]))
@click.option("--language", required=True, help="A server understands one.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535))
@pass_settings
def serve(settings: Settings, engine: str, language: str, port: int) -> None:  # noqa: ARG001 - the only one to serve
    """Serves a trained Rasa model until it is stopped; the built-in engine needs no server.

    It listens on the loopback: Rasa's API has no password of its own. Then name it in ivr.yaml:
    `understanding: {rasa: {es: "http://127.0.0.1:5005"}}`.

    \b
    Examples:
      ivr nlu serve --language es
      ivr nlu serve --language ca --port 5006
    """
    folder, _ = chosen_examples(settings, [language])
    _free(port)
    place = RasaPlace(tell=lambda text: click.echo(text, err=True))
    model = place.train(folder, language)
    place.install()
    with place.surroundings(f"serve-at-{port}") as environment:
        child = subprocess.Popen(place.serving(model, port), env=environment, stdin=subprocess.DEVNULL)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            pass
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()


@click.command()
@click.option("--language", required=True, help="A server understands one.")
@click.option("--url", help="Rasa's address; default: the configured one, else http://127.0.0.1:5005.")
@json_option
@pass_settings
def switch(settings: Settings, language: str, url: str | None, as_json: bool) -> None:
    """Has a running Rasa take the model of the examples as they are now, while calls go on.

    Trains it first if it is not there: minutes. While Rasa loads it (seconds, on a busy machine minutes), the
    built-in engine answers callers in its place; no question is lost. A model that Rasa cannot load leaves
    the old one in use.

    \b
    Examples:
      ivr nlu switch --language es
      ivr nlu switch --language ca --url http://127.0.0.1:5006
    """
    folder, _ = chosen_examples(settings, [language])
    rasa = rasa_at(settings, [language], url)
    try:
        before = rasa.version(language)
        place = RasaPlace(tell=lambda text: click.echo(text, err=True))
        model = place.train(folder, language)
        if before != model.name:
            rasa.replace_model(language, str(model), deadline=LOADING)
            rasa.prepare()
        now = rasa.version(language)
    finally:
        rasa.close()
    if now != model.name:
        raise CannotBeDone(f"Rasa goes on with {now} instead of {model.name}: see what it prints")
    if as_json:
        show_json({"language": language, "before": before, "now": now})
    elif now == before:
        click.echo(f"{language}: {now} is in use already")
    else:
        click.echo(f"{language}: {now} instead of {before}")
