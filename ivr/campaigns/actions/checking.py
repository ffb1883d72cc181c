"""What is wrong with the actions of a strategy, by its file alone, and by what stands around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from dialogs.errors import Problem
from dialogs.source import Source, nearest
from ivr.campaigns.actions.wording import speaks_of_debt
from ivr.campaigns.actions.written import (
    CAME_TO_NOTHING,
    MESSAGES,
    OF_A_PROMISE,
    RESULTS,
    VALUES,
    ActionFile,
    ProviderFile,
    TemplateFile,
)

Way = tuple[str | int, ...]


@dataclass(frozen=True)
class Declared:
    """What actions of a strategy may name."""

    templates: Mapping[str, TemplateFile]
    providers: Mapping[str, ProviderFile]
    campaigns: Collection[str]
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Around:
    """What stands outside the strategy's file."""

    flows: Mapping[str, Collection[str]]
    """Each flow with every outcome that a call through it may have."""
    without_a_person: Callable[[str], Collection[str]]
    """Those, of a flow and what it uses, in which nobody can have a person in the same call."""
    queues: Collection[str]
    webhooks: Collection[str]
    sms_countries: Collection[str]
    """Whose numbers get an SMS."""


def template_mistakes(source: Source, declared: Declared) -> Iterator[Problem]:
    """A language that lacks, a place that is none."""
    for name, template in declared.templates.items():
        way: Way = ("templates", name)
        short = template.text and not isinstance(_at(source.content, (*way, "text")), dict)
        for part, texts in (("text", template.text), ("subject", template.subject)):
            here = way if short else (*way, part)
            for language in declared.languages:
                if texts and language not in texts:
                    message = (
                        f"`{name}` has no {part} in {language}: write it, or list the languages that are "
                        f"written in, `languages: [{', '.join(texts)}]`"
                    )
                    yield source.problem(here, message)
        for part, language, place in template.places():
            if place not in VALUES:
                here = (*way, language) if short else (*way, part, language)
                message = f"there is no {{{place}}}: {nearest(place, VALUES)}"
                yield source.problem(here, message)


def _at(content: object, way: Way) -> object:
    for key in way:
        if not isinstance(content, Mapping) or key not in content:
            return None
        content = content[key]
    return content


def action_mistakes(
    source: Source,
    way: Way,
    action: ActionFile,
    declared: Declared,
    *,
    occasion: str,
    campaign: str,
    collects: bool,
) -> Iterator[Problem]:
    """`occasion`: `outcome` or a promise's; `way` is the action's; `collects`: it is about debts."""
    if action.kind in MESSAGES:
        yield from _message_mistakes(source, way, action, declared)
        template = declared.templates.get(action.what)
        if collects and action.purpose and template is not None and speaks_of_debt(template):
            message = f"`{action.what}` speaks of the debt: leave `purpose` out, or write other words"
            yield source.problem((*way, "purpose"), message)
    if action.kind == "campaign":
        if action.what not in declared.campaigns:
            message = f"unknown campaign `{action.what}`: {nearest(action.what, declared.campaigns)}"
            yield source.problem((*way, "campaign"), message)
        elif occasion in ("remind", "kept"):
            message = f"nobody is called about a promise that is {_STANDS[occasion]}: send a message instead"
            yield source.problem((*way, "campaign"), message)
        elif occasion == "outcome" and action.what == campaign:
            message = f"`{campaign}` calls them again by `again:`; name another campaign"
            yield source.problem((*way, "campaign"), message)
    if occasion != "outcome":
        if action.kind == "callback":
            message = "nobody has asked for a callback: write `campaign:` with the list that calls them"
            yield source.problem((*way, "callback"), message)
        if action.asked:
            message = "they have asked for nothing then: `asked` belongs to outcomes of a conversation"
            yield source.problem((*way, "asked"), message)


_STANDS = {"remind": "running", "kept": "kept"}


