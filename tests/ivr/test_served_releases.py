"""Releases that servers take: none is published or gone back to with which no server could start."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from data.releases import Intent
from dialogs.errors import FlowsInvalid
from ivr.cli.flow import flow
from ivr.cli.flows import check
from ivr.cli.freeswitch import init, switch_configuration
from ivr.config import CallSettings, DatabaseSettings, Settings
from ivr.doctor import examine_flows
from ivr.embedded import switch_config
from ivr.publishing.catalogues import catalogue_in
from ivr.queueing.plan import Plan
from ivr.queueing.reading import load_plan
from tests.databases import store_at
from tests.ivr.flow_files import files, folder_with
from tests.ivr.publishing_home import home

__all__ = ["home"]


def test_a_release_that_no_server_could_start_with_is_refused(home: Path) -> None:
    """The servers' queues.yaml lacks a queue: publish, doctor and server say the same of it."""
    home.joinpath("queues.yaml").write_text("queues:\n  sales: {}\n  support: {}\n", encoding="utf-8")
    url = f"sqlite:///{home}/ivr.sqlite3"
    settings = Settings(home=home, queues=Path("queues.yaml"), database=DatabaseSettings(url=url))
    words = ["publish", str(home / "flows"), "--why", "first", "--lead", "0"]
    refused = CliRunner().invoke(flow, words, obj=settings)
    told = f"{home}/queues.yaml:1:1: flows may name `billing`, which is not declared: add it here"
    assert (refused.exit_code, told in refused.output) == (1, True), refused.output
    with pytest.raises(FlowsInvalid, match="flows may name `billing`"):
        load_plan(settings.queues_file, catalogue_in(home / "flows"))
    doctors = {one.what: one for one in examine_flows(settings)}
    assert (doctors["flows"].state, told in doctors["flows"].found) == ("bad", True)
    home.joinpath("queues.yaml").write_text("queues:\n  sales: {}\n  billing: {}\n", encoding="utf-8")
    assert CliRunner().invoke(flow, words, obj=settings).exit_code == 0
    assert {one.state for one in examine_flows(settings)} == {"good"}
    home.joinpath("queues.yaml").write_text("queues:\n  sales: {}\n", encoding="utf-8")
    live = {one.what: one for one in examine_flows(settings)}["live flows"]
    assert (live.state, "release 1 lets no server start" in live.found, told in live.found) == (
        "bad",
        True,
        True,
    )


def test_a_first_release_that_is_to_come_is_no_fault_of_the_folder(home: Path, tmp_path: Path) -> None:
    """`calls.flow` names a flow that only the release has: a note, and from when on the release holds."""
    settings = Settings(
        home=home,
        calls=CallSettings(flow="shop"),
        database=DatabaseSettings(url=f"sqlite:///{home}/ivr.sqlite3"),
    )
    store_at(home / "ivr.sqlite3").close()
    assert {one.what: one.state for one in examine_flows(settings)}["flows"] == "bad"
    content = files()
    shop = content["main.flow.yaml"].replace(b"flow: main", b"flow: shop")
    folder_with(tmp_path / "other", {"shop.flow.yaml": shop, "catalogue.yaml": content["catalogue.yaml"]})
    words = ["publish", str(tmp_path / "other"), "--why", "first", "--lead", "600"]
    ended = CliRunner().invoke(flow, words, obj=settings)
    assert ended.exit_code == 0, ended.output
    found = {one.what: one for one in examine_flows(settings)}
    assert {one.state for one in found.values()} == {"good", "note"}
    assert "servers go by release 1" in found["flows in the folder"].found
    assert "release 1 from " in found["live flows"].found


def queues_yaml(home: Path, *names: str) -> Settings:
    """Settings whose servers go by a file with these queues."""
    written = "queues:\n" + "".join(f"  {name}: {{}}\n" for name in names)
    home.joinpath("queues.yaml").write_text(written, encoding="utf-8")
    url = f"sqlite:///{home}/ivr.sqlite3"
    return Settings(home=home, queues=Path("queues.yaml"), database=DatabaseSettings(url=url))


def publish(home: Path, settings: Settings, catalogue: str) -> None:
    folder_with(home / "flows", {**files(), "catalogue.yaml": catalogue.encode()})
    words = ["publish", "--why", catalogue, "--lead", "0"]
    ended = CliRunner().invoke(flow, words, obj=settings)
    assert ended.exit_code == 0, ended.output


BOTH = "queues: [billing, sales]\n"
BILLING = "queues: [billing]\n"


