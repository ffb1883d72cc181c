"""Reads `strategies/*.yaml`: what a coordinator declares of a strategy, its customer bases and its campaigns.

```yaml
strategy: fees                         # as the file is called
actor: creditor                        # or third_party: a collection agency
bases:
  students: {mapping: students.map.yaml}
campaigns:
  reminder:
    base: students
    flow: reminder
    purpose: collection
    sample: account.stage in ["early"] and account.balance >= 2000      # cents
    days: 5                            # how long a sample is worked on
    hours: {mon-fri: 10:00-13:00}      # narrower than the law's, never wider
    caller_ids: ["+34910000000"]
    countries: [ES]
    numbers: 3                         # of each person, the likeliest first
    attempts: 6
    retries: {busy: [10, 20, 30], no_answer: [180, 240], machine: [1440]}     # minutes, for each number
    again: {call_later: 240}           # minutes after an outcome with which they are to be called again
    mode: automated                    # the flow alone; with agents: progressive, predictive, preview
    trunk: main                        # of ivr.yaml's `campaigns.trunks`; the first one if nothing is said
    actions: {promise_to_pay: [{sms: noted}], not_reached: [{email: call_us, after: 60}]}     # by outcome
    promises:
      longest_days: 30
      remind: {sms: tomorrow}          # the day before; kept, partial: what follows then
      broken: [{case: broken_promise}, {campaign: second_call}]
languages: [es]                        # in which people are written to
templates:
  noted: {es: "Anotado: {amount} el {day}."}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from dialogs.calendars import Hours, read_days
from dialogs.errors import FlowsInvalid, Problem
from dialogs.flow import Name
from dialogs.misread import explain, told_once
from dialogs.source import Source, nearest, read
from ivr.campaigns.actions import checking
from ivr.campaigns.actions.written import MESSAGES, ActionFile, ActionList, ProviderFile, TemplateFile
from ivr.campaigns.conditions import read_condition
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.contact_rules.written import NOT_IN_FORCE, Actor, Country, Purpose
from ivr.numbers import NotCalled, checked
from ivr.queueing.written import Language

Minutes = Annotated[int, Field(ge=1, le=60 * 24 * 14)]
Result = Literal[
    "busy", "no_answer", "rejected", "machine", "unreachable", "dropped", "abandoned", "cancelled"
]
Mode = Literal["automated", "progressive", "predictive", "preview"]
"""`automated`: the flow talks, and no agent is needed. `progressive`: one call for each free agent.
`predictive`: more, under the rule's cap of abandoned calls. `preview`: an agent looks first, and decides."""


_RETRIES: dict[Result, tuple[Minutes, ...]] = {
    "busy": (10, 20, 30),
    "no_answer": (180, 240),
    "machine": (1440,),
    "rejected": (240,),
    "unreachable": (60, 240),
    "dropped": (30,),
    "abandoned": (1440,),
    "cancelled": (1,),
}


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class BaseFile(_Written):
    """One customer base."""

    mapping: str = Field(description="Which column of its lists is what: a file beside this one")


OCCASIONS = ("remind", "kept", "partial", "broken")
"""Of a promise."""


def _of_word(value: Any) -> Any:
    """One word for what is wanted most: `case` opens one, `contact` leaves them to the next sample."""
    match value:
        case "case" | "person":
            return [{"case": "broken_promise"}]
        case "contact":
            return []
    return value


class PromisePolicy(_Written):
    """What the house accepts, and what follows when it is not kept."""

    longest_days: Annotated[int, Field(ge=0, le=365)] = 30
    least_of_balance: Annotated[int, Field(ge=0, le=100)] = 0
    least_share: Annotated[int, Field(ge=1, le=100)] = 100
    grace_days: Annotated[int, Field(ge=0, le=30)] = 0
    instalments: Annotated[int, Field(ge=1, le=12)] = Field(
        default=1, description="In how many equal parts, a month apart, it may be paid"
    )
    remind: ActionList = Field(default=(), description="What is done the day before it is due")
    kept: ActionList = Field(default=(), description="What follows when it is kept")
    partial: ActionList | None = Field(
        default=None, description="What follows when some money came; default: as `broken`"
    )
    broken: Annotated[ActionList, BeforeValidator(_of_word)] = Field(
        default=(), description="What follows when none came; they may be in samples again in any case"
    )

    def after(self, occasion: str) -> tuple[ActionFile, ...]:
        """What follows on that occasion of a promise."""
        if occasion == "partial" and self.partial is None:
            return self.broken
        found: tuple[ActionFile, ...] = getattr(self, occasion)
        return found


