"""The settings' file as it is read: YAML, with the line of each key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ivr.errors import ConfigurationError

LARGEST_FILE = 1_000_000
"""Bytes; a configuration beyond that is something else."""


def read(path: Path) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """The values, and the line of each key (for messages). Raises `ConfigurationError` with the remedy."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigurationError(f"{path} is larger than {LARGEST_FILE} bytes", "Is it the right file?")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error.strerror})", "Name an existing file with --config or IVR_CONFIG"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text", "Save it as UTF-8") from error
    try:
        document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(
            f"{path}:{line}: not valid YAML ({error.problem})", "Check the indentation and the quotes there"
        ) from error
    except YAMLError as error:
        raise ConfigurationError(f"{path}: not valid YAML", "Check it with a YAML editor") from error
    if document is None:
        return {}, {}
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}:1: a mapping of settings is expected", "See docs/configuration.md")
    lines: dict[tuple[str, ...], int] = {}
    return _plain(document, (), lines), lines


def _plain(node: Any, place: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> Any:
    if isinstance(node, dict):
        for key in node:
            position = getattr(node, "lc", None)
            if position is not None and key in (position.data or {}):
                lines[(*place, str(key))] = position.data[key][0] + 1
        return {str(key): _plain(value, (*place, str(key)), lines) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value, place, lines) for value in node]
    return node