def test_nobody_goes_back_to_a_release_that_no_server_could_start_with(home: Path) -> None:
    """A queue was given up since: rollback refuses as publish does, and switches once it is mended."""
    settings = queues_yaml(home, "billing", "sales")
    publish(home, settings, BOTH)
    publish(home, settings, BILLING)
    queues_yaml(home, "billing")
    words = ["rollback", "--why", "callers hang up", "--lead", "0", "--json"]
    refused = CliRunner().invoke(flow, words, obj=settings)
    told = f"{home}/queues.yaml:1:1: flows may name `sales`, which is not declared: add it here"
    assert (refused.exit_code, told in refused.output) == (1, True), refused.output
    assert "no server could start with release 1: mend that, or go back to another" in refused.output
    assert json.loads(refused.output.splitlines()[-1])["switched"] is False
    assert "release 2" in CliRunner().invoke(flow, ["status"], obj=settings).output
    queues_yaml(home, "billing", "sales")
    assert CliRunner().invoke(flow, words, obj=settings).exit_code == 0


def test_nobody_goes_back_to_a_look_up_that_is_connected_no_more(home: Path) -> None:
    """Which release, which file, which line: the folder that it was read in is nobody's business."""
    settings = queues_yaml(home, "billing")
    publish(home, settings, BILLING)
    store = store_at(home / "ivr.sqlite3")
    lost = {
        **files(),
        "catalogue.yaml": b"queues: [billing]\nlookups:\n  crm: {by: [dni], fields: {n: text}}\n",
    }
    now = datetime.now(UTC)
    store.releases.publish(lost, Intent(who="ana", why="crm", at=now, effective_at=now, after=1))
    store.close()
    publish(home, settings, BILLING + "# again\n")
    refused = CliRunner().invoke(flow, ["rollback", "2", "--why", "x"], obj=settings)
    assert refused.exit_code == 1, refused.output
    assert refused.output.startswith("release 2, catalogue.yaml:3:3: nobody answers the look-up `crm`")


def test_the_check_of_the_served_folder_knows_the_queues_of_the_servers(home: Path, tmp_path: Path) -> None:
    """A mistake where servers read it; a note where the folder is somebody's draft elsewhere."""
    settings = queues_yaml(home, "sales")
    told = f"{home}/queues.yaml:1:1: flows may name `billing`, which is not declared: add it here"
    served = CliRunner().invoke(check, [], obj=settings)
    assert (served.exit_code, told in served.output) == (1, True), served.output
    folder_with(tmp_path / "draft", files())
    draft = CliRunner().invoke(check, [str(tmp_path / "draft")], obj=settings)
    assert (draft.exit_code, told in draft.output) == (0, True), draft.output
    assert "(a note, no mistake)" in draft.output
    settings = queues_yaml(home, "billing")
    assert CliRunner().invoke(check, [], obj=settings).output.endswith("no mistakes\n")


def made_for_flows(settings: Settings) -> list[str]:
    """The switch's queues, without the one that it falls back on."""
    made = switch_configuration(settings)
    return [queue.name for queue in made.queues if queue.name != made.fallback_queue]


def test_the_embedded_switch_starts_as_a_synchronization_wants_it(home: Path) -> None:
    """Of a queue that queues.yaml does not declare, too: `ivr queues sync` finds nothing to change."""
    url = f"sqlite:///{home}/ivr.sqlite3"
    settings = Settings(home=home, database=DatabaseSettings(url=url))
    wanted = {one.name: one.longest_wait for one in switch_configuration(settings).queues}
    plan, where = Plan(), ("127.0.0.1", 8040)
    made = switch_config(settings, server=where, queues=sorted(wanted), plan=plan, ports=(0, 0))
    assert {queue["name"].partition("@")[0]: queue["longest_wait"] for queue in made["queues"]} == wanted


def test_the_switch_gets_the_queues_of_the_release_and_of_the_folder(home: Path) -> None:
    """Before a publish the folder's; then the release's with it; never the templates'."""
    url = f"sqlite:///{home}/ivr.sqlite3"
    settings = Settings(home=home, database=DatabaseSettings(url=url))
    assert made_for_flows(settings) == ["billing"]
    assert not home.joinpath("ivr.sqlite3").exists()
    publish(home, settings, BOTH)
    folder_with(home / "flows", {**files(), "catalogue.yaml": b"queues: [billing, vip]\n"})
    assert made_for_flows(settings) == ["billing", "sales", "vip"]
    (home / "flows").rename(home / "elsewhere")
    settings = queues_yaml(home, "billing", "sales")
    assert made_for_flows(settings) == ["billing", "sales"]


def test_a_lost_database_leaves_the_folder_and_says_so(home: Path, tmp_path: Path) -> None:
    """The configuration can be written; that a release may name more is told."""
    home.joinpath("ivr.sqlite3").write_bytes(b"no database at all, and longer than a header of one" * 40)
    settings = Settings(home=home, database=DatabaseSettings(url=f"sqlite:///{home}/ivr.sqlite3"))
    ended = CliRunner().invoke(init, [str(tmp_path / "switch")], obj=settings)
    assert ended.exit_code == 0, ended.output
    assert f"The queues are those of {home}/flows; if a release was published, run this again" in ended.output
