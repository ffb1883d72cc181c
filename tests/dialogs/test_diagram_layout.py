"""Diagrams: where boxes, arrows and labels stand."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest

from dialogs.diagram.layers import Box, Link, circles, isotonic, layered
from dialogs.diagram.lettering import width_of, wrapped
from dialogs.diagram.picture import picture
from dialogs.diagram.svg import svg
from tests.dialogs.flowtext import flow_set
from tests.dialogs.test_diagram import SVG
from tests.dialogs.test_speed import large_flow
from tests.pace import quiet_seconds


def test_no_box_and_no_label_overlaps_another() -> None:
    """Any two, in a graph with circles, parallel arrows, far jumps and labels."""
    boxes = [Box(str(n), 60 + 37 * (n % 5), 20 + 11 * (n % 4)) for n in range(24)]
    links = [
        Link(str(n), str((n * 7 + k * 3) % 24), (50 + n, 18) if n % 3 else None)
        for n in range(24)
        for k in (1, 2)
    ]
    found = layered(boxes, [link for link in links if link.source != link.target])
    placed = [(found.boxes[box.name], box.width, box.height) for box in boxes]
    kept = [link for link in links if link.source != link.target]
    placed += [(place, *kept[number].label) for number, place in found.labels.items() if kept[number].label]
    assert len(found.labels) == sum(link.label is not None for link in kept)
    for (a, width_a, height_a), (b, width_b, height_b) in itertools.combinations(placed, 2):
        apart = (
            abs(a.x - b.x) >= (width_a + width_b) / 2 - 0.01
            or abs(a.y - b.y) >= (height_a + height_b) / 2 - 0.01
        )
        assert apart, (a, b)
    for place, width, height in placed:
        assert place.x - width / 2 >= -0.01
        assert place.x + width / 2 <= found.width + 0.01
        assert height / 2 - 0.01 <= place.y <= found.height - height / 2 + 0.01


def test_a_straight_line_is_drawn_straight() -> None:
    """One after the other: all under each other, in their order."""
    found = layered([Box(name, 100, 40) for name in "abcd"], [Link("a", "b"), Link("b", "c"), Link("c", "d")])
    assert len({round(place.x) for place in found.boxes.values()}) == 1
    assert [name for name, _ in sorted(found.boxes.items(), key=lambda item: item[1].y)] == list("abcd")


def test_crossings_that_can_be_avoided_are() -> None:
    """Two parents and two children, given crosswise."""
    boxes = [Box(name, 50, 20) for name in ("top", "a", "b", "under_b", "under_a")]
    links = [Link("top", "a"), Link("top", "b"), Link("a", "under_a"), Link("b", "under_b")]
    at = layered(boxes, links).boxes
    assert (at["a"].x < at["b"].x) == (at["under_a"].x < at["under_b"].x)


def test_arrows_lead_down_unless_they_lead_back() -> None:
    """A circle has exactly one arrow upwards, and its route runs from source to target."""
    found = layered([Box(name, 50, 20) for name in "abc"], [Link("a", "b"), Link("b", "c"), Link("c", "a")])
    at = found.boxes
    assert at["a"].y < at["b"].y < at["c"].y
    ys = [point.y for point in found.routes[2]]
    assert ys == sorted(ys, reverse=True)


def test_circles_are_found() -> None:
    """By hand: 0 → 1 → 2 → 0, 3 by itself, 4 ⇄ 5."""
    found = circles([[1], [2], [0, 3], [4], [5], [4]])
    assert found[0] == found[1] == found[2]
    assert found[4] == found[5]
    assert len(set(found)) == 3


def test_a_circle_is_cut_where_the_page_leads_back() -> None:
    """A menu that comes late by the first way to it still stands above what it leads to."""
    boxes = [Box(name, 50, 20) for name in ("start", "vip", "menu", "job", "again")]
    links = [
        ("start", "vip"),
        ("start", "menu"),
        ("vip", "again"),
        ("menu", "job"),
        ("job", "again"),
        ("again", "menu"),
    ]
    at = layered(boxes, [Link(*ends) for ends in links]).boxes
    assert at["start"].y < at["menu"].y < at["job"].y < at["again"].y


@pytest.mark.parametrize(
    ("wishes", "weights", "nearest"),
    [
        ([1, 2, 3], [1, 1, 1], [1, 2, 3]),
        ([3, 1], [1, 1], [2, 2]),
        ([3, 0], [2, 1], [2, 2]),
        ([5, 4, 3, 9], [1, 1, 1, 1], [4, 4, 4, 9]),
        ([], [], []),
    ],
)
def test_isotonic_regression(wishes: list[float], weights: list[float], nearest: list[float]) -> None:
    """By hand: neighbours in the wrong order meet at their weighted mean."""
    assert isotonic(wishes, weights) == pytest.approx(nearest)


def test_lines_are_no_wider_than_allowed() -> None:
    """Unless one word is; and what does not fit is marked as cut."""
    lines = wrapped("uno dos tres cuatro cinco seis siete ocho", 13, 90, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert all(width_of(line, 13) <= 90 for line in lines)
    assert wrapped("", 13, 90) == []


def test_two_hundred_steps_are_drawn_in_a_few_seconds() -> None:
    """No designer's flow is larger; on a busy machine."""
    flow = flow_set(large_flow(202)).flow("large")
    drawn: list[str] = []
    assert quiet_seconds(lambda: drawn.append(svg(picture(flow, "es")))) < 8.0
    [drawing] = drawn
    assert len(ElementTree.fromstring(drawing).findall(f".//{SVG}g")) == len(flow.steps) + 1


# --- as SVG ------------------------------------------------------------------------------------------
