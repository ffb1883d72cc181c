"""What a fault may tell: where it happened and of what kind, and nothing that a caller has said.

Rules:
1. The text of an exception is somebody else's: libraries repeat in it what they were given. Digits, and what
   stands in quotes and is more than a word, are masked; our lines of code are shown.
2. Local variables and arguments are never shown, nor left in a core file.
3. Where nobody catches it (a greenlet, a thread, the main program), the same holds.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from gevent.hub import Hub
from structlog.typing import ExcInfo

MASK = "•••"
_PLACE = re.compile(r'  File ".*", line [0-9]+')
_CODE = "    "
_QUOTED = re.compile(r"'[^']*[\s0-9][^']*'|\"[^\"]*[\s0-9][^\"]*\"")
_DIGITS = re.compile(r"[0-9][0-9.,\s-]*[0-9]")
"""Also digit by digit: a caller's number is read out so."""


def told(exc_info: ExcInfo) -> str:
    """A traceback, with what was raised, masked."""
    lines = "".join(traceback.format_exception(*exc_info)).rstrip("\n").split("\n")
    shown, code = [], False
    for line in lines:
        place = _PLACE.match(line) is not None
        ours = place or (code and line.startswith(_CODE))
        shown.append(line if ours else masked(line))
        code = ours
    return "\n".join(shown)


def masked(text: str) -> str:
    """A text without digits and quotations."""
    return _DIGITS.sub(MASK, _QUOTED.sub(f"'{MASK}'", text))


def keep_quiet(*, as_json: bool) -> None:
    """From now on, what nobody catches is told so, too."""

    def tell(what: str, exc_info: Any) -> None:
        at = datetime.now(UTC).isoformat()
        if as_json:
            line = {"event": what, "level": "error", "timestamp": at, "exception": told(exc_info)}
            text = json.dumps(line, ensure_ascii=False)
        else:
            text = f"{at} [error] {what}\n{told(exc_info)}"
        # Not by the log: its lock may be another thread's, and the hub must not wait.
        if sys.stderr is not None:
            print(text, file=sys.stderr, flush=True)

    def of_greenlet(
        _hub: Hub,
        context: object | None,
        kind: type[BaseException] | None,
        fault: BaseException | str | None,
        trace: TracebackType | None,
    ) -> None:
        name = getattr(context, "name", None) or type(context).__name__
        tell(f"{name} failed", (kind, fault, trace))

    Hub.print_exception = of_greenlet  # type: ignore[method-assign, assignment]  # gevent has no other place
    sys.excepthook = lambda *exc_info: tell("the program failed", exc_info)
    threading.excepthook = lambda failed: tell(
        f"{failed.thread.name if failed.thread else 'a thread'} failed",
        (failed.exc_type, failed.exc_value, failed.exc_traceback),
    )


def leave_no_core() -> None:
    """A core file would hold all that callers have said; processes that are started later inherit this."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
