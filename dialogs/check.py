"""The rules of the flow language that no schema can tell, all checked in one run.

`check` looks at each step by itself and at its names, `check_menus` at menus, `paths` at how steps hang
together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from dialogs.catalogue import HOURS, Catalogue, ValueType
from dialogs.check_asides import check_asides, used_in_between
from dialogs.check_conditions import Answers, check_conditions
from dialogs.check_given import check_given
from dialogs.check_landings import check_landings
from dialogs.check_menus import check_main_menu, check_menu
from dialogs.check_objections import check_objections
from dialogs.check_offers import check_offers
from dialogs.check_right_party import check_right_party
from dialogs.check_words import Extent, Known, check_retries, check_words
from dialogs.check_writes import check_writes
from dialogs.errors import Problem
from dialogs.filled import bounded
from dialogs.flow import DEEPEST_NESTING, Flow, FlowSet
from dialogs.nodes.case import Case
from dialogs.nodes.language import Language
from dialogs.nodes.menu import Menu
from dialogs.nodes.question import Question
from dialogs.nodes.record import HungUp, Record
from dialogs.nodes.set import Set
from dialogs.nodes.step import END, PERSON, Step
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.understand import Understand
from dialogs.nodes.unread import Unread
from dialogs.paths import MOST_GUESSES, check_paths
from dialogs.source import meant, nearest


def value_types(flows: Mapping[str, Flow], catalogue: Catalogue) -> dict[str, ValueType]:
    """Every name that templates and conditions may use, with its type."""
    types: dict[str, ValueType] = {f"caller.{name}": kind for name, kind in catalogue.caller.items()}
    types.update(dict.fromkeys((f"{HOURS}.{name}" for name in catalogue.calendars), "text"))
    for flow in flows.values():
        for step in flow.steps.values():
            for way_out in step.exits():
                for name, kind in step.fills(catalogue, way_out.label).items():
                    types.setdefault(name, kind)
            for name, kind in step.may_fill().items():
                types.setdefault(name, kind)
    return types


def sensitive_names(flows: Mapping[str, Flow]) -> frozenset[str]:
    """Slots that are sensitive, and those that are set from them."""
    steps = [step for flow in flows.values() for step in flow.steps.values()]
    names = {name for step in steps for name in step.sensitive_slots()}
    copies: dict[str, set[str]] = {}
    for step in steps:
        for name, template in step.set.items() if isinstance(step, Set) else ():
            for source in template.names:
                copies.setdefault(source, set()).add(name)
    left = list(names)
    while left:
        new = copies.get(left.pop(), set()) - names
        names |= new
        left += new
    return frozenset(names)


def check_set(flows: FlowSet, catalogue: Catalogue, *, extent: Extent) -> list[Problem]:
    """All problems of a set."""
    problems: list[Problem] = []
    used = _used_as_subflow(flows) | used_in_between(flows)
    # Others call a flow by its file's name where its own is misspelt.
    used |= {flow.name for flow in flows.flows.values() if _file_name(flow) in used - set(flows.flows)}
    known, answers = Known(flows, catalogue, extent), Answers(flows)
    for flow in flows.flows.values():
        main = extent.complete and flow.name not in used | known.unread
        problems += bounded(_check_flow(flow, flows, known, catalogue, answers, main=main), flow)
    problems += _check_types(flows, catalogue)
    problems += check_writes(flows, catalogue)
    problems += check_given(flows, catalogue)
    problems += check_landings(flows)
    problems += check_offers(flows)
    problems += check_right_party(flows, catalogue)
    problems += check_objections(flows, catalogue)
    problems += _check_notices(flows, used)
    problems += check_asides(flows)
    if extent.heads:
        problems += _check_subflows(flows)
    return [
        *problems,
        *check_paths(flows, catalogue, frozenset(used | known.unread), complete=extent.complete),
    ]


def _file_name(flow: Flow) -> str:
    return flow.source.file.replace("\\", "/").rpartition("/")[2].partition(".")[0]


def unperformable(flows: FlowSet, catalogue: Catalogue) -> list[Problem]:
    """Steps that the live service cannot perform, because their performer is not installed.

    They run in the simulator and in tests, so that `check` only tells of them; a flow with such a step is
    not published.
    """
    return [
        flow.problem(
            name,
            way,
            f"`{step.type_name}` needs `{performer}`, which is not installed: take the step out before"
            " publishing, or install it",
        )
        for flow in flows.flows.values()
        for name, step in flow.steps.items()
        for way, performer in step.performers()
        if performer not in catalogue.performers
    ]


def _used_as_subflow(flows: FlowSet) -> set[str]:
    return {
        step.subflow
        for flow in flows.flows.values()
        for step in flow.steps.values()
        if isinstance(step, Subflow)
    }


# --- one flow ----------------------------------------------------------------------------------------


def _check_flow(
    flow: Flow, flows: FlowSet, known: Known, catalogue: Catalogue, answers: Answers, *, main: bool
) -> Iterator[Problem]:
    yield from _check_person(flow, catalogue)
    hidden = _hidden_targets(flow)
    for name, step in flow.steps.items():
        unknown = [(way, used) for way, used in step.needs() if known.lacks(used)]
        unknown = [one for one in unknown if one[1] not in {used for _way, used, _kind in step.wants()}]
        for way, used in unknown:
            yield flow.problem(name, way, known.message(used))
        for way, message in step.mistakes(catalogue) if not unknown else ():
            yield flow.problem(name, way, message)
        for lack, message in step.lacks(flow.languages):
            yield flow.problem(name, lack, message)
        yield from _check_targets(flow, name, step, hidden, flows.names)
        yield from check_words(flow, name, step, known)
        yield from check_conditions(flow, name, step, known, answers)
        if isinstance(step, Question):
            yield from check_retries(flow, name, step)
        if isinstance(step, Menu):
            yield from check_menu(flow, name, step, catalogue)
        for at, ahead in enumerate(step.answers_ahead if isinstance(step, Menu | Understand) else ()):
            if ahead not in flows.menus and known.lacks(ahead):
                yield flow.problem(name, ("answers_ahead", at), known.message(ahead))
        if isinstance(step, Record) and step.hung_up:
            yield from _check_hung_up(flow, name, step.hung_up)
        if isinstance(step, Language) and step.language not in flow.languages:
            remedy = nearest(step.language, flow.languages)
            yield flow.problem(name, ("language",), f"the flow does not speak `{step.language}`: {remedy}")
    menus = [(name, step) for name, step in flow.steps.items() if isinstance(step, Menu)]
    if main and menus:
        yield from check_main_menu(flow, *menus[0])


def _check_hung_up(flow: Flow, name: str, hung_up: HungUp) -> Iterator[Problem]:
    cases = [other for other, step in flow.steps.items() if isinstance(step, Case)]
    if hung_up.case not in cases and hung_up.case not in flow.unread:
        yield flow.problem(
            name,
            ("hung_up", "case"),
            f"`{hung_up.case}` is no `case` step of this flow: {nearest(hung_up.case, cases)}",
        )


def _check_person(flow: Flow, catalogue: Catalogue) -> Iterator[Problem]:
    if flow.person in flow.unread or flow.person in flow.steps:
        return
    if flow.person not in catalogue.queues:
        remedy = nearest(flow.person, [*flow.steps, *catalogue.queues])
        yield flow.source.problem(
            ("person",), f"`person: {flow.person}` is neither a step of this flow nor a queue: {remedy}"
        )


def _hidden_targets(flow: Flow) -> frozenset[str]:
    """What the steps with a name that another has were most likely meant to be called.

    Who copies a step and forgets to rename it has made one mistake; that nothing is called as it should be
    is what comes of it.
    """
    if not flow.doubles:
        return frozenset()
    named = {name for name in flow.steps if not name.startswith("@")}
    wanted = {
        str(way_out.target)
        for step in flow.steps.values()
        for way_out in (() if isinstance(step, Unread) else step.exits())
        if way_out.target not in (None, END, PERSON)
    }
    nowhere = wanted - named - set(flow.unread)
    if len(nowhere) > MOST_GUESSES:
        return frozenset()
    lacking = {name for name in nowhere if not meant(name, named, cutoff=0.8)}
    return frozenset(lacking if len(lacking) <= flow.doubles else ())


def _check_targets(
    flow: Flow, name: str, step: Step, hidden: frozenset[str], others: Collection[str]
) -> Iterator[Problem]:
    names = [other for other in flow.steps if not other.startswith("@")]
    for way_out in step.exits() if not isinstance(step, Unread) else ():
        target = way_out.target
        if target in (None, END, PERSON) or target in flow.steps or target in flow.unread:
            continue
        if target not in hidden:
            remedy = nearest(str(target), names)
            if target in others:
                remedy = f"it is another flow, add a step `subflow: {target}` and lead there"
            yield flow.problem(name, way_out.way, f"there is no step `{target}`: {remedy}")


# --- across flows ------------------------------------------------------------------------------------


def _check_types(flows: FlowSet, catalogue: Catalogue) -> Iterator[Problem]:
    """A name has one type everywhere; a slot is not called like a look-up."""
    first: dict[str, tuple[str, ValueType]] = {}
    for flow in flows.flows.values():
        for name, step in flow.steps.items():
            filled: dict[str, ValueType] = dict(step.may_fill())
            for way_out in step.exits():
                filled.update(step.fills(catalogue, way_out.label))
            for slot, kind in filled.items():
                if "." in slot:
                    continue
                where, before = first.setdefault(slot, (name, kind))
                if slot in catalogue.lookups or slot == "caller":
                    yield flow.problem(
                        name, (), f"`{slot}` is the name of a look-up: give the slot another name"
                    )
                elif kind != before:
                    yield flow.problem(
                        name, (), f"`{slot}` is {kind} here and {before} in step `{where}`: use two names"
                    )


def _check_notices(flows: FlowSet, used: set[str]) -> Iterator[Problem]:
    for flow in flows.flows.values():
        if flow.recording_notice is not None and flow.name in used:
            yield flow.source.problem(
                ("recording_notice",),
                f"`{flow.name}` is a subflow, where nobody hears a notice: write it where calls begin",
            )


def _check_subflows(flows: FlowSet) -> Iterator[Problem]:
    calls: dict[str, list[str]] = {}
    for flow in flows.flows.values():
        for name, step in flow.steps.items():
            if not isinstance(step, Subflow):
                continue
            child = flows.flows.get(step.subflow)
            if child is None:
                remedy = nearest(step.subflow, flows.names - {flow.name})
                yield flow.problem(name, ("subflow",), f"there is no flow `{step.subflow}`: {remedy}")
                continue
            calls.setdefault(flow.name, []).append(child.name)
            for language in flow.languages:
                if language not in child.languages:
                    yield flow.problem(
                        name, ("subflow",), f"`{child.name}` does not speak `{language}`: write it there too"
                    )
    for flow in flows.flows.values():
        for name, step in flow.steps.items():
            if isinstance(step, Subflow) and _reaches(calls, step.subflow, flow.name):
                yield flow.problem(
                    name,
                    ("subflow",),
                    f"`{step.subflow}` leads back to `{flow.name}`: flows must not go in circles",
                )
    yield from _check_nesting(flows, calls)


def _check_nesting(flows: FlowSet, calls: Mapping[str, list[str]]) -> Iterator[Problem]:
    """Told where the chain has become too long, once for each chain."""
    level = [name for name in flows.flows if not any(name in used for used in calls.values())]
    for depth in range(DEEPEST_NESTING + 2):
        if depth > DEEPEST_NESTING:
            for name in level:
                yield flows.flows[name].source.problem(
                    ("flow",), f"more than {DEEPEST_NESTING} flows wait for `{name}`: call it from higher up"
                )
        level = list(dict.fromkeys(below for name in level for below in calls.get(name, ())))


def _reaches(calls: Mapping[str, list[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    left = [start]
    while left:
        name = left.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            left += calls.get(name, [])
    return False