def _message_mistakes(source: Source, way: Way, action: ActionFile, declared: Declared) -> Iterator[Problem]:
    kind = action.kind
    template = declared.templates.get(action.what)
    if template is None:
        message = f"unknown template `{action.what}`: {nearest(action.what, declared.templates)}"
        yield source.problem((*way, kind), message)
    elif kind == "email" and not template.subject:
        message = f"an e-mail has a subject: write `{action.what}: {{text: …, subject: {{es: …}}}}`"
        yield source.problem((*way, kind), message)
    if kind != "whatsapp":
        return
    if action.provider is not None and action.provider not in declared.providers:
        message = f"unknown provider `{action.provider}`: {nearest(action.provider, declared.providers)}"
        yield source.problem((*way, "provider"), message)
    elif action.provider is None and len(declared.providers) != 1:
        message = (
            "say which provider: `provider:` with one of " + ", ".join(declared.providers)
            if declared.providers
            else "nobody sends it: declare a provider under `providers` (docs/campaigns.md)"
        )
        yield source.problem((*way, kind), message)


def outcome_mistakes(
    source: Source,
    way: Way,
    outcome: str,
    actions: Collection[ActionFile],
    templates: Mapping[str, TemplateFile],
) -> Iterator[Problem]:
    """What is not done by a result without a conversation."""
    if outcome not in RESULTS:
        return
    for at, action in enumerate(actions):
        if action.kind == "callback":
            message = f"after `{outcome}` nobody has asked for a callback: write `retries:`, or `campaign:`"
            yield source.problem((*way, at, "callback"), message)
        if action.asked:
            message = f"after `{outcome}` nobody was there who could have asked for it"
            yield source.problem((*way, at, "asked"), message)
        if outcome in ("invalid", "unwanted") and action.kind in (*MESSAGES, "campaign"):
            message = f"after `{outcome}` they are not contacted: open a case, or tell a webhook"
            yield source.problem((*way, at, action.kind), message)
        elif action.kind in MESSAGES and (words := templates.get(action.what)) is not None:
            lacking = sorted({name for *_, name in words.places()} & set(OF_A_PROMISE))
            if lacking:
                message = (
                    f"after `{outcome}` there is no promise, and so no {{{lacking[0]}}}: nothing would be "
                    f"sent. Write a template without it, or {{balance}}"
                )
                yield source.problem((*way, at, action.kind), message)


def around_mistakes(source: Source, way: Way, action: ActionFile, around: Around) -> Iterator[Problem]:
    """A queue or webhook that is not there."""
    if action.kind == "callback" and action.what not in around.queues:
        message = f"unknown queue `{action.what}`: {nearest(action.what, around.queues)}"
        yield source.problem((*way, "callback"), message)
    if action.kind == "webhook" and action.what not in around.webhooks:
        message = (
            f"unknown webhook `{action.what}` of messages.webhooks: {nearest(action.what, around.webhooks)}"
        )
        yield source.problem((*way, "webhook"), message)


def unreachable_countries(
    source: Source, way: Way, action: ActionFile, countries: Collection[str], around: Around
) -> Iterator[Problem]:
    """An SMS to people whose numbers get none: each would be dropped, and nobody would know before."""
    never = sorted(set(countries) - set(around.sms_countries))
    if action.kind == "sms" and never:
        message = f"numbers of {', '.join(never)} get no SMS: add it to `messages.countries` of ivr.yaml"
        yield source.problem((*way, "sms"), message)


def unknown_outcome(source: Source, way: Way, outcome: str, flow: str, around: Around) -> Iterator[Problem]:
    """An outcome that no call of the campaign can have, or after which that key does nothing."""
    known = around.flows.get(flow)
    if known is None or outcome in known or outcome == CAME_TO_NOTHING:
        return
    if outcome not in RESULTS:
        offered = sorted({*known, *RESULTS})
        yield source.problem(way, f"`{flow}` never ends as `{outcome}`: {nearest(outcome, offered)}")
    elif "again" in way:
        message = f"after `{outcome}` they are tried again by `retries:`; here stand outcomes of `{flow}`"
        yield source.problem(way, message)
