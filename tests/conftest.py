"""Patched like the server itself: gevent first, then everything else. And on ground of its own: the settings
of whoever runs the tests (`IVR_HOME`, `IVR_DATABASE__URL` …) would lead them into a real installation."""

from esl.patching import patch_all

patch_all()

import gc  # noqa: E402 - patching comes first
import os  # noqa: E402

gc.disable()  # until all is imported: what is imported stays (`pytest_collection_finish`)

SHARED = {"IVR_MODELS"}
"""Where models are kept: read, and expensive to fetch again."""

for variable in [name for name in os.environ if name.startswith("IVR_") and name not in SHARED]:
    del os.environ[variable]

# As many parts of the suite run side by side as there are cores, and more: several threads for one small
# product of matrices wait for each other, and burn a core while they do.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import logging  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from pathlib import Path  # noqa: E402

import hypothesis  # noqa: E402
import pytest  # noqa: E402
from structlog.stdlib import ProcessorFormatter  # noqa: E402

from tests.read_once import shipped_flows_read_once  # noqa: E402
from tests.stalls import Stalls  # noqa: E402

IN_REAL_TIME = ("calls", "contract", "embedded", "freeswitch")
"""The folders whose tests hear and speak as telephones do."""
WATCHED = pytest.StashKey[Stalls]()
SELDOM = (20_000, 20, 20)
"""After how many new objects rubbish is looked for: every 700 is a twentieth of the time of some parts."""
READ_ONCE = ExitStack()
"""From here on, not from the first test: some modules of tests read the shipped flows when imported."""
READ_ONCE.enter_context(shipped_flows_read_once())

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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What fails while the machine stands still is run again (`tests.stalls`)."""
    watched = config.stash[WATCHED] = Stalls()
    again = pytest.mark.flaky(reruns=2, condition=watched.stood_still)
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in IN_REAL_TIME:
            item.add_marker(again)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected is not looked through for rubbish again and again during the tests."""
    gc.freeze()
    gc.set_threshold(*SELDOM)
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.config.stash[WATCHED].begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    READ_ONCE.close()
    if WATCHED in config.stash:
        config.stash[WATCHED].end()
