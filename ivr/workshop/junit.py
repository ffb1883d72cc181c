"""The result of flow tests as JUnit XML, as build servers read it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from dialogs.play import Played


def junit(played: Sequence[Played], seconds: float) -> str:
    """One suite for each test file, one case for each call; `seconds` is what the whole run took."""
    suites = Xml.Element("testsuites", _counts(played), name="ivr test", time=f"{seconds:.3f}")
    for file in dict.fromkeys(call.script.file for call in played):
        of_file = [call for call in played if call.script.file == file]
        suite = Xml.SubElement(suites, "testsuite", _counts(of_file), name=file, time=_seconds(of_file))
        for call in of_file:
            script = call.script
            case = Xml.SubElement(
                suite,
                "testcase",
                name=f"{script.name} [{script.language}]",
                classname=script.flow,
                file=script.file,
                line=str(script.line),
                time=_seconds([call]),
            )
            if not call.passed:
                first = call.differences[0]
                message = f"line {first.line}: {first.what}: wanted {first.wanted}, was {first.was}"
                failure = Xml.SubElement(case, "failure", type="difference", message=_printable(message))
                failure.text = _printable(call.report())
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _counts(played: Sequence[Played]) -> dict[str, str]:
    failures = sum(not call.passed for call in played)
    return {"tests": str(len(played)), "failures": str(failures), "errors": "0", "skipped": "0"}


def _seconds(played: Sequence[Played]) -> str:
    """That these calls took. Some readers refuse a case without it (Surefire's schema)."""
    return f"{sum(call.seconds for call in played):.3f}"


def _printable(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t")
