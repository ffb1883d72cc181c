"""One blueprint per subject; whoever adds one enters it here."""

from __future__ import annotations

from flask import Blueprint

from ivr.api.subjects import (
    agents,
    alerts,
    callbacks,
    callers,
    calls,
    campaign_actions,
    campaign_calls,
    campaigns,
    cases,
    collecting,
    consents,
    desk,
    floor,
    flows,
    health,
    messages,
    metrics,
    previews,
    queues,
    recordings,
    reports,
    rules,
    waiting,
    work,
)

ALL: tuple[Blueprint, ...] = (
    health.blueprint,
    metrics.blueprint,
    agents.blueprint,
    desk.blueprint,
    previews.blueprint,
    floor.blueprint,
    calls.blueprint,
    callers.blueprint,
    queues.blueprint,
    waiting.blueprint,
    alerts.blueprint,
    callbacks.blueprint,
    cases.blueprint,
    consents.blueprint,
    recordings.blueprint,
    flows.blueprint,
    messages.blueprint,
    reports.blueprint,
    work.blueprint,
    rules.blueprint,
    campaigns.blueprint,
    campaign_calls.blueprint,
    campaign_actions.blueprint,
    collecting.blueprint,
)
