"""Tables of commands: what callers said stands there as they said it, and an id can be copied."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from ivr.cli.shown import local, local_seconds, show_json, show_table


def test_what_a_caller_said_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a colour, nor a link, nor a fault of the printer's."""
    show_table(("said",), [("[red]sí[/red] [/nothing]",)])
    assert "[red]sí[/red] [/nothing]" in capsys.readouterr().out


def test_an_id_is_whole_in_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads it has to give it to the next command."""
    monkeypatch.setenv("COLUMNS", "60")
    call = str(uuid4())
    show_table(("id", "why"), [(call, "nobody knows " * 9)], ids=True)
    assert call in capsys.readouterr().out


def test_json_is_one_line_with_its_letters(capsys: pytest.CaptureFixture[str]) -> None:
    """Also with what JSON has no type for."""
    show_json({"at": datetime(2026, 11, 22, 10, tzinfo=UTC), "said": "mañana\nno"})
    assert capsys.readouterr().out == '{"at": "2026-11-22 10:00:00+00:00", "said": "mañana\\nno"}\n'


def test_moments_are_the_site_s() -> None:
    """An operator looks at the clock on the wall."""
    at, madrid = datetime(2026, 11, 22, 10, 30, 5, tzinfo=UTC), ZoneInfo("Europe/Madrid")
    assert (local(at, madrid), local_seconds(at, madrid)) == ("2026-11-22 11:30", "2026-11-22 11:30:05")
