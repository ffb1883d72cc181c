"""Patched like the server itself: gevent first, then everything else. And on ground of its own: the settings
of whoever runs the tests (`IVR_HOME`, `IVR_DATABASE__URL` …) would lead them into a real installation."""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402 - patching comes first

SHARED = {"IVR_MODELS"}
"""Where models are kept: read, and expensive to fetch again."""

for variable in [name for name in os.environ if name.startswith("IVR_") and name not in SHARED]:
    del os.environ[variable]

import logging  # noqa: E402
from collections.abc import Iterator  # noqa: E402

import hypothesis  # noqa: E402
import pytest  # noqa: E402
from structlog.stdlib import ProcessorFormatter  # noqa: E402

# Its limit of 200 ms for an example is one that a busy machine breaks.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


@pytest.fixture(autouse=True)
def _no_log_of_an_earlier_command() -> Iterator[None]:
    """A command run in a test logs to the standard error that it was given, which is closed afterwards."""
    root = logging.getLogger()
    level = root.level
    yield
    root.handlers[:] = [one for one in root.handlers if not isinstance(one.formatter, ProcessorFormatter)]
    root.setLevel(level)
