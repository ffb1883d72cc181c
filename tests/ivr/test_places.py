"""Where a designer's files are, as the quick reading and the whole settings tell it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import root
from ivr.config import Settings, load
from ivr.errors import ConfigurationError
from ivr.places import NOT_READ, OF_THE_PROCESS, plain_places

READ = {"home", "flows", "back_ends", "queues", "prompts", "strategies", "freeswitch"}


def test_every_setting_is_a_place_or_is_known_to_be_none() -> None:
    """A new setting is put on one side; until then, designers' commands read all of them."""
    assert set(Settings.model_fields) == READ | NOT_READ
    assert not READ & NOT_READ
    assert all(name.startswith("IVR_") for name in OF_THE_PROCESS)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("", {}),
        ("flows: my-flows\nprompts: /srv/prompts\n", {}),
        ("home: HOME/other\nback_ends: crm.yaml\ncalls: {zone: Europe/Madrid}\n", {}),
        ("flows: my-flows\n", {"IVR_FLOWS": "others", "IVR_QUEUES": "people.yaml"}),
        ("queues: people.yaml\n", {"IVR_QUEUES": "", "ivr_prompts": "sound", "IVR_LOG__LEVEL": "error"}),
        ("freeswitch: {queues: [{name: night}], fallback_queue: night}\n", {}),
    ],
)
def test_the_quick_reading_tells_what_the_settings_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, variables: dict[str, str]
) -> None:
    """Folders, files and the switch's queues, by file and by variable."""
    (tmp_path / "back_ends.yaml").touch()
    (tmp_path / "ivr.yaml").write_text(text.replace("HOME", str(tmp_path)), encoding="utf-8")
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    quick, whole = plain_places(None), load().places
    assert quick == whole
    for told in ("flows_folder", "back_ends_file", "queues_file", "prompts_folder"):
        assert getattr(quick, told) == getattr(load(), told)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("flow: my-flows\n", {}),
        ("flows: [a, b]\n", {}),
        ("freeswitch: {queue: night}\n", {}),
        ("", {"IVR_FLWS": "a"}),
        ("", {"IVR_FREESWITCH__SIP_PORT": "none"}),
    ],
)
def test_what_is_not_plain_is_told_by_those_who_know_all_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, variables: dict[str, str]
) -> None:
    """A misspelt setting is no silence: the same words from `ivr check` as from `ivr serve`."""
    file = tmp_path / "ivr.yaml"
    file.write_text(text, encoding="utf-8")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert plain_places(file) is None
    with pytest.raises(ConfigurationError) as told:
        load(file)
    ended = CliRunner().invoke(root, ["--config", str(file), "check"])
    assert isinstance(ended.exception, ConfigurationError)
    assert str(ended.exception) == str(told.value)
