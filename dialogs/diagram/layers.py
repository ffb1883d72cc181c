"""Where the boxes of a layered drawing stand (Sugiyama, Tagawa, Toda 1981), in four passes.

1. Ranks: arrows of a circle that lead back in the order given are turned round, then each box stands below
   all that lead to it (longest path), and is pulled down to the nearest box that it leads to.
2. A chain of small points stands for an arrow on every rank between; its label is a box on that chain, so
   that no label ever lies on a box.
3. Order in a rank: medians, swept down and up, then neighbours are swapped while that saves a crossing.
4. Places across: every box wants to stand under the middle of its neighbours; the nearest places that keep
   order and distance are the isotonic regression of the wishes (pool adjacent violators).

No library does this for us: those with a licence that fits know only one size of box, or no label.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

SWEEPS = 16
SWEEPS_ACROSS = 300
SETTLED = 0.2
"""Movement in one sweep that is none."""
NEAR = 4.0
"""Distance below which two are in line."""
GAP_ACROSS = 28.0
GAP_DOWN = 30.0
WEAK = 0.05
"""Pull of an arrow that leads back: it goes round the boxes, and they stand as if it were not there."""
_POINT = 12.0
"""Width that a passing arrow keeps free."""


@dataclass(frozen=True)
class Box:
    """Something to be placed. Widths and heights are in the drawing's units."""

    name: str
    width: float
    height: float


@dataclass(frozen=True)
class Link:
    """An arrow to be placed. `label` is the size of its label, if it has one."""

    source: str
    target: str
    label: tuple[float, float] | None = None


@dataclass(frozen=True)
class Place:
    """The middle of something."""

    x: float
    y: float


@dataclass
class Layout:
    """What came of it. Links are named by their position in the sequence that was given."""

    width: float
    height: float
    boxes: dict[str, Place]
    routes: dict[int, list[Place]]
    """Link → the points that it goes through between its boxes, from source to target."""
    labels: dict[int, Place]
    rows: dict[str, tuple[float, float]]
    """Box → top and bottom of the row that it stands in: beside a tall neighbour an arrow must not bend."""


@dataclass
class _Node:
    """A box, a label or a point on a chain."""

    width: float
    height: float
    rank: int = 0
    x: float = 0.0
    up: list[int] = field(default_factory=list)
    down: list[int] = field(default_factory=list)
    chain: bool = False
    pull: float = 1.0
    """How much its neighbours want to stand in line with it."""


def layered(boxes: Sequence[Box], links: Sequence[Link]) -> Layout:
    """Places boxes and links; the order given is kept where nothing speaks against it."""
    return _Drawing(boxes, links).layout()


