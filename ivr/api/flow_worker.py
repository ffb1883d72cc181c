"""The process that checks flows: reads one line of JSON (what to check), writes one (what was found)."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from pydantic import BaseModel, Field

_MOST = 100
"""Mistakes that are told."""


class Found(BaseModel):
    """What a check has found."""

    sound: bool
    problems: list[str] = Field(description="file:line: what, and what to do")
    failed: list[str] = Field(description="Scripted calls that did not go as expected")
    tests: int = Field(description="Scripted calls that were played")


class Asked(BaseModel):
    """What is to be checked."""

    folder: Path
    main: str
    back_ends: Path | None
    studio: Path
    queues: Path | None
    besides: frozenset[str] = frozenset()
    strategies: Path | None = None


def find(asked: Asked) -> Found:
    """Checks the folder as a server would use it."""
    from dialogs.errors import FlowsInvalid  # noqa: PLC0415 - the server needs the models above, and not these
    from ivr.back_ends import live_schemas  # noqa: PLC0415
    from ivr.publishing.checkup import checked  # noqa: PLC0415

    try:
        found = checked(
            asked.folder,
            main=asked.main,
            live=live_schemas(asked.back_ends),
            studio=asked.studio,
            queues=asked.queues,
            besides=asked.besides,
            strategies=asked.strategies,
        )
    except FlowsInvalid as fault:
        return Found(sound=False, problems=[str(one) for one in fault.problems], failed=[], tests=0)
    return Found(
        sound=found.sound,
        problems=[str(one) for one in found.problems[:_MOST]],
        failed=[one.title for one in found.failed[:_MOST]],
        tests=found.tests,
    )


if __name__ == "__main__":
    os.nice(5)  # calls come first
    sys.stdout.write(json.dumps(find(Asked.model_validate_json(sys.stdin.read())).model_dump()))
