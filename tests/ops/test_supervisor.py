"""Programs that are kept running: real ones, small."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes import Background, alive, eventually, processes_of, python

pytestmark = pytest.mark.processes

# argv: the folder for marks, then NAME=BEHAVIOUR for each program
SUPERVISE = """
import os, sys
from trackmycrime.ops import doors
from trackmycrime.ops.exits import Unreachable
from trackmycrime.ops.supervisor import Program, Supervisor

SERVER = '''
import http.server, os, pathlib, signal, socket, sys, time
fd, behaviour, mark = int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
if behaviour == "broken": sys.exit(4)
def end(*_):
    if behaviour != "stubborn":
        pathlib.Path(f"{mark}.ended").touch()
        os._exit(0)
signal.signal(signal.SIGTERM, end)
born = time.monotonic()
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        up = behaviour != "slow" or time.monotonic() > born + 1
        self.send_response(200 if up else 503); self.end_headers(); self.wfile.write(str(os.getpid()).encode())
    def log_message(self, *a): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Answer, bind_and_activate=False)
server.socket = socket.socket(fileno=fd)
mark.write_text(str(os.getpid()))
print("noise on standard output", flush=True)
server.serve_forever()
'''
marks, programs, listeners = sys.argv[1], [], []
for word in sys.argv[2:]:
    name, behaviour = word.split("=")
    listener = doors.listen(name, "127.0.0.1:0")
    listeners.append(listener)
    fd = listener.socket.fileno()
    argv = [sys.executable, "-c", SERVER, str(fd), behaviour, f"{marks}/{name}"]
    programs.append(Program(name, argv, dict(os.environ), health=listener.url + "/", inherits=(fd,), grace=1.5))
try:
    Supervisor().run(programs, on_ready=lambda: print("ready", *(each.url for each in listeners), flush=True))
except Unreachable as error:
    sys.exit(error.message)
"""


def supervise(marks: Path, *programs: str) -> Background:
    return python(SUPERVISE, str(marks), *programs)


def pid_of(marks: Path, name: str) -> int:
    return int((marks / name).read_text())


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


def test_ready_when_all_answer_and_nothing_else_on_standard_output(tmp_path: Path) -> None:
    began = time.monotonic()
    with supervise(tmp_path, "quick=well", "late=slow") as supervisor:
        urls = supervisor.line().split()[1:]
        assert time.monotonic() - began > 1
        assert [get(url) for url in urls] == [str(pid_of(tmp_path, name)) for name in ("quick", "late")]
        supervisor.end()
        assert len(supervisor.said) == 1
        assert any("noise on standard output" in line for line in supervisor.complained)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    with supervise(tmp_path, "one=well", "two=well") as supervisor:
        supervisor.line()
        began = time.monotonic()
        assert supervisor.end(number) == 0
        assert time.monotonic() - began < 5
        assert {path.name for path in tmp_path.glob("*.ended")} == {"one.ended", "two.ended"}, (
            "asked, not killed"
        )
        assert not processes_of(tmp_path)


def test_who_does_not_end_is_killed(tmp_path: Path) -> None:
    with supervise(tmp_path, "good=well", "bad=stubborn") as supervisor:
        supervisor.line()
        assert supervisor.end() == 0
        assert not processes_of(tmp_path)


def test_dead_program_is_started_again_and_its_visitors_wait(tmp_path: Path) -> None:
    with supervise(tmp_path, "one=well", "two=well") as supervisor:
        url = supervisor.line().split()[1]
        first = pid_of(tmp_path, "one")
        os.kill(first, signal.SIGKILL)
        assert int(get(url)) not in (0, first), "a visitor who came while it was down is answered"
        assert "the one ended by signal SIGKILL; starting it again in 0.5 s" in supervisor.complained
        supervisor.end()
        assert len(supervisor.said) == 1, "ready is said once"


def test_program_that_never_starts_ends_it_all(tmp_path: Path) -> None:
    with supervise(tmp_path, "good=well", "bad=broken") as supervisor:
        assert supervisor.process.wait(30) == 1
        eventually(
            lambda: any(
                "the bad does not start (it ended with exit code 4" in line for line in supervisor.complained
            )
        )
        assert not processes_of(tmp_path)


def test_killed_supervisor_leaves_nothing_running(tmp_path: Path) -> None:
    with supervise(tmp_path, "one=well", "two=well") as supervisor:
        supervisor.line()
        programs = [pid_of(tmp_path, name) for name in ("one", "two")]
        supervisor.process.kill()
        eventually(lambda: not any(alive(pid) for pid in programs), what="the end of the programs")


def test_it_sleeps_when_nothing_happens(tmp_path: Path) -> None:
    with supervise(tmp_path, "one=well") as supervisor:
        supervisor.line()

        def used() -> int:
            fields = Path(f"/proc/{supervisor.process.pid}/stat").read_text().rpartition(")")[2].split()
            return int(fields[11]) + int(fields[12])

        before = used()
        time.sleep(2)
        assert used() - before <= 2, "hundredths of a second of processor time in two seconds"
