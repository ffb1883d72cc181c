"""Prints the manual."""

from __future__ import annotations

import sys

from dialogs.manual import manual

sys.stdout.write(manual())
