"""The result of flow tests as one HTML page: what failed, and a map of each flow in the colours of its tests.

The page needs nothing from outside: no script, no font, no picture. It is light or dark as its reader is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from dialogs.coverage import Coverage, Share, StepCoverage
from dialogs.diagram.picture import picture
from dialogs.diagram.style import MARKS
from dialogs.diagram.svg import svg
from dialogs.flow import Flow, FlowSet
from dialogs.play import Played

_STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#17202b;--soft:#545f6c;--rule:#d5dbe1;--box:#f5f7f9;
--good:#22703a;--part:#8f6a00;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#161b22;--ink:#eef2f6;--soft:#b4bec9;--rule:#3a444f;
--box:#1f262e;--good:#6fc492;--part:#d9b54a;--bad:#ff8a80}}
body{margin:0 auto;max-width:1200px;padding:24px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
h1{font-size:26px;margin:0 0 4px}
h2{font-size:20px;margin:40px 0 8px;border-top:1px solid var(--rule);padding-top:20px}
h3{font-size:16px;margin:20px 0 6px}p{margin:4px 0}.soft{color:var(--soft)}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--soft)}td.n{text-align:right;white-space:nowrap}
.good{color:var(--good)}.part{color:var(--part)}.bad{color:var(--bad)}.good,.part,.bad{font-weight:600}
.bar{display:inline-block;width:180px;height:9px;border-radius:5px;background:var(--rule);overflow:hidden}
.bar i{display:block;height:100%;background:var(--good)}
details{background:var(--box);border:1px solid var(--rule);border-radius:8px;padding:8px 14px;margin:8px 0}
summary{cursor:pointer;font-weight:600}pre{overflow-x:auto;white-space:pre-wrap;margin:8px 0;font-size:13px}
.map{overflow-x:auto;border:1px solid var(--rule);border-radius:8px;margin:12px 0}
.map svg{display:block;margin:0 auto}
code{font-size:13px}
"""
_STATES = {"covered": "good", "partly": "part", "missed": "bad"}


def page(flows: FlowSet, played: Sequence[Played], covered: Coverage, *, seconds: float, at: datetime) -> str:
    """The whole page. `seconds`: what the run took; `at`: when it was."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Flow tests</title><style>{_STYLE}</style></head><body>",
        *_summary(played, covered, seconds, at),
        *_failures(played),
    ]
    for flow in flows.flows.values():
        parts += _flow(flow, played, covered)
    return "\n".join([*parts, "</body></html>", ""])


def _summary(played: Sequence[Played], covered: Coverage, seconds: float, at: datetime) -> Iterator[str]:
    failed = sum(not call.passed for call in played)
    yield "<h1>Flow tests</h1>"
    yield f'<p class="soft">{at:%Y-%m-%d %H:%M} {at:%Z}, {seconds:.1f} s</p>'
    verdict = (
        f'<span class="bad">{failed} failed</span>' if failed else '<span class="good">all passed</span>'
    )
    yield f"<p>{len(played)} scripted calls: {verdict}</p>"
    yield "<h3>Coverage</h3><table><tr><th>what</th><th>walked</th><th></th><th></th></tr>"
    for name, share in covered.shares.items():
        yield _share(name, share)
    yield "</table>"


def _share(name: str, share: Share) -> str:
    """One row: a number and a bar, which is nothing to those who hear the page."""
    bar = f'<span class="bar" aria-hidden="true"><i style="width:{share.percent}%"></i></span>'
    counted = f"{share.covered} of {share.of}"
    return f'<tr><td>{name}</td><td>{counted}</td><td class="n">{share.percent} %</td><td>{bar}</td></tr>'


def _failures(played: Sequence[Played]) -> Iterator[str]:
    failed = [call for call in played if not call.passed]
    if failed:
        yield "<h2>What failed</h2>"
    for call in failed:
        name = f"{call.script.name} [{call.script.language}]"
        report = f"<pre>{escape(call.report())}</pre>"
        yield f"<details open=''><summary>{escape(name)}</summary>{report}</details>"


def _flow(flow: Flow, played: Sequence[Played], covered: Coverage) -> Iterator[str]:
    steps = {name: covered.of_step[flow.name, name] for name in flow.steps}
    counted = [sum(one.state == state for one in steps.values()) for state in _STATES]
    tests = sum(call.script.flow == flow.name for call in played)
    yield f'<h2 id="{flow.name}">{escape(flow.name)}</h2>'
    yield f"<p>{escape(flow.summary)}</p>"
    yield (
        f'<p class="soft">{tests} scripted calls begin here. Of {len(steps)} steps {counted[0]} are covered,'
        f" {counted[1]} partly, {counted[2]} not at all.</p>"
    )
    drawing = svg(picture(flow, flow.languages[0]), {name: one.state for name, one in steps.items()})
    yield f'<div class="map">{drawing}</div>'
    yield "<table><tr><th></th><th>step</th><th>line</th><th>calls</th><th>what no test has walked</th></tr>"
    for name, one in steps.items():
        yield _step(name, one)
    yield "</table>"


def _step(name: str, one: StepCoverage) -> str:
    missing = "the step" if one.state == "missed" else ", ".join(one.missing)
    sign = f'<span class="{_STATES[one.state]}">{MARKS[one.state]} {one.state}</span>'
    return (
        f"<tr><td>{sign}</td><td><code>{escape(name)}</code></td><td>{one.line}</td>"
        f'<td class="n">{one.calls}</td><td>{escape(missing)}</td></tr>'
    )