class CampaignFile(_Written):
    """One campaign."""

    base: Name
    flow: Name = Field(description="What is talked about: a flow's name")
    purpose: Purpose
    sample: str = Field(default="true", max_length=500, description="Who is meant: a condition")
    days: Annotated[int, Field(ge=1, le=31)] = Field(default=1, description="How long a sample is worked on")
    hours: Annotated[dict[int, tuple[Hours, ...]], BeforeValidator(read_days)] | None = None
    caller_ids: tuple[str, ...] = ()
    countries: tuple[Country, ...] = Field(min_length=1, description="Whose numbers are called")
    numbers: Annotated[int, Field(ge=1, le=10)] = 3
    attempts: Annotated[int, Field(ge=1, le=50)] = 6
    retries: dict[Result, tuple[Minutes, ...]] = Field(default_factory=lambda: dict(_RETRIES))
    again: dict[Name, Minutes] = Field(
        default_factory=dict, description="Outcomes after which they are called again, and after how long"
    )
    mode: Mode = Field(default="automated", description="Who talks, and how many are called at a time")
    queue: Name | None = Field(default=None, description="Whose agents talk, in the modes with agents")
    trunk: str | None = Field(default=None, description="Which of ivr.yaml's trunks; else the first")
    agent_within: Annotated[float, Field(ge=1, le=60)] = Field(
        default=2.0, description="Seconds in which an agent must be there; where a rule says fewer, those"
    )
    on_machine: Name | None = Field(
        default=None, description="A flow that is left on answering machines: a neutral message"
    )
    actions: dict[Name, ActionList] = Field(
        default_factory=dict, description="What follows a call, by its outcome or the dialler's result"
    )
    ring: Annotated[int, Field(ge=15, le=60)] = Field(default=30, description="Seconds that it rings")
    promises: PromisePolicy = PromisePolicy()

    @model_validator(mode="after")
    def _staffed(self) -> CampaignFile:
        if self.mode != "automated" and self.queue is None:
            raise ValueError(f"`mode: {self.mode}` needs agents: add `queue:` with the queue that they serve")
        return self

    @field_validator("sample")
    @classmethod
    def _readable(cls, text: str) -> str:
        read_condition(text)
        return text

    @field_validator("caller_ids")
    @classmethod
    def _numbers(cls, numbers: tuple[str, ...]) -> tuple[str, ...]:
        for one in numbers:
            try:
                good = checked(one, region=None, countries=None).e164 == one
            except NotCalled:
                good = False
            if not good and not _demanded(one):
                raise ValueError(f"`{one}` is no number of an ordinary line: write it as +34910000000")
        return numbers


def _demanded(number: str) -> bool:
    """Whether a rule in force demands numbers that begin so, which are no ordinary line's (Chile's 600)."""
    rules = (rule for rule in presets().rules if rule.status not in NOT_IN_FORCE)
    begins = tuple(begin for rule in rules if rule.caller_id for begin in rule.caller_id.only)
    return number.startswith(begins) and number[1:].isdecimal() and number.isascii() and len(number) <= 16


class StrategyFile(_Written):
    """The keys of a strategy's file."""

    strategy: Name
    actor: Actor
    bases: dict[Name, BaseFile] = Field(min_length=1)
    languages: tuple[Language, ...] = Field(
        default=("es", "ca", "en"), min_length=1, description="In which people are written to"
    )
    templates: dict[Name, TemplateFile] = Field(default_factory=dict, description="Words of messages")
    providers: dict[Name, ProviderFile] = Field(default_factory=dict, description="Of WhatsApp messages")
    campaigns: dict[Name, CampaignFile] = Field(min_length=1)


_PARTS: dict[str, Any] = {
    "bases": BaseFile,
    "campaigns": CampaignFile,
    "templates": TemplateFile,
    "providers": ProviderFile,
}


def strategy_files(folder: Path) -> list[Path]:
    """Of all strategies; the mappings of their bases lie beside them."""
    return sorted(file for file in folder.glob("*.yaml") if not file.name.endswith(".map.yaml"))


def load_strategy(folder: Path, name: str) -> StrategyFile:
    """The strategy of that name. Raises `FlowsInvalid` with every mistake of its file."""
    known = [file.stem for file in strategy_files(folder)]
    if name not in known:
        message = f"there is no strategy `{name}`: {nearest(name, known)}"
        raise FlowsInvalid([Problem(str(folder), 0, 0, message)])
    strategy, problems = read_strategy(folder / f"{name}.yaml")
    if strategy is None or problems:
        raise FlowsInvalid(problems)
    return strategy


def read_strategy(file: Path) -> tuple[StrategyFile | None, list[Problem]]:
    """The strategy, and what is wrong with its file."""
    try:
        source = read(file)
    except FlowsInvalid as fault:
        return None, list(fault.problems)
    if not isinstance(source.content, dict):
        return None, [source.problem((), "this is no strategy: begin with `strategy:` and its name")]
    try:
        found = StrategyFile.model_validate(source.content)
    except ValidationError as fault:
        return None, sorted({_told(source, error) for error in told_once(fault.errors())})
    return _with_words(found), sorted(_mistakes(file, source, found))


