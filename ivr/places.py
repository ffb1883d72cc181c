"""Where this installation has what designers work on: read alone, so that `ivr check` need not read the rest.

Rules:
1. The one who knows all settings is `ivr.config`. What is read here is read as it reads it: the file, with
   `IVR_FLOWS` and the like before it.
2. Whatever is not plain (a misspelt name, a wrong kind of value) is left to it, which says what is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ivr.config_file import read
from ivr.switch_settings import FreeswitchSettings

CHECKOUT = Path(__file__).resolve().parent.parent
SHIPPED_FLOWS = CHECKOUT / "dialogs" / "flows"
"""The flows that come with the product: templates."""
OF_THE_PROCESS = frozenset({"IVR_CONFIG", "IVR_MODELS"})
"""Variables that are no settings."""
_PATHS = frozenset({"home", "flows", "back_ends", "queues", "prompts", "strategies"})
_SWITCH = "freeswitch"
NOT_READ = frozenset(
    """contact_rules recordings spool retention database outbound audio switch speech calls
    messages working_days verification callbacks campaigns handover agents understanding log api""".split()  # noqa: SIM905 - as one reads a list of words
)
"""Settings that say nothing of places for designers. A test compares them with all that there are."""


@dataclass(frozen=True)
class Places:
    """Folders and files, with what they are if nobody says so."""

    home: Path = CHECKOUT
    flows: Path | None = None
    back_ends: Path | None = None
    queues: Path | None = None
    prompts: Path = Path("prompts")
    strategies: Path = Path("strategies")
    queue_names: frozenset[str] = FreeswitchSettings().queue_names
    """The queues that the switch has whatever the flows name."""

    def path(self, relative: Path) -> Path:
        """`relative` below `home`; an absolute path stays as it is."""
        return relative if relative.is_absolute() else self.home / relative

    @property
    def prompts_folder(self) -> Path:
        return self.path(self.prompts)

    @property
    def strategies_folder(self) -> Path:
        return self.path(self.strategies)

    @property
    def flows_folder(self) -> Path:
        """Where the flows lie: the configured folder, `home`/flows, or the shipped ones."""
        if self.flows is not None:
            return self.path(self.flows)
        own = self.home / "flows"
        return own if own.is_dir() else SHIPPED_FLOWS

    @property
    def back_ends_file(self) -> Path | None:
        """The file of back ends; `None`: only the own database is asked."""
        if self.back_ends is not None:
            return self.path(self.back_ends)
        own = self.home / "back_ends.yaml"
        return own if own.is_file() else None

    @property
    def queues_file(self) -> Path | None:
        """The file of queues; `None`: every queue goes by the defaults."""
        if self.queues is not None:
            return self.path(self.queues)
        beside = self.flows_folder / "queues.yaml"
        return beside if beside.is_file() else None


def chosen_file(named: Path | None) -> Path | None:
    """The settings' file: `named`, else `IVR_CONFIG`, else `ivr.yaml` in `IVR_HOME`, else none."""
    if named is not None or os.environ.get("IVR_CONFIG"):
        return named or Path(os.environ["IVR_CONFIG"])
    candidate = Path(os.environ.get("IVR_HOME") or CHECKOUT) / "ivr.yaml"
    return candidate if candidate.is_file() else None


def plain_places(named: Path | None) -> Places | None:
    """The places, if they are told plainly; `None`: `ivr.config` has to look.

    Raises `ConfigurationError` for a file that cannot be read.
    """
    file = chosen_file(named)
    values: Mapping[str, Any] = read(file)[0] if file is not None else {}
    told = {**values, **_variables()}
    paths = {name: told[name] for name in _PATHS & told.keys()}
    if told.keys() - _PATHS - NOT_READ - {_SWITCH}:
        return None
    if not all(isinstance(path, str) for path in paths.values()):
        return None
    try:
        switch = FreeswitchSettings.model_validate(told.get(_SWITCH, {}))
    except ValidationError:  # or a variable, which is text
        return None
    return Places(**{name: Path(path) for name, path in paths.items()}, queue_names=switch.queue_names)


def _variables() -> dict[str, str]:
    """The settings among the environment's variables; of a nested one, its section."""
    return {
        name.upper().removeprefix("IVR_").partition("__")[0].lower(): value
        for name, value in os.environ.items()
        if name.upper().startswith("IVR_") and name not in OF_THE_PROCESS and value
    }
