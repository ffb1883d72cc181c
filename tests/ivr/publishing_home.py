"""An installation in which a designer publishes flows by command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import FAULTS
from ivr.cli.flow import flow
from ivr.config import DatabaseSettings, Settings
from tests.ivr.flow_files import files, folder_with


@dataclass(frozen=True)
class Ran:
    """What became of a command."""

    exit_code: int
    output: str


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder_with(tmp_path / "flows", files())
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """Runs a command; what the root command would say of a fault is its output, status 2."""
    settings = Settings(home=home, database=DatabaseSettings(url=f"sqlite:///{home}/ivr.sqlite3"))

    def run(*words: str) -> Ran:
        result = CliRunner().invoke(flow, list(words), obj=settings)
        if isinstance(result.exception, FAULTS):
            return Ran(2, f"{result.output}ivr: {result.exception}\n")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.output)

    return run


def draft(home: Path, greeting: str) -> None:
    folder_with(home / "flows", files(greeting))
