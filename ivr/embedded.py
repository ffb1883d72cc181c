"""The embedded switch as a child process: FreeSWITCH's place on a machine that has none."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gevent
import structlog
from gevent import subprocess

from ivr.config import CHECKOUT
from ivr.errors import SwitchFailed

log = structlog.get_logger(__name__)

START_DEADLINE = 20.0
"""Seconds until the child must have said that it is ready."""
STOP_DEADLINE = 5.0
"""Seconds that the child has to end by itself."""


@dataclass(frozen=True)
class SwitchAddresses:
    """Where the embedded switch can be reached: (host, port) each."""

    events: tuple[str, int]
    lines: tuple[str, int]
