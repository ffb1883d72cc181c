"""Opens the engines that the settings name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ivr.understanding.built_in import BuiltIn
from ivr.understanding.rasa import Rasa
from ivr.understanding.settings import UnderstandingSettings
from ivr.understanding.understanding import Understanding
from ivr.understanding.unheard import FILE, Unheard


def models_folder(settings: UnderstandingSettings, home: Path) -> Path:
    """Where the built-in engine's models are kept: normally `~/.cache/ivr/nlu`."""
    if settings.models is not None:
        return settings.models if settings.models.is_absolute() else home / settings.models
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "ivr" / "nlu"


def open_built_in(settings: UnderstandingSettings, home: Path) -> BuiltIn:
    """The engine that needs nothing; it loads its models when they are first wanted."""
    return BuiltIn(settings.examples_folder(home), models_folder(settings, home))


def open_understanding(
    settings: UnderstandingSettings, home: Path, now: Callable[[], float]
) -> Understanding:
    """`now`: seconds of a clock that never goes back."""
    rasa = Rasa({str(language): url for language, url in settings.rasa.items()}) if settings.rasa else None
    unheard = Unheard(settings.learning_folder(home) / FILE) if settings.collect else None
    return Understanding(open_built_in(settings, home), rasa, now=now, unheard=unheard)
