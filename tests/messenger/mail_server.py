"""A mail server for tests, in a process of its own: what it takes comes out as one JSON line each.

`python -m tests.messenger.mail_server '{"user": "ivr", "password": "…", "certificate": "…", "refuse": 550}'`
The first line of its output is its port.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Keeper:
    """Takes mail, and tells it."""

    def __init__(self, refuse: int) -> None:
        self._refuse = refuse

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._refuse:
            return f"{self._refuse} no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None,
            "content": content.decode(),
        }
        print(json.dumps(told), flush=True)
        return "250 OK"


async def serve(wanted: dict[str, Any]) -> None:
    context = None
    if "certificate" in wanted:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(wanted["certificate"])

    def authenticator(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        given = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        right = (wanted["user"].encode(), wanted["password"].encode())
        return AuthResult(success=(given.login, given.password) == right, handled=False)

    def protocol() -> SMTP:
        return SMTP(
            Keeper(int(wanted.get("refuse", 0))),
            hostname="localhost",
            tls_context=context,
            require_starttls=context is not None,
            authenticator=authenticator if "user" in wanted else None,
            auth_required="user" in wanted,
            enable_SMTPUTF8=True,
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