class _Drawing:
    def __init__(self, boxes: Sequence[Box], links: Sequence[Link]) -> None:
        self.boxes, self.links = boxes, links
        self.at = {box.name: place for place, box in enumerate(boxes)}
        self.nodes = [_Node(box.width, box.height) for box in boxes]
        self.chains: dict[int, list[int]] = {}
        self.label_of: dict[int, int] = {}
        self.turned = self._turned()

    def layout(self) -> Layout:
        self._rank()
        self._chain()
        self.ranks = self._first_order()
        self._order()
        self._across()
        return self._finished()

    # --- ranks ---

    def _ends(self, link: int) -> tuple[int, int]:
        """Upper and lower box of a link."""
        source, target = self.at[self.links[link].source], self.at[self.links[link].target]
        return (target, source) if link in self.turned else (source, target)

    def _turned(self) -> set[int]:
        """Links of a circle that lead back in the order given. What is left has no circle: within one
        everything leads on, and between circles nothing leads back."""
        out: list[list[int]] = [[] for _ in self.boxes]
        ends = [(self.at[link.source], self.at[link.target]) for link in self.links]
        for source, target in ends:
            out[source].append(target)
        circle = circles(out)
        return {
            number
            for number, (source, target) in enumerate(ends)
            if target < source and circle[source] == circle[target]
        }

    def _rank(self) -> None:
        """Two ranks from box to box: the odd ones are for labels."""
        down: dict[int, set[int]] = {box: set() for box in range(len(self.boxes))}
        up: dict[int, set[int]] = {box: set() for box in range(len(self.boxes))}
        for number in range(len(self.links)):
            upper, lower = self._ends(number)
            if upper != lower:
                down[upper].add(lower)
                up[lower].add(upper)
        order = _topological(down, up)
        for box in order:
            self.nodes[box].rank = max((self.nodes[one].rank + 2 for one in up[box]), default=0)
        for box in reversed(order):
            if down[box] and len(down[box]) >= len(up[box]):
                self.nodes[box].rank = min(self.nodes[one].rank for one in down[box]) - 2

    def _chain(self) -> None:
        """Points and labels on the ranks between; a label stands next to the box that the arrow leaves."""
        for number, link in enumerate(self.links):
            upper, lower = self._ends(number)
            first, last = self.nodes[upper].rank + 1, self.nodes[lower].rank
            labelled = last - 1 if number in self.turned else first
            chain = []
            for rank in range(first, last):
                size = link.label if rank == labelled and link.label else (_POINT, 0.0)
                pull = WEAK if number in self.turned else 1.0
                self.nodes.append(_Node(*size, rank=rank, chain=True, pull=pull))
                chain.append(len(self.nodes) - 1)
                if rank == labelled and link.label:
                    self.label_of[number] = chain[-1]
            self.chains[number] = chain
            whole = [upper, *chain, lower] if upper != lower else []
            for one, next_ in pairwise(whole):
                self.nodes[one].down.append(next_)
                self.nodes[next_].up.append(one)

    # --- order ---

    def _first_order(self) -> list[list[int]]:
        """Depth first from the boxes at the top, in the order given."""
        ranks: list[list[int]] = [[] for _ in range(1 + max((n.rank for n in self.nodes), default=0))]
        seen: set[int] = set()
        for root in sorted(range(len(self.nodes)), key=lambda one: (self.nodes[one].rank, one)):
            left = [root]
            while left:
                one = left.pop()
                if one not in seen:
                    seen.add(one)
                    ranks[self.nodes[one].rank].append(one)
                    left += reversed(self.nodes[one].down)
        return ranks

    def _order(self) -> None:
        best, fewest = [list(rank) for rank in self.ranks], self._crossings()
        for sweep in range(SWEEPS):
            if not fewest:
                break
            self._by_median(downwards=sweep % 2 == 0)
            self._swap()
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(rank) for rank in self.ranks], crossings
        self.ranks = best

    def _by_median(self, *, downwards: bool) -> None:
        order = range(1, len(self.ranks)) if downwards else range(len(self.ranks) - 2, -1, -1)
        for rank in order:
            other = {one: at for at, one in enumerate(self.ranks[rank - 1 if downwards else rank + 1])}
            row = self.ranks[rank]
            wishes = {}
            for at, one in enumerate(row):
                near = self.nodes[one].up if downwards else self.nodes[one].down
                wishes[one] = median(other[n] for n in near) if near else float(at)
            row.sort(key=lambda one: wishes[one])

    def _swap(self) -> None:
        for rank, row in enumerate(self.ranks):
            sides = [(self._positions(rank - 1), "up"), (self._positions(rank + 1), "down")]
            touch = {
                one: [sorted(at[n] for n in getattr(self.nodes[one], side)) for at, side in sides]
                for one in row
            }
            better = True
            while better:
                better = False
                for at in range(len(row) - 1):
                    left, right = touch[row[at]], touch[row[at + 1]]
                    if _crossed(left, right) > _crossed(right, left):
                        row[at], row[at + 1] = row[at + 1], row[at]
                        better = True

    def _positions(self, rank: int) -> dict[int, int]:
        row = self.ranks[rank] if 0 <= rank < len(self.ranks) else []
        return {one: at for at, one in enumerate(row)}

    def _crossings(self) -> int:
        total = 0
        for rank, row in enumerate(self.ranks[:-1]):
            at = self._positions(rank + 1)
            seen: list[int] = []
            for one in row:
                ends = [at[n] for n in self.nodes[one].down]
                total += sum(len(seen) - bisect_right(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
        return total

    # --- across ---

    def _across(self) -> None:
        for row in self.ranks:
            self._place(row, [0.0] * len(row), [1.0] * len(row))
        for sweep in range(SWEEPS_ACROSS):
            before = [node.x for node in self.nodes]
            for row in self.ranks if sweep % 2 == 0 else reversed(self.ranks):
                wishes, weights = [], []
                for one in row:
                    wish, weight = self._wish(self.nodes[one], straight=sweep >= SWEEPS)
                    wishes.append(wish)
                    weights.append(weight)
                self._place(row, wishes, weights)
            moved = max((abs(node.x - x) for node, x in zip(self.nodes, before, strict=True)), default=0.0)
            if moved < SETTLED and sweep > SWEEPS:
                break

    def _wish(self, node: _Node, *, straight: bool) -> tuple[float, float]:
        """Where it wants to stand, and how much.

        `straight`: the sum of distances counts, not of their squares (each neighbour weighs less the
        farther it is), which gives few long bends in place of many small ones.
        """
        near = [self.nodes[one] for one in (*node.up, *node.down)]
        pulls = [1.0 if node.chain else one.pull for one in near]
        if straight:
            pulls = [p / (NEAR + abs(one.x - node.x)) for p, one in zip(pulls, near, strict=True)]
        weight = sum(pulls)
        if not weight:
            return node.x, 0.01
        return sum(one.x * pull for one, pull in zip(near, pulls, strict=True)) / weight, weight

    def _place(self, row: Sequence[int], wishes: Sequence[float], weights: Sequence[float]) -> None:
        """Moves a row to its wishes as nearly as order and distance allow."""
        offsets, edge = [], 0.0
        for at, one in enumerate(row):
            node = self.nodes[one]
            if at:
                gap = GAP_ACROSS / 2 if node.chain or self.nodes[row[at - 1]].chain else GAP_ACROSS
                edge += gap + node.width / 2
            offsets.append(edge)
            edge += node.width / 2
        free = isotonic([wish - offset for wish, offset in zip(wishes, offsets, strict=True)], weights)
        for one, place, offset in zip(row, free, offsets, strict=True):
            self.nodes[one].x = place + offset

    # --- the result ---

    def _finished(self) -> Layout:
        left = min((node.x - node.width / 2 for node in self.nodes), default=0.0)
        y, rows = 0.0, []
        for rank, row in enumerate(self.ranks):
            tallest = max((self.nodes[one].height for one in row), default=0.0)
            rows.append((y, y + tallest))
            y += tallest + (GAP_DOWN if rank % 2 == 0 else GAP_DOWN * 0.8)
        right = max((node.x + node.width / 2 for node in self.nodes), default=0.0)

        def place(one: int) -> Place:
            return Place(self.nodes[one].x - left, sum(rows[self.nodes[one].rank]) / 2)

        routes = {}
        for number, chain in self.chains.items():
            # Upright past the whole row, so that it bends only where no box stands.
            points = [Place(place(one).x, y) for one in chain for y in rows[self.nodes[one].rank]]
            routes[number] = points[::-1] if number in self.turned else points
        return Layout(
            right - left,
            rows[-1][1] if rows else 0.0,
            {box.name: place(at) for at, box in enumerate(self.boxes)},
            routes,
            {number: place(one) for number, one in self.label_of.items()},
            {box.name: rows[self.nodes[at].rank] for at, box in enumerate(self.boxes)},
        )


def circles(out: Sequence[Sequence[int]]) -> list[int]:
    """For each box the circle that it belongs to: strongly connected components (Tarjan 1972).

    `out` gives the boxes that each one leads to. Without recursion, because flows may be long.
    """
    found = [-1] * len(out)
    low, index = [0] * len(out), [-1] * len(out)
    waiting: list[int] = []
    count = 0
    for root in range(len(out)):
        path = [] if index[root] >= 0 else [(root, iter(out[root]))]
        while path:
            box, rest = path[-1]
            if index[box] < 0:
                index[box] = low[box] = count
                count += 1
                waiting.append(box)
            for target in rest:
                if index[target] < 0:
                    path.append((target, iter(out[target])))
                    break
                if found[target] < 0:
                    low[box] = min(low[box], index[target])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[box])
                if low[box] == index[box]:
                    while found[box] < 0:
                        found[waiting.pop()] = box
    return found


def _crossed(left: Sequence[Sequence[int]], right: Sequence[Sequence[int]]) -> int:
    """Crossings of the arrows of two neighbours that stand in this order; for each side, where they lead."""
    return sum(
        len(mine) - bisect_right(mine, end)
        for mine, theirs in zip(left, right, strict=True)
        for end in theirs
    )


def _topological(down: Mapping[int, set[int]], up: Mapping[int, set[int]]) -> list[int]:
    waiting = {box: len(above) for box, above in up.items()}
    order = [box for box in down if not waiting[box]]
    for box in order:
        for target in sorted(down[box]):
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


def isotonic(wishes: Iterable[float], weights: Iterable[float]) -> list[float]:
    """The rising sequence nearest to the wishes by weighted least squares (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for wish, weight in zip(wishes, weights, strict=True):
        value, heavy, count = wish, weight, 1
        while pools and pools[-1][0] > value:
            before, weight_before, count_before = pools.pop()
            value = (value * heavy + before * weight_before) / (heavy + weight_before)
            heavy, count = heavy + weight_before, count + count_before
        pools.append((value, heavy, count))
    return [value for value, _, count in pools for _ in range(count)]
