"""The plan and the people of an installation, from its files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dialogs.catalogue import Catalogue
from esl.freeswitch.configuration import QUEUE_DOMAIN
from ivr.agents.outcomes import Outcomes
from ivr.agents.outcomes_reading import load_outcomes
from ivr.agents.reading import load_roster
from ivr.agents.roster import Roster, dial_string_of, with_all
from ivr.config import Settings
from ivr.queueing.plan import Plan
from ivr.queueing.reading import load_plan
from ivr.queueing.written import AgentFile
from ivr.switch_settings import TelephoneSettings


def way_out(settings: Settings) -> str:
    """The dial string of outside numbers; empty: there is none."""
    if settings.callbacks.dial is not None:
        return settings.callbacks.dial
    if settings.switch.kind == "embedded":
        return "user/{number}"
    gateways = settings.freeswitch.gateways
    return f"sofia/gateway/{gateways[0].name}/{{number}}" if gateways else ""


def staff_of(settings: Settings, catalogue: Catalogue) -> tuple[Plan, Roster]:
    """Queues with all their people, and the people. Raises `FlowsInvalid`."""
    plan = load_plan(settings.queues_file, catalogue, settings.freeswitch.queue_names)
    roster, full = load_roster(
        settings.agents_file, plan, allowed=settings.agents.outside, dial=way_out(settings)
    )
    if settings.switch.kind == "freeswitch":  # nobody else's telephones register there
        full = with_telephones(full, settings.freeswitch.agents)
        roster = with_all(roster, full)
    return full, roster


def with_telephones(plan: Plan, telephones: Iterable[TelephoneSettings]) -> Plan:
    """The plan with those who stand in `freeswitch.agents`: who is declared keeps what is declared, and also
    serves the queues of their telephone."""
    agents = dict(plan.agents)
    for telephone in telephones:
        declared = agents.get(telephone.name, AgentFile())
        more = [queue for queue in telephone.queues if queue not in declared.queues]
        agents[telephone.name] = declared.model_copy(update={"queues": [*declared.queues, *more]})
    return replace(plan, agents=agents)


def outcomes_of(settings: Settings, plan: Plan) -> Outcomes:
    """How contacts are closed. Raises `FlowsInvalid`."""
    return load_outcomes(settings.outcomes_file, plan, webhooks=settings.messages.webhooks)


def dial_strings(roster: Roster) -> dict[str, str]:
    """Agent → how the switch calls them."""
    return {
        agent: dial_string_of(roster.contact(agent), QUEUE_DOMAIN, roster.outside) for agent in roster.agents
    }
