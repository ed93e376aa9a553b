"""The spool: what was kept is there, sealed and in order, whatever happened to the process or the disk."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.agent.disks import filled, small_disk
from tests.agent.plugin import event
from trackmycrime.feed.agent import clock, damage, seal
from trackmycrime.feed.agent.lines import CannotBeSent, ready
from trackmycrime.feed.agent.spool import Answered, Full, Spool
from trackmycrime.feed.agent.store import FILE, NotOurs, Stuck, for_reading
from trackmycrime.feed.connectors.protocol import Batch

MiB = 1024**2
SECRET = "Canary Person"


def opened(folder: Path, most: int = 64 * MiB, keep_free: int = 0) -> Spool:
    """The spool of a folder, with its key beside it."""
    folder.mkdir(exist_ok=True)
    key = seal.kept_in(folder.with_suffix(".key"), may_make=True)
    return damage.opened(folder, key, most, keep_free, lambda _: None)


def keep(spool: Spool, first: int, until: int, **more: int) -> None:
    """Keep the events of these numbers, read from «made»."""
    events = [event(n, **more) for n in range(first, until)]
    for each in events:
        each["data"]["place"] += SECRET
    spool.keep("made", Batch(str(until), read=len(events), turned=len(events)), [ready(e) for e in events], 0)


def test_events_and_mark_are_kept_together_and_come_out_in_order(tmp_path: Path) -> None:
    spool = opened(tmp_path / "s")
    assert spool.mark("made") == ""
    keep(spool, 0, 250)
    keep(spool, 250, 300)
    spool.close()
    spool = opened(tmp_path / "s")
    assert spool.mark("made") == "300"
    first = spool.next(100, MiB, ())
    assert [one.id for one in first] == [f"A{n}" for n in range(100)]
    assert ready(event(7)).id.encode() in first[7].line
    spool.settle([Answered(one.number, one.input, "applied") for one in first])
    assert [one.id for one in spool.next(2, MiB, ())] == ["A100", "A101"]
    barred = {"a/3"}  # compared without case
    assert "A100" not in {one.id for one in spool.next(10, MiB, barred)}
    assert "A101" in {one.id for one in spool.next(10, MiB, barred)}


def test_what_is_on_the_disk_says_nothing_without_the_key_and_nothing_is_left_of_what_went(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "s"
    spool = opened(folder)
    keep(spool, 0, 50)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for file in files:
        assert SECRET.encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(folder / "store" / "spool.db")) as other:
        sealed = other.execute("select line from event limit 1").fetchone()[0]
    spool.settle([Answered(one.number, one.input, "applied") for one in spool.next(1000, 9 * MiB, ())])
    spool.close()
    assert not [f for f in folder.rglob("*") if f.is_file() and sealed in f.read_bytes()]


def test_a_line_that_stands_in_another_row_does_not_open_and_the_rest_goes_on(tmp_path: Path) -> None:
    spool = opened(tmp_path / "s")
    keep(spool, 0, 3)
    with closing(sqlite3.connect(tmp_path / "s" / "store" / "spool.db")) as other, other:
        other.execute("update event set line = (select line from event where id = 1) where id = 2")
    assert [one.id for one in spool.next(10, MiB, ())] == ["A0", "A2"]
    assert [one.id for one in spool.next(10, MiB, ())] == ["A0", "A2"]


def test_another_key_is_named_and_a_lost_one_is_not_replaced(tmp_path: Path) -> None:
    spool = opened(tmp_path / "s")
    spool.close()
    key = tmp_path / "s.key"
    first = key.read_text()
    key.unlink()
    with pytest.raises(NotOurs, match="another key"):
        opened(tmp_path / "s")
    key.write_text(first)
    opened(tmp_path / "s").close()


def test_a_full_spool_takes_no_more_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    spool = opened(tmp_path / "s", most=4 * MiB)
    with pytest.raises(Full, match="may hold 4,194,304"):
        for n in range(0, 10_000, 100):
            keep(spool, n, n + 100, pad=1000)
    mark = spool.mark("made")
    assert spool.used_bytes() < 5 * MiB
    spool.settle([Answered(one.number, one.input, "applied") for one in spool.next(100, MiB, ())])
    assert spool.short_of(), "not with the first byte"
    while spool.short_of():
        spool.settle([Answered(one.number, one.input, "applied") for one in spool.next(500, MiB, ())])
    keep(spool, int(mark), int(mark) + 100, pad=1000)
    while kept := spool.next(1000, 4 * MiB, ()):
        spool.settle([Answered(one.number, one.input, "applied") for one in kept])
    spool.rest()
    (file,) = (tmp_path / "s").rglob("spool.db")
    assert file.stat().st_size < MiB, "the room is given back"
    spool.close()


def test_a_disk_that_is_nearly_full_stops_reading(tmp_path: Path) -> None:
    spool = opened(tmp_path / "s", keep_free=2**60)
    with pytest.raises(Full, match="are to stay free"):
        keep(spool, 0, 1)
    assert spool.mark("made") == ""


@pytest.mark.parametrize("how", ["header", "middle", "cut"])
def test_a_damaged_spool_is_put_aside_whole_and_what_can_be_read_of_it_is_taken_over(
    tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "s"
    spool = opened(folder)
    keep(spool, 0, 2000)
    spool.close()
    file = folder / "store" / "spool.db"
    if how == "cut":
        os.truncate(file, file.stat().st_size // 2)
    else:
        with file.open("r+b") as changed:
            changed.seek(0 if how == "header" else file.stat().st_size // 2)
            changed.write(b"\xff" * 9000)
    before = {path.name: path.read_bytes() for path in file.parent.iterdir() if path.name != "spool.db-shm"}
    told: list[str] = []
    key = seal.kept_in(tmp_path / "s.key", may_make=False)
    spool = damage.opened(folder, key, 64 * MiB, 0, told.append)
    (aside,) = damage.put_aside(folder)
    assert str(aside) in told[0]
    assert spool.mark("made") == "", "what may be lost is read again"
    numbers = [int(one.id[1:]) for one in spool.next(5000, 64 * MiB, ())]
    assert numbers == sorted(numbers)
    if how == "middle":
        assert 1000 < len(numbers) < 2000, "both sides of the damage"
        assert numbers[0] == 0
        assert numbers[-1] == 1999
    assert f"{len(numbers):,} events were taken over" in told[1]
    assert before.keys() <= {path.name for path in aside.iterdir()}
    spool.close()
    assert not told[2:]
    damage.opened(folder, key, 64 * MiB, 0, told.append).close()
    assert not told[2:], "it is taken over once"


def test_what_no_delivery_can_carry_is_found_before_it_is_kept() -> None:
    for value in (float("nan"), float("inf"), object(), "x" * 6 * MiB):
        with pytest.raises(CannotBeSent):
            ready(event(1) | {"data": value})
    assert (
        b"\\ud800" in ready(event(1) | {"data": {"place": "\ud800"}}).line
    )  # the gateway says what is wrong with it


def test_times_come_from_the_wall_and_never_from_before_it_for_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert clock.moment(0) == "1970-01-01T00:00:00Z"
    assert clock.moment(None) is None
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert clock.wall() == 0.0
    assert clock.steady() <= clock.steady()


def test_on_a_full_disk_who_looks_at_the_wrong_moment_does_not_hold_up_letting_go_for_ever(
    tmp_path: Path,
) -> None:
    with small_disk(12 * MiB) as disk:
        if disk is None:
            pytest.skip("a disk of its own can only be mounted by root")
        spool = opened(disk / "s", most=8 * MiB)
        for first in range(0, 500, 100):
            keep(spool, first, first + 100, pad=8000)
        answers = [Answered(one.number, one.input, "applied") for one in spool.next(1000, 99 * MiB, ())]
        filled(disk)
        assert spool.make_room(), "the reserve"
        with closing(for_reading(disk / "s" / "store" / FILE)) as looking:
            looking.execute("begin")
            assert looking.execute("select count(*) from event").fetchone()[0] == 500
            with pytest.raises(Stuck):
                let_go(spool, answers)  # the log grows until there is no room
        assert answers
        with pytest.raises(Stuck):
            let_go(spool, answers)
        assert not spool.make_room(), "there is no reserve any more"
        let_go(spool, answers)
        assert not spool.waiting()
        spool.close()


def let_go(spool: Spool, answers: list[Answered]) -> None:
    """In small steps, as the sender does where the disk is full; what went is taken off the list."""
    while answers:
        spool.settle(answers[:10])
        del answers[:10]
