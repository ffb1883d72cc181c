"""What somebody with a token asks the API to do."""

from __future__ import annotations

from tests.api.conftest import Answer, Service


def post(service: Service, path: str, token: str, **body: object) -> Answer:
    return service.ask(path, token, method="POST", body=body)
