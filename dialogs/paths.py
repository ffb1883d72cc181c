"""How the steps of a flow hang together: every step is reached, every step gets out, nothing circles
without asking the caller.

Rules:
1. A flow is entered at its first step, and at its person step from any question.
2. A flow that others use as a subflow may run off its end (it comes back); a main flow must end its call.
Whether a value is there before it is used is `dialogs.filled`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dialogs.catalogue import Catalogue
from dialogs.errors import Problem
from dialogs.filled import Filled, Names, bounded, in_order
from dialogs.flow import FlowSet
from dialogs.graph import FlowGraph
from dialogs.nodes.step import END, NEXT, PERSON
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.unread import Unread
from dialogs.source import meant

MOST_GUESSES = 20
"""Misspelt targets of one flow that are taken for what they most likely mean."""
LONGEST_SHOWN = 8
"""Steps of a circle that are named."""


def check_paths(flows: FlowSet, catalogue: Catalogue, used: Names, *, complete: bool) -> Iterator[Problem]:
    """Problems of the ways through the flows. `used`: what other flows may use as a subflow; what needs to
    know that is checked only where every file gave a flow (`complete`)."""
    for flow in flows.flows.values():
        graph = FlowGraph(flow)
        stuck = _stuck(graph)
        yield from bounded(_unreachable(graph), flow)
        yield from bounded(_no_way_out(graph, stuck), flow)
        yield from bounded(_circles(graph, stuck), flow)
        if flow.name not in used and complete:
            yield from _off_the_end(graph, flows)
    if complete and not _circular(flows):
        yield from Filled(flows, catalogue, used).problems()


def _unreachable(graph: FlowGraph) -> Iterator[Problem]:
    """Told once for all steps that only hang behind one another."""
    reached = _reached(graph) or set(graph.flow.steps)
    lost = [name for name in graph.flow.steps if name not in reached]
    led_to = {target for name in lost for target in graph.targets(name) if target != name}
    told = set(reached)
    # A round of lost steps that lead to one another has no first one: the first on the page is told.
    for name in (*(one for one in lost if one not in led_to), *lost):
        if name in told:
            continue
        behind = _behind(graph, name, told)
        rest = ", ".join(f"`{one}`" for one in lost if one in behind and one != name)
        also = f" (nor, with it, to {rest})" if rest else ""
        yield graph.flow.problem(
            name,
            (),
            f"no step leads to `{name}`{also}: point a `then` at it, or remove it{_above(graph, name)}",
        )


def _above(graph: FlowGraph, name: str) -> str:
    """Where the step above goes instead: mostly the mistake is there."""
    names = list(graph.flow.steps)
    above = names[names.index(name) - 1]
    if isinstance(graph.flow.steps[above], Unread):
        return ""
    ways = [f"{label} to `{target}`" for label, target in _ways(graph, above)]
    return f" (the step above, `{above}`, leads by {', '.join(ways[:4])})" if ways else ""


def _ways(graph: FlowGraph, name: str) -> Iterator[tuple[str, str]]:
    for way_out, target in graph.exits[name]:
        if target is not None:
            yield ("`then`" if way_out.label == NEXT else f"`{way_out.label}`"), target


def _behind(graph: FlowGraph, start: str, told: set[str]) -> set[str]:
    """The steps that are reached from there and not told yet, which they are from now on."""
    found: set[str] = set()
    left = [start]
    while left:
        name = left.pop()
        if name not in told:
            told.add(name)
            found.add(name)
            left += graph.targets(name)
    return found


def _reached(graph: FlowGraph) -> set[str] | None:
    """The steps that are led to, also by what is misspelt; `None` if some way leads to nobody knows where."""
    steps = graph.flow.steps
    roots = [graph.flow.first, *(name for name, step in steps.items() if isinstance(step, Unread))]
    if any(isinstance(step, Unread) and step.lost for step in steps.values()):
        return None
    if graph.flow.person in steps:
        roots.append(graph.flow.person)
    if graph.flow.objection is not None and graph.flow.objection in steps:
        roots.append(graph.flow.objection)
    seen: set[str] = set()
    guesses = 0
    while roots:
        name = roots.pop()
        if name in seen:
            continue
        seen.add(name)
        for way_out, target in graph.exits[name]:
            if target is not None:
                roots.append(target)
            elif way_out.target not in (None, END, PERSON) and not isinstance(steps[name], Unread):
                guesses += 1
                close = meant(str(way_out.target), steps) if guesses <= MOST_GUESSES else None
                if close is None:
                    return None
                roots.append(close)
    return seen


def _stuck(graph: FlowGraph) -> set[str]:
    """Steps from which no way leads out."""
    out = set(graph.ends)
    grown = True
    while grown:
        more = {
            name for name in graph.exits if name not in out and any(t in out for t in graph.targets(name))
        }
        out |= more
        grown = bool(more)
    return graph.reached() - out


def _no_way_out(graph: FlowGraph, stuck: set[str]) -> Iterator[Problem]:
    """Told once for all steps that hang together."""
    told: set[str] = set()
    for name in graph.flow.steps:
        if name not in stuck or name in told:
            continue
        behind = _behind(graph, name, told)
        yield graph.flow.problem(
            name,
            (),
            f"the call never ends after `{name}`: lead it to a hangup or a queue"
            f"{_by_the_page(graph, behind)}",
        )


def _circles(graph: FlowGraph, stuck: set[str]) -> Iterator[Problem]:
    """Circles of steps none of which waits for the caller, and that can be left."""
    steps = graph.flow.steps
    silent = [name for name, step in steps.items() if not step.takes_input and name not in stuck]
    done: set[str] = set()
    cures: set[str] = set()
    for start in silent:
        if start in done:
            continue
        path = _way_back(graph, start, set(silent))
        if path:
            done.update(path)
            shown = (*path, start) if len(path) < LONGEST_SHOWN else (*path[:LONGEST_SHOWN], "…", start)
            way = " → ".join(f"`{name}`" for name in shown)
            cure = _by_the_page(graph, path)
            if cure in cures:  # another round through the same forgotten `then`
                continue
            cures |= {cure} - {""}
            yield graph.flow.problem(
                start,
                (),
                f"{way} goes round without asking the caller anything: put a question into it, or end it with"
                f" `hangup`{cure}",
            )


def _by_the_page(graph: FlowGraph, names: Iterable[str]) -> str:
    """Names a step that goes on to the next one on the page, which its writer may not have meant."""
    inside = set(names)
    for name in (name for name in graph.flow.steps if name in inside):
        for way_out, target in graph.exits[name]:
            if way_out.target is None and target in inside and not graph.flow.steps[name].takes_input:
                return (
                    f", or give `{name}` a `then`: without it the next step on the page follows (`{target}`)"
                )
    return ""


def _way_back(graph: FlowGraph, start: str, allowed: set[str]) -> list[str]:
    """The shortest way from a step back to itself through allowed steps only."""
    before: dict[str, str] = {}
    left = [start]
    for name in left:
        for target in graph.targets(name):
            if target == start:
                path = [name]
                while path[-1] != start:
                    path.append(before[path[-1]])
                return path[::-1]
            if target in allowed and target not in before:
                before[target] = name
                left.append(target)
    return []


def _off_the_end(graph: FlowGraph, flows: FlowSet) -> Iterator[Problem]:
    for name, way_out in graph.falls.items():
        step = graph.flow.steps[name]
        if isinstance(step, Unread) or (isinstance(step, Subflow) and not _comes_back(flows, step.subflow)):
            continue
        yield graph.flow.problem(
            name,
            (),
            f"nothing follows `{name}` ({way_out.label}): add `then: …`, or a `hangup` step after it",
        )


def _comes_back(flows: FlowSet, name: str) -> bool:
    """Whether some way through that flow runs off its end; a flow that is not there may."""
    seen: set[str] = set()
    left = [name]
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        flow = flows.flows.get(name)
        if flow is None:
            return True
        for falling in FlowGraph(flow).falls:
            step = flow.steps[falling]
            if not isinstance(step, Subflow):
                return True
            left.append(step.subflow)
    return False


def _circular(flows: FlowSet) -> bool:
    try:
        in_order(flows)
    except RecursionError:
        return True
    return False
