"""Settings: `ivr.yaml` (`--config`, `IVR_CONFIG`), overridden by `IVR_DATABASE__URL` and the like.

Rules:
1. Without a file everything has a default: SQLite, the embedded switch, loopback.
2. Unknown keys are errors: a misspelt setting that is silently ignored costs an operator a night.
3. A secret is never literal: `{env: NAME}` or `{file: PATH}`.
4. What is relative is relative to `home` (`IVR_HOME`; by default the checkout).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BeforeValidator,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ivr.agents.settings import AgentSettings
from ivr.api.settings import ApiSettings
from ivr.campaigns.dialling.settings import CampaignSettings
from ivr.config_file import read
from ivr.config_sections import (
    AudioSettings,
    CallSettings,
    DatabaseSettings,
    LogSettings,
    OutboundSettings,
    RecordingSettings,
    RetentionSettings,
    SpeechSettings,
    SwitchSettings,
    folder_alone,
)
from ivr.errors import ConfigurationError
from ivr.identity.settings import VerificationSettings
from ivr.messenger.settings import MessageSettings
from ivr.places import CHECKOUT, OF_THE_PROCESS, SHIPPED_FLOWS, Places, chosen_file
from ivr.queueing.callback_rules import CallbackSettings
from ivr.queueing.context_settings import HandoverSettings
from ivr.switch_settings import FreeswitchSettings
from ivr.understanding.settings import UnderstandingSettings
from ivr.working_days import WorkingDaySettings

__all__ = [
    "CHECKOUT",
    "SHIPPED_FLOWS",
    "AudioSettings",
    "CallSettings",
    "DatabaseSettings",
    "LogSettings",
    "OutboundSettings",
    "RecordingSettings",
    "RetentionSettings",
    "Settings",
    "SpeechSettings",
    "SwitchSettings",
    "load",
]


class Settings(BaseSettings):
    """Everything that an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix="IVR_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    home: Path = CHECKOUT
    flows: Path | None = None
    """The designers' flows; default: `home`/flows if it is there, else the shipped ones."""
    back_ends: Path | None = None
    """The company's systems (docs/back-ends.md); default: `home`/back_ends.yaml if it is there."""
    contact_rules: Path = Path("contact_rules")
    """The company's own contact rules (docs/contact-rules.md), beside those that are shipped."""
    strategies: Path = Path("strategies")
    """Strategies with their bases and campaigns (docs/campaigns.md)."""
    queues: Path | None = None
    """The queues of people (docs/queues.md); default: queues.yaml beside the flows, if it is there."""
    recordings: Annotated[RecordingSettings, BeforeValidator(folder_alone)] = RecordingSettings()
    prompts: Path = Path("prompts")
    spool: Path = Path("spool")
    retention: RetentionSettings = RetentionSettings()
    database: DatabaseSettings = DatabaseSettings()
    outbound: OutboundSettings = OutboundSettings()
    audio: AudioSettings = AudioSettings()
    switch: SwitchSettings = SwitchSettings()
    speech: SpeechSettings = SpeechSettings()
    calls: CallSettings = CallSettings()
    messages: MessageSettings = MessageSettings()
    working_days: WorkingDaySettings = WorkingDaySettings()
    verification: VerificationSettings = VerificationSettings()
    callbacks: CallbackSettings = CallbackSettings()
    """Who is called back, when, and how often (docs/queues.md)."""
    campaigns: CampaignSettings = CampaignSettings()
    """How campaigns are dialled (docs/campaigns.md)."""
    handover: HandoverSettings = HandoverSettings()
    """What reaches an agent's telephone with a call (docs/queues.md)."""
    agents: AgentSettings = AgentSettings()
    """Agents and supervisors (docs/agents.md); who they are stands in agents.yaml beside queues.yaml."""
    understanding: UnderstandingSettings = UnderstandingSettings()
    log: LogSettings = LogSettings()
    api: ApiSettings = ApiSettings()
    """The HTTP API (docs/api.md)."""
    freeswitch: FreeswitchSettings = FreeswitchSettings()
    """What `ivr freeswitch init` needs to know beyond the rest."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library names these five
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment comes before the file (which arrives as arguments)."""
        return env_settings, init_settings

    def path(self, relative: Path) -> Path:
        """`relative` below `home`; an absolute path stays as it is."""
        return relative if relative.is_absolute() else self.home / relative

    @property
    def models_folder(self) -> Path | None:
        """Where speech models lie; None: in the user's cache alone."""
        return None if self.speech.models is None else self.path(self.speech.models)

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.audio.transport == "websocket" and self.switch.kind == "embedded":
            raise ValueError(
                "audio.transport: the embedded switch has no websocket; set switch.kind: freeswitch"
            )
        return self

    @property
    def recordings_folder(self) -> Path:
        return self.path(self.recordings.folder)

    @property
    def prompts_folder(self) -> Path:
        return self.path(self.prompts)

    @property
    def spool_folder(self) -> Path:
        return self.path(self.spool)

    @property
    def messages_folder(self) -> Path:
        return self.path(self.messages.folder)

    @property
    def places(self) -> Places:
        """Where designers' files are."""
        return Places(
            home=self.home,
            flows=self.flows,
            back_ends=self.back_ends,
            queues=self.queues,
            prompts=self.prompts,
            strategies=self.strategies,
            queue_names=self.freeswitch.queue_names,
        )

    @property
    def flows_folder(self) -> Path:
        """Where the flows lie: the configured folder, `home`/flows, or the shipped ones."""
        return self.places.flows_folder

    @property
    def back_ends_file(self) -> Path | None:
        """The file of back ends; `None`: only the own database is asked."""
        return self.places.back_ends_file

    @property
    def queues_file(self) -> Path | None:
        """The file of queues; `None`: every queue goes by the defaults."""
        return self.places.queues_file

    @property
    def agents_file(self) -> Path | None:
        """The file of agents, beside that of queues; `None`: whoever queues.yaml names is one."""
        return self._beside_queues("agents.yaml")

    @property
    def outcomes_file(self) -> Path | None:
        """How agents close their contacts; `None`: without an outcome."""
        return self._beside_queues("outcomes.yaml")

    def _beside_queues(self, name: str) -> Path | None:
        queues = self.queues_file
        beside = (self.flows_folder if queues is None else queues.parent) / name
        return beside if beside.is_file() else None

    @property
    def database_url(self) -> str:
        """The URL with a relative SQLite file made absolute."""
        prefix = "sqlite:///"
        url = self.database.url
        if url.startswith(prefix) and not url.startswith(prefix + "/") and not url.endswith(":memory:"):
            return prefix + str(self.home / url.removeprefix(prefix))
        if self.database.password is None:
            return url
        from data.database import with_password  # noqa: PLC0415 -- SQLAlchemy is slow to load

        return with_password(url, self.database.password)


