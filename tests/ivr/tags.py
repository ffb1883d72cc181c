"""What a recording says of itself, as any player shows it."""

from __future__ import annotations

from pathlib import Path

import av


def tags_of(path: Path) -> dict[str, str]:
    """The tags in an MP3 or Opus file, names in lower case."""
    with av.open(str(path)) as container:
        found = dict(container.metadata)
        for stream in container.streams.audio:
            found.update(stream.metadata)
    return {name.lower(): value for name, value in found.items()}
