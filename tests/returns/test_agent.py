"""The agent's side against the real gateway: each return is kept once, whatever breaks before that is said."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.agent.conftest import Beside, brought  # noqa: F401 (a fixture)
from tests.connectors import databases
from tests.support.processes import eventually
from trackmycrime.feed.agent import returns, returns_settings
from trackmycrime.feed.agent.config import GatewaySettings
from trackmycrime.feed.agent.gateway import Away, Gateway
from trackmycrime.feed.agent.returns import Files, NotKept, Puller, round_of
from trackmycrime.feed.agent.returns_settings import ReturnsSettings
from trackmycrime.feed.agent.tables import Table
from trackmycrime.returns.models import Reader

from .making import World, world


@pytest.fixture
def made(transactional_db: None) -> World:
    return world()


@pytest.fixture(params=["files", "table"])
def settings_(request: pytest.FixtureRequest, tmp_path: Path) -> ReturnsSettings:
    if request.param == "files":
        return ReturnsSettings("files", folder=tmp_path / "in", limit=2)
    return ReturnsSettings("table", url=f"sqlite:///{tmp_path / 'rms.db'}", limit=2)


def gateway_of(made: World, live_server: Any, folder: Path) -> GatewaySettings:
    token = folder / "token"
    token.touch(0o600)
    token.write_text(made.sender.token)
    return GatewaySettings(
        live_server.url, token, ca=None, cert=None, key=None, batch=100, timeout=20, patience=0
    )


def puller(made: World, live_server: Any, settings: ReturnsSettings, folder: Path) -> Puller:
    return Puller(settings, gateway_of(made, live_server, folder), threading.Event(), once=True)


def kept(settings: ReturnsSettings) -> list[tuple[str, str]]:
    """(id, text) of what is there, in order."""
    if settings.type == "files":
        assert settings.folder
        files = sorted(settings.folder.iterdir())
        assert all(file.suffix == ".json" for file in files)
        found = [json.loads(file.read_text()) for file in files]
        return [(one["id"], one["data"]["text"]) for one in found]
    with sa.create_engine(settings.url).connect() as connection:
        rows = connection.execute(sa.text(f"select id, data from {settings.table} order by sequence"))
        return [(row.id, json.loads(row.data)["text"]) for row in rows]


def texts(settings: ReturnsSettings) -> list[str]:
    return [text for _id, text in kept(settings)]


def cursor() -> int:
    return Reader.objects.get().cursor


def test_everything_is_kept_in_order_and_acknowledged(
    made: World, live_server: Any, settings_: ReturnsSettings, tmp_path: Path
) -> None:
    made.happened("one", "two", "Ŵ\nthree", "four", "five")
    pulling = puller(made, live_server, settings_, tmp_path)
    pulling.run()
    assert pulling.failure == ""
    assert texts(settings_) == ["one", "two", "Ŵ\nthree", "four", "five"]
    assert (cursor(), pulling.taken) == (5, 5)
    made.happened("six")
    puller(made, live_server, settings_, tmp_path).run()
    assert texts(settings_)[5:] == ["six"]


def test_the_agent_takes_them_beside_everything_else(made: World, live_server: Any, tmp_path: Path) -> None:
    """The whole program, as a service runs it."""
    made.happened("one", "two", "three")
    beside = Beside(tmp_path, live_server.url, made.sender.token)
    beside.configure(more=f'\n[returns]\ntype = "files"\nfolder = "{tmp_path / "in"}"\nlimit = 2\n')
    beside.numbers(0)
    assert f"returns: they are written as files: {tmp_path / 'in'}" in beside.check().replace("  ", " ")
    beside.once()
    assert texts(ReturnsSettings("files", folder=tmp_path / "in")) == ["one", "two", "three"]
    assert cursor() == 3
    Reader.objects.update(allowed=False)
    assert "source returns allow" in beside.once(code=3)
    assert "source returns allow" in beside.check(code=1)


@pytest.mark.processes
def test_an_agent_that_is_killed_again_and_again_keeps_each_once(
    made: World, live_server: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    beside = Beside(tmp_path, live_server.url, made.sender.token)
    beside.configure(more=f'\n[returns]\ntype = "files"\nfolder = "{folder}"\nlimit = 3\nevery = 0.05\n')
    beside.numbers(0)
    for round_ in range(3):
        made.happened(*[f"{n:03d}" for n in range(round_ * 40, round_ * 40 + 40)])
        with beside.start() as running:
            eventually(lambda r=round_: len(list(folder.glob("*.json"))) > r * 40 + 5)  # type: ignore[misc]
            running.end(signal.SIGKILL)
    with beside.start() as running:
        eventually(lambda: cursor() == 120)
        assert running.end(signal.SIGTERM) == 0
    assert texts(ReturnsSettings("files", folder=folder)) == [f"{n:03d}" for n in range(120)]


class NeverSays(Gateway):
    """A gateway whose line breaks when a page is acknowledged."""

    def acknowledge(self, cursor: str) -> None:
        raise Away("the line broke")


def test_what_was_kept_and_not_acknowledged_comes_again_and_is_there_once(
    made: World, live_server: Any, settings_: ReturnsSettings, tmp_path: Path
) -> None:
    made.happened("one", "two", "three")
    broken = NeverSays(live_server.url, made.sender.token, patience=0)
    sink = returns.opened(settings_)
    for _ in range(2):
        with pytest.raises(Away):
            round_of(broken, sink, settings_)
    broken.close()
    sink.close()
    assert (texts(settings_), cursor()) == (["one", "two"], 0)
    puller(made, live_server, settings_, tmp_path).run()
    assert (texts(settings_), cursor()) == (["one", "two", "three"], 3)


def test_what_could_not_be_kept_is_not_acknowledged(made: World, live_server: Any, tmp_path: Path) -> None:
    made.happened("one")
    (tmp_path / "in").write_text("a file where the folder should be")
    pulling = puller(made, live_server, ReturnsSettings("files", folder=tmp_path / "in"), tmp_path)
    pulling.run()
    assert str(tmp_path / "in") in pulling.failure
    assert cursor() == 0


def test_a_source_that_is_not_allowed_says_so(made: World, live_server: Any, tmp_path: Path) -> None:
    Reader.objects.update(allowed=False)
    pulling = puller(made, live_server, ReturnsSettings("files", folder=tmp_path / "in"), tmp_path)
    pulling.run()
    assert "source returns allow" in pulling.failure


def test_only_the_types_that_are_wanted_and_the_cursor_passes_the_others(
    made: World, live_server: Any, tmp_path: Path
) -> None:
    made.happened("one", "two")
    wanted = ReturnsSettings("files", folder=tmp_path / "in", types=("contact.changed",))
    puller(made, live_server, wanted, tmp_path).run()
    assert list((tmp_path / "in").iterdir()) == []
    assert cursor() == 2


def test_a_file_is_whole_when_it_is_there_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    event = {
        "id": "019aa6e8-1c5e-7b0a-9d52-1f6f3f1f9c00", "sequence": "12", "type": "message.received",
        "subject": "52/1", "time": "2026-03-20T09:30:00Z", "data": {"victim": "N-1"},
    }  # fmt: skip
    half = tmp_path / f".{12:019d}-{event['id']}.json.part"
    half.write_text("left behind by one that was killed")
    Files(tmp_path).keep([event])
    (file,) = tmp_path.iterdir()
    assert file.name == f"{12:019d}-{event['id']}.json"
    assert json.loads(file.read_text()) == event
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    Files(tmp_path, group_may_read=True).keep([event])
    assert file.stat().st_mode & 0o777 == 0o640


class Lies(Gateway):
    """A gateway that is none."""

    page: dict[str, Any] = {}

    def returns(self, **_: Any) -> dict[str, Any]:
        return self.page


@pytest.mark.parametrize("id_", ["../../etc/passwd", "", None, "019aa6e8-1c5e-7b0a-9d52-1f6f3f1f9c0/"])
def test_an_id_that_is_none_becomes_no_files_name(tmp_path: Path, id_: Any) -> None:
    gateway = Lies("http://127.0.0.1:1", "t")
    event = {"id": id_, "sequence": "1", "type": "x", "subject": "s", "time": "t", "data": {}}
    gateway.page = {"returns": [event], "cursor": "1", "more": False}
    with pytest.raises(Away, match="contract"):
        round_of(gateway, Files(tmp_path / "in"), ReturnsSettings("files", folder=tmp_path / "in"))
    assert list((tmp_path / "in").iterdir()) == []
    gateway.close()


def test_two_agents_that_keep_the_same_at_once_keep_it_once(tmp_path: Path) -> None:
    settings = ReturnsSettings("table", url=f"sqlite:///{tmp_path / 'rms.db'}")
    events = [
        {"id": f"019aa6e8-1c5e-7b0a-9d52-{n:012x}", "sequence": f"{n}", "type": "message.received",
         "subject": "52/1", "time": "2026-03-20T09:30:00Z", "data": {"victim": "N-1", "text": "t"}}
        for n in range(20)
    ]  # fmt: skip
    returns.opened(settings).close()
    faults: list[Exception] = []

    def go() -> None:
        sink = returns.opened(settings)
        for n in range(0, 20, 4):
            try:
                sink.keep(events[n : n + 4])
            except NotKept as why:
                faults.append(why)
        sink.close()

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert len(kept(settings)) == 20


@pytest.mark.parametrize("kind", ["postgresql", pytest.param("maria", marks=pytest.mark.mariadb)])
def test_a_table_of_a_real_server_is_made_filled_once_and_read_as_it_was_written(
    kind: str, made: World, live_server: Any, tmp_path: Path
) -> None:
    made.happened("one", "Ŵ😀 «two»\n'; drop table x", "x" * 4000)
    with getattr(databases, kind)() as store:
        if store.is_postgresql:
            password = tmp_path / "password"
            password.touch(0o600)
            password.write_text(os.environ[store.password_env])
            settings = ReturnsSettings("table", url=store.url, password_file=password, table="public.inbox")
        else:
            settings = ReturnsSettings("table", url=store.url.replace("reader@", "root@"), table="inbox")
        pulling = puller(made, live_server, settings, tmp_path)
        pulling.run()
        assert pulling.failure == ""
        sink = returns.opened(settings)
        sink.keep(made.page("?after=0")["returns"])
        sink.close()
        with store.engine.connect() as connection:
            rows = list(connection.execute(sa.text(f"select * from {settings.table} order by sequence")))
        assert [json.loads(row.data)["text"] for row in rows] == [
            "one",
            "Ŵ😀 «two»\n'; drop table x",
            "x" * 4000,
        ]
        first = rows[0]
        assert (first.sequence, first.type, first.victim, first.happened_at) == (
            1,
            "message.received",
            made.made.victim.person,
            "2026-11-24T14:04:00Z",
        )


def table(tmp_path: Path, **values: Any) -> Table:
    return Table(tmp_path / "agent.toml", "[returns]", values, [])


def test_the_settings_are_read_and_every_fault_is_named(tmp_path: Path) -> None:
    found = returns_settings.read(
        table(tmp_path, type="files", folder="in", every=5, types=["message.received"])
    )
    assert (found.folder, found.every, found.types) == (tmp_path / "in", 5, ("message.received",))
    found = returns_settings.read(table(tmp_path, type="table", url="sqlite://", table="rms.returns"))
    assert (found.table, found.limit) == ("rms.returns", 100)
    for values, said in [
        ({}, "[returns] type: is missing"),
        ({"type": "kafka"}, "must be «files» or «table»"),
        ({"type": "files"}, "[returns] folder: is missing"),
        ({"type": "table"}, "[returns] url: is missing"),
        ({"type": "table", "url": "postgresql://u:secret@h/d"}, "password_file"),
        ({"type": "table", "url": "sqlite://", "table": "a;b"}, "[returns] table:"),
        ({"type": "files", "folder": "in", "limit": 501}, "[returns] limit: must be a number from 1 to 500"),
        ({"type": "files", "folder": "in", "types": "x"}, "[returns] types:"),
        ({"type": "files", "folder": "in", "fodler": "x"}, "did you mean «folder»?"),
    ]:
        wrong = table(tmp_path, **values)
        returns_settings.read(wrong)
        assert any(said in one for one in wrong.wrong), (values, wrong.wrong)
        assert not any("secret@" in one for one in wrong.wrong)


def test_without_sqlalchemy_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sqlalchemy", None)
    with pytest.raises(NotKept, match=r"trackmycrime\[sql\]"):
        returns.opened(ReturnsSettings("table", url="sqlite://"))
    assert returns.opened(ReturnsSettings("files", folder=tmp_path))
    assert os.listdir(tmp_path) == []
