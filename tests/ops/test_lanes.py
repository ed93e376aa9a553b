"""Who signs in never takes a thread from who reads a page."""

import contextlib
import http.client
import importlib
import inspect
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.processes import clean_environment
from trackmycrime.ops import doors, lanes
from trackmycrime.ops.bench.installation import program
from trackmycrime.ops.lanes import Lanes
from trackmycrime.people import turns


@pytest.fixture
def pool() -> Iterator[Lanes]:
    made = Lanes(2)
    yield made
    made.shutdown()


@pytest.fixture
def asked() -> Iterator[Callable[[bytes], Any]]:
    """Makes a connection on which these bytes have come."""
    open_: list[socket.socket] = []

    def make(said: bytes) -> Any:
        ours, theirs = socket.socketpair()
        open_.extend((ours, theirs))
        theirs.sendall(said)
        return SimpleNamespace(sock=ours)

    yield make
    for each in open_:
        each.close()


def name(_: Any) -> str:
    return threading.current_thread().name.partition("_")[0]


@pytest.mark.parametrize(
    ("said", "lane"),
    [
        (b"POST /sign-in/ HTTP/1.1\r\nHost: x\r\n\r\n", "signing-in"),
        (b"POST /sign-in/second/ HTTP/1.1\r\n", "signing-in"),
        (b"POST /account/password/ HTTP/1.1\r\n", "signing-in"),
        (b"GET /sign-in/ HTTP/1.1\r\n", "pages"),
        (b"POST /cases/1/messages/ HTTP/1.1\r\n", "pages"),
        (b"POST /sign-out/ HTTP/1.1\r\n", "pages"),
        (b"", "pages"),
    ],
)
def test_the_first_line_says_which_threads_answer(
    pool: Lanes, asked: Callable[[bytes], Any], said: bytes, lane: str
) -> None:
    assert pool.submit(name, asked(said)).result(5) == lane


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_each_page_that_takes_a_password_is_among_them(door: str) -> None:
    found = []
    for pattern in importlib.import_module(f"trackmycrime.{door}.urls").urlpatterns:
        for route in getattr(pattern, "url_patterns", [pattern]):
            view = inspect.getsource(inspect.unwrap(route.callback))
            if '@sensitive_post_parameters("password")' in view:
                found.append(f"POST /{str(route.pattern).removeprefix('^')}".encode())
    assert len(found) >= 3
    assert [path for path in found if not path.startswith(lanes.SIGNING_IN)] == []


def test_what_was_looked_at_is_still_there_to_be_read(pool: Lanes, asked: Callable[[bytes], Any]) -> None:
    said = b"POST /sign-in/ HTTP/1.1\r\nHost: x\r\n\r\n"
    assert pool.submit(lambda connection: connection.sock.recv(1000), asked(said)).result(5) == said


def test_a_flood_of_sign_ins_leaves_the_pages_threads_free(
    pool: Lanes, asked: Callable[[bytes], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "WAITING", 20)
    hold = threading.Event()
    flood = [pool.submit(lambda _: hold.wait(10), asked(b"POST /sign-in/ HTTP/1.1\r\n")) for _ in range(20)]
    try:
        assert pool.submit(name, asked(b"GET /cases/ HTTP/1.1\r\n")).result(5) == "pages"
        # and who would wait too long is told so at once
        assert pool.submit(name, asked(b"POST /sign-in/ HTTP/1.1\r\n")).result(5) == "pages"
    finally:
        hold.set()
    assert all(each.result(5) for each in flood)
    assert pool.submit(name, asked(b"POST /sign-in/ HTTP/1.1\r\n")).result(5) == "signing-in"


def test_its_threads_are_never_turned_away_by_each_other() -> None:
    assert lanes.THREADS <= turns.MOST


SAYS_WHO = """
import os
def application(environ, start):
    who = str(os.getpid()).encode()
    start("200 OK", [("Content-Length", str(len(who)))])
    return [who]
"""


def test_two_sources_that_keep_their_connections_do_not_share_a_process_while_another_is_idle(
    tmp_path: Path,
) -> None:
    (tmp_path / "says_who.py").write_text(SAYS_WHO)
    with doors.listen("gateway", "127.0.0.1:0").socket as held:
        door = doors.program(doors.Listener("gateway", held), {}, processes=2)
        argv = ["says_who:application" if ":application" in word else word for word in door.argv]
        env = {**clean_environment(), "PYTHONPATH": str(tmp_path)}
        with program(argv, env=env, log=tmp_path / "log", inherits=door.inherits):
            # left to the kernel, two rounds in eight come out so evenly; a busy machine may spoil a round
            tries = ([_fewest(_met(held.getsockname(), 14)) for _ in range(8)] for _ in range(3))
            assert any(sum(fewest >= 6 for fewest in rounds) >= 6 for rounds in tries)


def _fewest(met: list[bytes]) -> int:
    counts = Counter(met).values()
    return min(counts) if len(counts) == 2 else 0


def _met(address: tuple[str, int], connections: int) -> list[bytes]:
    """Which process answers each of so many connections, opened one after the other and all kept."""
    said = []
    with contextlib.ExitStack() as kept:
        for _ in range(connections):
            one = http.client.HTTPConnection(*address, timeout=30)
            kept.callback(one.close)
            one.request("GET", "/")
            said.append(one.getresponse().read())
    return said
