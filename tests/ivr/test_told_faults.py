"""What nobody caught is told without what callers said: logged, of greenlets, of threads, in no core file."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ivr.config import CHECKOUT
from ivr.told_faults import masked, told

PROGRAM = """
from gevent import monkey
monkey.patch_all()
import sys, threading
import gevent, structlog
from dialogs.effects import Write
from ivr.config import LogSettings
from ivr.logs import configure
from ivr.outside.http import HttpLink
from ivr.told_faults import keep_quiet, leave_no_core
from tests.back_ends.systems import crm

configure(LogSettings(level="debug", format=sys.argv[1]))
keep_quiet(as_json=sys.argv[1] == "json")
leave_no_core()
log, pin = structlog.get_logger("ivr.test"), str(8361947 * 1000 + 205)

def fail(write):
    raise ValueError(f"no such thing: {write.values['pin']}")

write = Write("ship", {"pin": pin}, "s", 1.0)
gevent.spawn(fail, write).join()
thread = threading.Thread(target=fail, args=(write,))
thread.start()
thread.join()
try:
    int(" ".join(pin) + "x")
except ValueError:
    log.exception("caught")
with crm(lambda *_: (200, {})) as system:
    HttpLink(system.url, connections=1).send("GET", f"/{pin}", headers={}, deadline=3, largest=9)
log.debug("ours is told")
import resource
log.debug("core", size=resource.getrlimit(resource.RLIMIT_CORE)[0])
fail(write)
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_pin_is_in_no_fault_that_is_told(form: str) -> None:
    """Thrown in a greenlet, a thread, and the main program; logged; in a request's path at level debug."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, form],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for way in ("8361947", "8 3 6 1", "194720"):
        assert way not in said, said
    assert said.count("ValueError: no such thing: •••") == 3 and "ours is told" in said
    assert "Greenlet-0 failed" in said and "the program failed" in said
    if form == "json":
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        assert [line["size"] for line in lines if line["event"] == "core"] == [0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invalid literal for int() with base 10: '83 61'", "invalid literal for int() with base •••: '•••'"),
        ("'account'", "'account'"),
        ('no "ocho tres seis" here', "no '•••' here"),
        ("8-3-6, 1", "•••"),
        ("line 1", "line 1"),
    ],
)
def test_digits_and_quotations_are_masked(text: str, shown: str) -> None:
    """A word in quotes is a name of ours; a single digit is nobody's number."""
    assert masked(text) == shown


def test_a_text_of_many_lines_hides_nothing_as_code() -> None:
    """What looks like a line of code within an exception's text is none."""
    try:
        raise ValueError("first\n    8361947205\n  83619")
    except ValueError as fault:
        shown = told((ValueError, fault, fault.__traceback__))
    assert "8361947205" not in shown.partition("ValueError: first")[2]
    assert "83619" not in shown.partition("ValueError: first")[2]