def load(path: Path | None = None) -> Settings:
    """The settings from `path`, else `IVR_CONFIG`, else `ivr.yaml` in `IVR_HOME`, else the defaults.

    Raises `ConfigurationError` with file and line where there is one.
    """
    chosen = chosen_file(path)
    values, lines = read(chosen) if chosen is not None else ({}, {})
    if "recordings" in values:  # so that a variable for one of its settings leaves the others as they are
        values["recordings"] = folder_alone(values["recordings"])
    _refuse_unknown_variables()
    try:
        return Settings(**values)
    except ValidationError as error:
        what = _first_problem(error, chosen, lines)
        raise ConfigurationError(what, "Correct it and start again") from error
    except ValueError as error:  # pydantic-settings: a variable that should be JSON and is not
        raise ConfigurationError(str(error).splitlines()[0], "Correct it and start again") from error


def _refuse_unknown_variables() -> None:
    """An `IVR_…` variable that names no setting is a typing error; say so."""
    known = {name.upper() for name in Settings.model_fields}
    for variable in os.environ:
        if not variable.startswith("IVR_") or variable in OF_THE_PROCESS:
            continue
        if variable == "IVR_RECORDINGS":
            raise ConfigurationError(f"{variable} is a section", "Write IVR_RECORDINGS__FOLDER")
        first = variable.removeprefix("IVR_").split("__")[0].upper()
        if first not in known:
            raise ConfigurationError(
                f"{variable} names no setting", f"The settings are {', '.join(sorted(known))}"
            )


def _meant(place: tuple[str, ...]) -> str:
    """What else there is in that section, as a clause; empty where no section of settings is meant."""
    from dialogs.source import nearest  # noqa: PLC0415 -- for a fault alone

    section: object = Settings
    for name in place[:-1]:
        known = getattr(section, "model_fields", {}).get(name)
        section = None if known is None else known.annotation
    names = getattr(section, "model_fields", None)
    return f": {nearest(place[-1], names)}" if names else ""


_SHAPES = {
    "tuple_type": "a list is expected: write it in brackets, [one, two]",
    "dict_type": "names and values are expected: write them as {name: value}",
}
"""What pydantic says of them is for programmers."""


def _first_problem(error: ValidationError, path: Path | None, lines: dict[tuple[str, ...], int]) -> str:
    problem = error.errors()[0]
    place = tuple(str(part) for part in problem["loc"])
    if not place:  # about two settings; the message begins with the one to look at
        place = tuple(problem["msg"].removeprefix("Value error, ").partition(":")[0].split("."))
        problem["msg"] = problem["msg"].partition(": ")[2]
    known = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), None)
    where = f"{path}:{known}: " if path is not None and known is not None else ""
    what = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        what = f"no such setting{_meant(place)}"
    if problem["type"] in ("model_type", "model_attributes_type"):  # pydantic would name its class
        what = "a section of settings is expected; write its keys below it, or leave it out"
    if problem["type"] in _SHAPES:
        what = _SHAPES[problem["type"]]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}{'.'.join(place)}: {what}{more}"
