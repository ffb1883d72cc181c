"""The catalogue beside the flows, and whether the live service is as it declares."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dialogs.catalogue import Catalogue, load_catalogue
from dialogs.errors import FlowsInvalid, Problem
from dialogs.source import read
from ivr.back_ends.agreement import OWN, LiveSchemas, differing
from ivr.performers import PERFORMERS

CATALOGUE = "catalogue.yaml"
"""Beside the flows: the queues and look-ups that they may name."""


def with_collections(catalogue: Catalogue, strategies: Path) -> Catalogue:
    """The same, with the flows that this folder's strategies name for campaigns, and for those that collect.
    What is wrong with a strategy's file is told where campaigns are created."""
    if next(strategies.glob("*.yaml"), None) is None:
        return catalogue
    from ivr.campaigns.strategies import calling_flows, collecting_flows  # noqa: PLC0415 - slow to read, and few have any

    return replace(catalogue, collecting=collecting_flows(strategies), calling=calling_flows(strategies))


def catalogue_in(folder: Path) -> Catalogue:
    """What flows may use: the folder's catalogue. Raises `FlowsInvalid`."""
    return replace(load_catalogue(folder / CATALOGUE), performers=PERFORMERS)


def unanswered(file: Path, catalogue: Catalogue, live: LiveSchemas = OWN) -> list[Problem]:
    """Every place in that catalogue file where the live look-ups and writes are others than it declares."""
    found = list(differing(catalogue, live))
    if not found:
        return []
    source = read(file)
    return [source.problem(way, what) for way, what in found]


def live_catalogue(folder: Path, live: LiveSchemas = OWN) -> Catalogue:
    """The folder's catalogue, if the live look-ups are as it declares them. Raises `FlowsInvalid`."""
    catalogue = catalogue_in(folder)
    problems = unanswered(folder / CATALOGUE, catalogue, live)
    if problems:
        raise FlowsInvalid(problems)
    return catalogue
