"""The files of the tutorial, as a reader copies them from docs/flows.md."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "flows.md"
_FILE = re.compile(r"^`([\w.]+)`:\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def tutorial() -> dict[str, str]:
    """By their names."""
    return dict(_FILE.findall(PAGE.read_text("utf-8")))
