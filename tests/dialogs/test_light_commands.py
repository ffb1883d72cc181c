"""A designer's commands load what they need and nothing else: each second of theirs is waited for often."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from dialogs.rule_tables import computed, rule_engine

ROOT = Path(__file__).parents[2]
HEAVY = (
    *("sqlalchemy", "alembic", "psycopg", "numpy", "flask", "urllib3", "structlog", "rich", "greenswitch"),
    *("sherpa_onnx", "vosk", "faster_whisper", "pyttsx3", "av", "pydub", "argon2"),
)
SETTINGS = ("pydantic_settings", "ivr.config", "ivr.api.settings", "ivr.queueing.callback_rules")
"""What reads every setting: only for those who need more than places. (Those that do come last.)"""
FLOWS = ROOT / "dialogs" / "flows"
COMMANDS = (
    ("check", str(FLOWS / "survey.flow.yaml")),
    ("test", str(FLOWS / "survey.test.yaml"), "--jobs", "1"),
    ("schema",),
    ("schema", "--kind", "back-ends"),
    ("graph", "survey", "--out", "survey.svg"),
    ("call", "survey", "--text"),
)
WITH_SETTINGS = frozenset({"graph", "call"})
RUN = """
import json, sys
from ivr.cli import main
commands, heavy, settings = json.loads(sys.argv[1])
for command in commands:
    try:
        main(command)
    except SystemExit as end:
        loaded = [name for name in heavy if name in sys.modules]
        known = {name in sys.modules for name in settings}
        print("END " + json.dumps([command[0], end.code, loaded, sorted(known)]))
"""


def test_no_engine_no_database_and_no_needless_setting_is_loaded(tmp_path: Path) -> None:
    """One command after the other in a process of their own: what is loaded at the end of each."""
    ended = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps([COMMANDS, HEAVY, SETTINGS])],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=tmp_path,
        env={**os.environ, "IVR_HOME": str(tmp_path), "IVR_FLOWS": str(FLOWS), "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    ends = [json.loads(line[4:]) for line in ended.stdout.splitlines() if line.startswith("END ")]
    assert ends == [[name, 0, [], [name in WITH_SETTINGS]] for name, *_words in COMMANDS], (
        ended.stdout + ended.stderr
    )


def test_the_tables_of_the_conditions_are_those_of_the_grammar_that_is_installed() -> None:
    """If not: `python -m dialogs.rule_tables`. Until then each command computes them, for half a second."""
    kept = json.loads((ROOT / "dialogs" / "rule_tables.json").read_text(encoding="utf-8"))
    assert computed() == kept
    assert rule_engine.Rule.parser._parser.action is sys.modules["rule_engine.parser.parsetab"]._lr_action
