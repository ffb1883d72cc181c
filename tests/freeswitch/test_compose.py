"""compose.yaml: no engine runs it here, so at least what can be read from it must be right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ivr.config import Settings

FILE = Path(__file__).parents[2] / "compose.yaml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(FILE)
    return document


def test_every_reference_meets_its_target(compose: dict[str, Any]) -> None:
    """A service that waits for one that does not exist never starts."""
    services = compose["services"]
    assert {"configure", "freeswitch", "server", "database"} <= set(services)
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in compose["volumes"]
        for config in service.get("configs", []):
            assert config["source"] in compose["configs"]


def test_the_switch_image_is_the_operators_choice(compose: dict[str, Any]) -> None:
    """FreeSWITCH's images need an account or are somebody's own: none is named."""
    assert compose["services"]["freeswitch"]["image"].startswith("${FREESWITCH_IMAGE:?")


def test_its_settings_exist(compose: dict[str, Any]) -> None:
    """A variable that names no setting is refused at start."""
    fields = Settings.model_fields
    for service in compose["services"].values():
        for name in service.get("environment", {}):
            if name.startswith("IVR_"):
                part, _, inner = name.removeprefix("IVR_").lower().partition("__")
                assert part in fields
                assert not inner or inner in fields[part].annotation.model_fields


def test_what_is_installed_is_locked(compose: dict[str, Any]) -> None:
    """Every package by its hash, the database's driver too."""
    recipe = compose["x-ivr"]["build"]["dockerfile_inline"]
    installs = re.findall(r"pip install (.*?)(?: \\)?$", recipe, re.MULTILINE)
    assert installs == ["--require-hashes -r requirements.lock", "--no-deps --no-build-isolation -e ."]
    assert re.search(r"^psycopg==", (FILE.parent / "requirements.lock").read_text(), re.MULTILINE)


def test_a_start_keeps_edits_by_hand(compose: dict[str, Any]) -> None:
    """Without --keep, `init` ends with 1 where something differs, and nothing else starts; with --force, what
    an operator has edited would be out of effect after each start."""
    assert compose["services"]["configure"]["command"][-1] == "--keep"


def test_models_outlive_their_container_and_their_user_may_store_them(compose: dict[str, Any]) -> None:
    """A user without a home would look for them in /.cache, where it may not write."""
    services = compose["services"]
    for name in ("models", "server"):
        cache = services[name]["environment"]["XDG_CACHE_HOME"]
        assert f"models:{cache}" in services[name]["volumes"]
        assert cache in services["permissions"]["command"]
    assert services["models"]["command"] == ["ivr", "models", "pull"]
    assert services["models"]["profiles"]


def test_no_secret_and_no_open_door_is_written_down(compose: dict[str, Any]) -> None:
    """Secrets are made on the machine; nothing but SIP and sound listens beyond loopback."""
    text = FILE.read_text(encoding="utf-8")
    assert not re.search(r"(?im)^ *\w*password: *[^{ ]", text)
    assert not any("ports" in service for service in compose["services"].values())
    assert "0.0.0.0" not in text
    assert "UNTESTED" in text
