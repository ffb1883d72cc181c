"""Whose sound is decoded next, where many callers share one decoder. Pure.

Rules:
1. An utterance's own frames stay in their order.
2. Whoever waits for an answer comes first, the longest wait before the others; then who has just fallen
   silent, for what is understood there tells how long to wait; then all others, as their sound arrives.
   A decoder works in blocks of a third of a second or so: served in the order of arrival, 20 callers at
   once leave an answer behind most of the others' blocks.
3. Of an utterance that nobody wants any more nothing is decoded.
"""

from __future__ import annotations

from collections import deque

from speech.frames import Frame


class DecodingTurns:
    """Frames that wait, as `speech.utterances` sends them: each with an utterance's `id` and an `op`."""

    def __init__(self) -> None:
        self._waiting: dict[int, deque[Frame]] = {}
        # Utterances in the order of their turns. One may be named again when nothing of it waits any more.
        self._finishing: deque[int] = deque()
        self._silent: deque[int] = deque()
        self._arrived: deque[int] = deque()

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    def __len__(self) -> int:
        """Frames that wait."""
        return sum(map(len, self._waiting.values()))

    def put(self, frame: Frame) -> None:
        """One more."""
        header = frame[0]
        number, op = int(header["id"]), header["op"]
        waiting = self._waiting.setdefault(number, deque())
        if op == "cancel":
            waiting.clear()
        waiting.append(frame)
        self._arrived.append(number)
        if op in ("finish", "cancel"):
            self._finishing.append(number)
        elif op == "pause":
            self._silent.append(number)

    def take(self) -> Frame | None:
        """The one whose turn it is; None: nothing waits."""
        for turns in (self._finishing, self._silent, self._arrived):
            while turns:
                waiting = self._waiting.get(turns[0])
                if waiting is None:
                    turns.popleft()
                    continue
                number = turns.popleft() if turns is self._arrived else turns[0]
                frame = waiting.popleft()
                if not waiting:
                    del self._waiting[number]
                return frame
        return None
