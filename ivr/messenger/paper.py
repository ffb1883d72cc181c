"""Where there is no provider: the message is a file in a folder, and nobody gets it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import gevent
import structlog

from ivr.messenger.message import DeliveryFailed, Message

log = structlog.get_logger(__name__)


class Folder:
    """Writes messages down. The files are its owner's alone: they hold personal data."""

    sends = False

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder, self._now = folder, now

    def deliver(self, message: Message) -> str:
        """Returns the file's name. Raises `DeliveryFailed`."""
        at = self._now()
        file = self._folder / f"{at:%Y%m%dT%H%M%S}-{message.channel}-{message.id}.json"
        told = {"at": at.isoformat(), "sent": False, **message.as_body()}
        content = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        try:
            gevent.get_hub().threadpool.apply(_write, (file, content))
        except OSError as refused:
            raise DeliveryFailed(f"the messages folder cannot be written ({refused.strerror})") from refused
        log.warning(
            "message_not_sent",
            channel=message.channel,
            file=str(file),
            remedy=f"set messages.{_section(message)} in ivr.yaml",
        )
        return file.name


def _section(message: Message) -> str:
    return f"webhooks.{message.to}" if message.channel == "webhook" else message.channel


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(content)
