"""Rasa over HTTP: `POST /model/parse` of a server that runs in an environment of its own.

Rules:
1. One Rasa server understands one language; several servers, several languages.
2. The exchange has one deadline over all of it (`ivr.outside.http`); an answer is read up to `LARGEST` bytes.
3. What comes back is judged: an answer that is no meaning is a failure, never an exception of a library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ivr.outside.faults import AnswerUnusable, NotAnswered, NotReached, OutOfTime
from ivr.outside.http import HttpLink
from ivr.understanding.examples import OUT_OF_SCOPE
from ivr.understanding.port import MOST_LETTERS, Entity, Meaning, UnderstandingFailed

LARGEST = 256 * 1024
"""Bytes of an answer; forty intents have about 5 KB."""
CONNECTIONS = 8
"""To each server at once."""
FAULTS = (NotReached, NotAnswered, OutOfTime, AnswerUnusable)
WARM_UP = {"es": "hola", "ca": "hola", "en": "hello"}
"""A first sentence, which takes Rasa longer than all that follow."""


class Rasa:
    """Servers by their language."""

    def __init__(self, servers: Mapping[str, str]) -> None:
        """`servers`: language → URL, such as http://127.0.0.1:5005."""
        self._links = {
            language: HttpLink(url.rstrip("/"), connections=CONNECTIONS) for language, url in servers.items()
        }

    def languages(self) -> Sequence[str]:
        """Those that have a server."""
        return tuple(self._links)

    def parse(self, text: str, language: str, *, deadline: float = 2.0) -> Meaning:
        """What the text means. Raises `UnderstandingFailed`."""
        text = text[:MOST_LETTERS]
        if not text.strip():
            return Meaning(((OUT_OF_SCOPE, 1.0),), engine=f"rasa {language}")
        body = json.dumps({"text": text}).encode()
        found = self._asked(language, "POST", "/model/parse", body, deadline)
        return Meaning(_ranked(found), _entities(found, text), f"rasa {language}")

    def version(self, language: str, *, deadline: float = 2.0) -> str:
        """The model that the server of that language has loaded. Raises `UnderstandingFailed`."""
        status = self._asked(language, "GET", "/status", None, deadline)
        return str(status.get("model_file", "")).rpartition("/")[2] or "no model"

    def prepare(self, *, deadline: float = 30.0) -> None:
        """Has every server parse once. Raises `UnderstandingFailed` for the last that does not."""
        missing: UnderstandingFailed | None = None
        for language in self._links:
            try:
                self.parse(WARM_UP.get(language, "hola"), language, deadline=deadline)
            except UnderstandingFailed as failed:
                missing = failed
        if missing is not None:
            raise missing

    def replace_model(self, language: str, file: str, *, deadline: float = 300.0) -> None:
        """Has the server load another model while it goes on answering. Raises `UnderstandingFailed`."""
        self._asked(language, "PUT", "/model", json.dumps({"model_file": file}).encode(), deadline)

    def close(self) -> None:
        """Closes the connections."""
        for link in self._links.values():
            link.close()

    def _asked(
        self, language: str, method: str, target: str, body: bytes | None, deadline: float
    ) -> dict[str, Any]:
        link = self._links.get(language)
        if link is None:
            raise UnderstandingFailed(
                f"no Rasa server understands {language!r}", "Name one under understanding.rasa"
            )
        try:
            reply = link.send(
                method,
                target,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                body=body,
                deadline=deadline,
                largest=LARGEST,
            )
            if reply.status == 204:
                return {}
            if reply.status != 200 or not reply.whole:
                raise AnswerUnusable(f"status {reply.status}" if reply.whole else "its answer is too large")
            found = json.loads(reply.content)
        except FAULTS as fault:
            raise UnderstandingFailed(f"Rasa for {language!r}: {fault}", "See ivr nlu serve") from None
        except ValueError:
            raise UnderstandingFailed(
                f"Rasa for {language!r} answers no JSON", "See what runs there"
            ) from None
        if not isinstance(found, dict):
            raise UnderstandingFailed(f"Rasa for {language!r} answers something else", "See what runs there")
        return found


def _ranked(found: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    ranking = found.get("intent_ranking") or [found.get("intent")]
    try:
        ranked = [(str(one["name"]), min(1.0, max(0.0, float(one["confidence"])))) for one in ranking]
    except (KeyError, TypeError, ValueError):
        raise UnderstandingFailed("Rasa answers no intents", "See what runs there") from None
    return tuple(sorted(((name, sure) for name, sure in ranked if name != "None"), key=lambda one: -one[1]))


def _entities(found: Mapping[str, Any], text: str) -> tuple[Entity, ...]:
    entities: list[Entity] = []
    for one in found.get("entities") or []:
        try:
            begin, end = int(one["start"]), int(one["end"])
            if 0 <= begin < end <= len(text):
                sure = float(one.get("confidence_entity", 1.0))
                entities.append(Entity(str(one["entity"]), str(one["value"]), begin, end, sure))
        except (KeyError, TypeError, ValueError):
            continue
    return tuple(entities)
