"""Logging: structured, to standard error, with personal data redacted by one filter.

Personal data are tagged in the log call, by the name of their field: a caller's number is logged as
`caller_number=…`, and the filter shortens every field of `PERSONAL` whatever module wrote it.

Other people's libraries are never heard below warnings: what they tell in detail (the path of a request, the
values of a statement) is what callers have said. Faults: `ivr.told_faults`.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

from ivr.config import LogSettings
from ivr.told_faults import told

OURS = ("ivr", "data", "dialogs", "esl", "speech", "__main__")
"""Packages whose details are told."""
PERSONAL = frozenset(
    {"caller_number", "caller_name", "customer_number", "said", "value", "text", "phone", "dni"}
)
"""Fields that hold something about a person."""


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for field in PERSONAL & event.keys():
        shown = str(event[field])
        event[field] = f"…{shown[-2:]}" if field in {"caller_number", "phone"} and len(shown) > 4 else "•••"
    return event


def _ours_or_serious(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in OURS


def quieter(settings: LogSettings) -> LogSettings:
    """For commands with a screen of their own: warnings only, unless somebody asked for more or less."""
    return settings.model_copy(update={"level": "warning"}) if settings.level == "info" else settings


def configure(settings: LogSettings) -> None:
    """Sets up structlog and the standard library's logging alike."""
    level = getattr(logging, settings.level.upper())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        # Plain tracebacks, made above: the pretty ones show local variables, which hold what callers said.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(told),
                renderer,
            ],
        )
    )
    out.addFilter(_ours_or_serious)
    root = logging.getLogger()
    root.handlers[:] = [out]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING))