def _with_words(found: StrategyFile) -> StrategyFile:
    """Each message with its words: campaigns are kept with all that their actions say."""

    def worded(actions: tuple[ActionFile, ...]) -> tuple[ActionFile, ...]:
        return tuple(
            one.model_copy(update={"words": found.templates.get(one.what)}) if one.kind in MESSAGES else one
            for one in actions
        )

    def whole(campaign: CampaignFile) -> CampaignFile:
        policy = {name: getattr(campaign.promises, name) for name in OCCASIONS}
        promises = {name: worded(actions) for name, actions in policy.items() if actions is not None}
        return campaign.model_copy(
            update={
                "actions": {outcome: worded(actions) for outcome, actions in campaign.actions.items()},
                "promises": campaign.promises.model_copy(update=promises),
            }
        )

    campaigns = {name: whole(one) for name, one in found.campaigns.items()}
    return found.model_copy(update={"campaigns": campaigns})


def actions_of(campaign: CampaignFile) -> Iterator[tuple[tuple[str | int, ...], str, ActionFile]]:
    """Every action, with its way within the campaign and its occasion (`outcome`, or a promise's)."""
    for outcome, actions in campaign.actions.items():
        for at, action in enumerate(actions):
            yield ("actions", outcome, at), "outcome", action
    for occasion in OCCASIONS:
        for at, action in enumerate(getattr(campaign.promises, occasion) or ()):
            yield ("promises", occasion, at), occasion, action


def collecting_flows(folder: Path) -> frozenset[str]:
    """The flows of all campaigns that collect, and those that they leave on machines; of files that can be
    read."""
    found = [read_strategy(file)[0] for file in strategy_files(folder)]
    campaigns = [one for strategy in found if strategy is not None for one in strategy.campaigns.values()]
    collect = [one for one in campaigns if one.purpose == "collection"]
    return frozenset(name for one in collect for name in (one.flow, one.on_machine) if name is not None)


def calling_flows(folder: Path) -> frozenset[str]:
    """The flows with which all campaigns call people; of files that can be read."""
    found = [read_strategy(file)[0] for file in strategy_files(folder)]
    return frozenset(
        one.flow for strategy in found if strategy is not None for one in strategy.campaigns.values()
    )


def _told(source: Source, error: ErrorDetails) -> Problem:
    way = error["loc"]
    model: type[BaseModel] = StrategyFile
    if len(way) > 2 and str(way[0]) in _PARTS:
        model = PromisePolicy if len(way) > 3 and way[2] == "promises" else _PARTS[str(way[0])]
        if "actions" in way[2:3] or (len(way) > 4 and way[3] in OCCASIONS):
            model = ActionFile
    return explain(source, (), error, list(model.model_fields))


def _mistakes(file: Path, source: Source, found: StrategyFile) -> Iterator[Problem]:
    if found.strategy != file.stem:
        yield source.problem(("strategy",), f"the file is called {file.name}: write `strategy: {file.stem}`")
    for name, base in found.bases.items():
        if not (file.parent / base.mapping).is_file():
            way = ("bases", name, "mapping")
            yield source.problem(way, f"`{base.mapping}` is not beside this file: write it (docs/import.md)")
    for name, campaign in found.campaigns.items():
        if campaign.base not in found.bases:
            way = ("campaigns", name, "base")
            yield source.problem(
                way, f"unknown base `{campaign.base}`: {nearest(campaign.base, found.bases)}"
            )
    yield from _of_actions(source, found)


def _of_actions(source: Source, found: StrategyFile) -> Iterator[Problem]:
    declared = checking.Declared(found.templates, found.providers, found.campaigns, found.languages)
    yield from checking.template_mistakes(source, declared)
    for name, campaign in found.campaigns.items():
        here = ("campaigns", name)
        for way, occasion, action in actions_of(campaign):
            yield from checking.action_mistakes(
                source,
                (*here, *way),
                action,
                declared,
                occasion=occasion,
                campaign=name,
                collects=campaign.purpose == "collection",
            )
        for outcome, actions in campaign.actions.items():
            where = (*here, "actions", outcome)
            yield from checking.outcome_mistakes(source, where, outcome, actions, found.templates)


def around_mistakes(source: Source, found: StrategyFile, around: checking.Around) -> Iterator[Problem]:
    """What a strategy names that is not there: flows, their outcomes, queues, webhooks."""
    for name, campaign in found.campaigns.items():
        here = ("campaigns", name)
        for key in ("flow", "on_machine"):
            flow = getattr(campaign, key)
            if flow is not None and flow not in around.flows:
                yield source.problem((*here, key), f"unknown flow `{flow}`: {nearest(flow, around.flows)}")
        if campaign.queue is not None and campaign.queue not in around.queues:
            message = f"unknown queue `{campaign.queue}`: {nearest(campaign.queue, around.queues)}"
            yield source.problem((*here, "queue"), message)
        for key, outcomes in (("actions", campaign.actions), ("again", campaign.again)):
            for outcome in outcomes:
                where = (*here, key, outcome)
                yield from checking.unknown_outcome(source, where, outcome, campaign.flow, around)
        for way, _occasion, action in actions_of(campaign):
            yield from checking.around_mistakes(source, (*here, *way), action, around)
            yield from checking.unreachable_countries(
                source, (*here, *way), action, campaign.countries, around
            )
