"""What `ivr doctor` says of those who understand free speech."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.config import Settings
from ivr.finding import Finding
from ivr.understanding.port import UnderstandingFailed
from ivr.understanding.rasa import Rasa
from ivr.understanding.rasa_place import RasaPlace

DEADLINE = 3.0
"""Seconds for a server to tell its model."""


def rasa_servers(settings: Settings) -> Iterator[Finding]:
    """Each Rasa server that the settings name: whether it answers, and with which model."""
    folder = settings.understanding.examples_folder(settings.home)
    for language, url in settings.understanding.rasa.items():
        what, rasa = f"Rasa {language}", Rasa({str(language): url})
        try:
            model = rasa.version(language, deadline=DEADLINE)
        except UnderstandingFailed as fault:
            remedy = f"The built-in engine answers meanwhile; start it: ivr nlu serve --language {language}"
            yield Finding(what, "note", fault.what, remedy)
            continue
        finally:
            rasa.close()
        if model == RasaPlace().model(folder, language).name:
            yield Finding(what, "good", f"{url} answers, with {model}")
        else:
            found = f"{url} answers with {model}, which is not of the examples as they are now"
            yield Finding(what, "note", found, f"ivr nlu switch --language {language}")
