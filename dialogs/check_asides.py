"""What has to be so for a call to go aside and come back (`dialogs.asides`)."""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.asides import Asides
from dialogs.errors import Problem
from dialogs.flow import Flow, FlowSet
from dialogs.source import nearest


def used_in_between(flows: FlowSet) -> set[str]:
    """The flows that only come in between: no call begins there."""
    return {name for flow in flows.flows.values() if flow.asides for name in flow.asides.intents.values()}


def check_asides(flows: FlowSet) -> Iterator[Problem]:
    """What is wanted in between is done by a flow that is there, speaks as this one does, and comes back."""
    for flow in flows.flows.values():
        if flow.asides is None:
            continue
        yield from _back_words(flow, flow.asides)
        for intent, name in flow.asides.intents.items():
            way, child = ("asides", "intents", intent), flows.flows.get(name)
            if child is None:
                yield flow.source.problem(
                    way, f"there is no flow `{name}`: {nearest(name, flows.names - {flow.name})}"
                )
            elif child is flow:
                yield flow.source.problem(way, f"`{name}` is this flow itself: name another")
            else:
                for language in sorted(set(flow.languages) - set(child.languages)):
                    yield flow.source.problem(
                        way, f"`{name}` does not speak `{language}`: write it there too"
                    )


def _back_words(flow: Flow, asides: Asides) -> Iterator[Problem]:
    way = ("asides", "back")
    for language in flow.languages:
        if language not in asides.back:
            yield flow.source.problem(way, f'no text in `{language}`: add `{language}: "…"`')
    for language, text in asides.back.items():
        if language not in flow.languages:
            yield flow.source.problem((*way, language), f"the flow does not speak `{language}`: remove it")
        if not text.fixed:
            yield flow.source.problem(
                (*way, language), f"the words of return are always the same: take out `{{{text.names[0]}}}`"
            )
