"""Who is let in: tokens that are good, and each way in which one is not."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.models import ApiTokenRow
from ivr.api.roles import Role
from tests.api.conftest import NOW, Service
from tests.commands import ivr, with_agents
from tests.databases import store_at


def test_whoami_tells_whose_token_it_is(service: Service) -> None:
    """Name, roles, agent, until when."""
    token = service.token(Role.AGENT, agent="1001", expires=timedelta(hours=1), name="Marta")
    answer = service.ask("/whoami", token)
    assert answer.status == 200
    assert answer.json == {
        "name": "Marta",
        "roles": ["agent"],
        "agent": "1001",
        "expires_at": "2026-11-23T10:00:00Z",
    }


def test_without_a_token_the_problem_says_what_to_send(service: Service) -> None:
    """401 with a challenge, as RFC 9457 and RFC 6750 write it."""
    answer = service.ask("/whoami")
    assert (answer.status, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ivr"'
    assert answer.json["code"] == "no_token"
    assert "Bearer" in answer.json["remedy"]
    assert answer.json["type"] == "urn:ivr:problem:no_token"


@pytest.mark.parametrize(
    "forged", ["x", "ivr_", "ivr_" + "A" * 43, "ivr_" + "A" * 400, "Bearer Bearer", "ivr_" + "é" * 43]
)
def test_a_forged_token_is_told_as_one(service: Service, forged: str) -> None:
    """Whatever its shape: never a fault of ours."""
    answer = service.ask("/whoami", headers={"Authorization": f"Bearer {forged}".encode().decode("latin-1")})
    assert (answer.status, answer.json["code"]) == (401, "unknown_token")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_with_one_sign_changed_is_forged(service: Service) -> None:
    """The last sign counts as well as the first (but for its two spare bits)."""
    good = service.token(Role.ADMIN)
    for place in (4, len(good) // 2, len(good) - 2):
        bad = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        assert service.ask("/whoami", bad).json["code"] == "unknown_token"


def test_an_expired_token_is_told_as_one(service: Service) -> None:
    """At the very moment at which it expires."""
    token = service.token(Role.ADMIN, expires=timedelta(seconds=10))
    assert service.ask("/whoami", token).status == 200
    service.wait(10)
    answer = service.ask("/whoami", token)
    assert (answer.status, answer.json["code"]) == (401, "expired_token")


def test_a_revoked_token_is_good_for_nothing_at_once(service: Service) -> None:
    """The next request already is refused."""
    token = service.token(Role.ADMIN)
    assert service.ask("/whoami", token).status == 200
    (kept,) = service.store.api_tokens.all()
    assert service.store.api_tokens.revoke(kept.id, at=NOW, who="tests")
    assert not service.store.api_tokens.revoke(kept.id, at=NOW, who="tests")
    answer = service.ask("/whoami", token)
    assert (answer.status, answer.json["code"]) == (401, "revoked_token")


def test_another_role_is_403_and_told_which_one_it_takes(service: Service) -> None:
    """With what the token has, and what is needed."""
    answer = service.ask("/calls", service.token(Role.DESIGNER))
    assert (answer.status, answer.json["code"]) == (403, "other_role")
    assert "designer" in answer.json["detail"]
    assert "supervisor" in answer.json["detail"]


def test_an_admin_has_every_role_but_an_agents_own(service: Service) -> None:
    """Nobody has a customer in hand without being somebody."""
    admin = service.token(Role.ADMIN)
    assert service.ask("/calls", admin).status == 200
    assert service.ask("/agents/me/call", admin).status == 403


def test_each_refusal_is_in_the_audit_log_by_route(service: Service) -> None:
    """Who, what, from where; never the path, which may hold a telephone number."""
    service.ask("/callers/+34600111222")
    service.ask("/callers/+34600111222", service.token(Role.MONITOR, name="prometheus"))
    refused = [one for one in service.store.audit.latest(10) if one.action == "refused"]
    assert [one.who for one in refused] == ["api:prometheus", "nobody"]
    assert all("34600111222" not in one.what + one.why for one in refused)
    assert all("/callers/<" in one.why for one in refused)


def test_what_is_kept_of_a_token_is_its_hash(service: Service) -> None:
    """Whoever reads the database cannot ask anything with what stands there."""
    token = service.token(Role.ADMIN)
    with service.store.database.reading() as connection:
        row = connection.execute(select(ApiTokenRow)).one()
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(row)
    assert len(token) == 47


def test_last_use_is_noted_once_a_minute(service: Service) -> None:
    """When, and from where: a request does not wait for a write each time."""
    token = service.token(Role.ADMIN)

    def used() -> tuple[object, object]:
        (kept,) = service.store.api_tokens.all()
        return kept.last_used_at, kept.last_used_from

    service.ask("/whoami", token)
    first = used()
    assert first == (NOW, "127.0.0.1")
    service.wait(59)
    service.ask("/whoami", token)
    assert used() == first
    service.wait(1)
    service.ask("/whoami", token)
    assert used() == (NOW + timedelta(minutes=1), "127.0.0.1")


def test_tokens_by_the_command_line(tmp_path: Path) -> None:
    """Made, shown once, listed without it, revoked; each in the audit log."""
    store_at(tmp_path / "ivr.sqlite3").close()
    words = ("token", "create", "Marta", "--role", "agent", "--expires", "12h", "--agent")
    made = ivr(tmp_path, *words, "1001", **with_agents(tmp_path, "1001"))
    assert made.returncode == 0
    token = made.stdout.strip()
    assert token.startswith("ivr_")
    listed = ivr(tmp_path, "token", "list", "--json")
    assert '"Marta"' in listed.stdout
    assert token not in listed.stdout
    identity = made.stderr.split("id ", 1)[1].split(",")[0]
    assert ivr(tmp_path, "token", "revoke", identity).returncode == 0
    assert ivr(tmp_path, "token", "revoke", identity).returncode == 2
    assert '"tokens": []' in ivr(tmp_path, "token", "list", "--json").stdout


def test_nobody_gets_the_token_of_an_agent_who_does_not_exist(tmp_path: Path) -> None:
    """Neither of the declared ones, nor where nobody is declared."""
    store_at(tmp_path / "ivr.sqlite3").close()
    words = ("token", "create", "x", "--role", "agent", "--agent", "9999")
    done = ivr(tmp_path, *words, **with_agents(tmp_path, "1001"))
    assert (done.returncode, done.stdout) == (2, "") and "1001" in done.stderr
    done = ivr(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "") and "no agents are declared" in done.stderr


def test_a_token_that_makes_no_sense_is_not_made(tmp_path: Path) -> None:
    """Status 2 and one line."""
    store_at(tmp_path / "ivr.sqlite3").close()
    for words in (
        ["x", "--role", "agent"],
        ["x", "--role", "supervisor", "--agent", "1001"],
        ["x", "--role", "nobody"],
        ["x"],
        ["x", "--role", "agent", "--agent", "10 01;drop"],
        ["  ", "--role", "admin"],
        ["x", "--role", "admin", "--expires", "soon"],
    ):
        done = ivr(tmp_path, "token", "create", *words)
        assert (done.returncode, done.stdout) == (2, ""), words
