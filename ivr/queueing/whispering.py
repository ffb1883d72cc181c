"""In which language an agent is told who comes.

Rules:
1. One sentence is ready that all who serve the queue understand, as far as they all speak one language.
2. Where not all are told in the same one, each sentence stands on the caller's leg under its language, and
   becomes the one that is played as soon as the switch says whose telephone rings. Whoever answers faster
   than that hears what was ready.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from esl import commands
from esl.errors import EslError
from esl.queue_events import Offered
from esl.wire import Command
from ivr.queueing.plan import Plan

log = structlog.get_logger(__name__)

ANNOUNCE = "cc_outbound_announce"
"""The channel variable of mod_callcenter: the file that an agent hears before the two are connected."""
_SPEAKS = ("es", "ca", "en")

Ask = Callable[[Command], str]


def whisper_in(language: str) -> str:
    """The variable under which the sentence of that language waits."""
    return f"ivr_whisper_{language}"


def language_of(plan: Plan | None, queue: str, *, otherwise: str) -> str:
    """In which language whoever serves the queue is told: one that all of them speak, the site's if it is
    among those; where nobody said what they speak, the site's."""
    fallback = otherwise if otherwise in _SPEAKS else "es"
    if plan is None:
        return fallback
    spoken = [
        set(plan.agents[tier.agent].languages)
        for tier in plan.tiers()
        if tier.queue == queue and plan.agents[tier.agent].languages
    ]
    common = set.intersection(*spoken) if spoken else set()
    if not common or fallback in common:
        return fallback
    return next(language for language in _SPEAKS if language in common)


def told_in(plan: Plan, agent: str, *, otherwise: str) -> str:
    """An agent's: as declared, else the site's if they speak it, else the first that they speak."""
    fallback = otherwise if otherwise in _SPEAKS else "es"
    one = plan.agents.get(agent)
    if one is None:
        return fallback
    if one.language in _SPEAKS:
        return str(one.language)
    spoken = [language for language in one.languages if language in _SPEAKS]
    return fallback if fallback in spoken or not spoken else spoken[0]


def languages_told(plan: Plan | None, queue: str, *, otherwise: str) -> set[str]:
    """All in which somebody who serves the queue is told."""
    if plan is None:
        return set()
    return {told_in(plan, tier.agent, otherwise=otherwise) for tier in plan.tiers() if tier.queue == queue}


class InTheirLanguage:
    """Changes what an agent will hear while their telephone rings."""

    def __init__(self, plan: Plan, *, language: str) -> None:
        """`language`: the site's."""
        self._plan, self._language = plan, language

    def concerns(self, offered: Offered) -> bool:
        """Whether that queue's agents are told in more than one language."""
        queue = _plain(offered.queue)
        told = languages_told(self._plan, queue, otherwise=self._language)
        return bool(told - {language_of(self._plan, queue, otherwise=self._language)})

    def prepare(self, offered: Offered, ask: Ask) -> None:
        """Blocks cooperatively for as long as the switch takes. What fails leaves the first sentence."""
        language = told_in(self._plan, _plain(offered.agent), otherwise=self._language)
        try:
            file = ask(commands.get_variable(offered.leg, whisper_in(language))).strip()
            if file.startswith("/"):
                ask(commands.set_variables(offered.leg, {ANNOUNCE: file}))
        except EslError as fault:
            log.info("whisper_not_theirs", leg=offered.leg, reason=str(fault))


def _plain(name: str) -> str:
    return name.partition("@")[0]
