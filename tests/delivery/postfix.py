"""A real relay: a Postfix of its own, on free ports, in a folder that is thrown away. For root, where there is one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("postfix", path="/usr/sbin:/usr/local/sbin:/usr/bin")

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example.net
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
disable_dns_lookups = yes
import_environment = MAIL_CONFIG PATH
relay_domains = mail.example.org letters.example.net
relay_recipient_maps = regexp:{folder}/recipients
transport_maps = inline:{{ {routes} }}
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
"""
_RECIPIENTS = r"""
/^bounce(\+[0-9a-f]{32}\.[a-z2-7]{16})?@(mail\.example\.org|letters\.example\.net)$/  ok
/^post@letters\.example\.net$/  ok
"""
_MASTER = """
{port}    inet  n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 1 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
lmtp      unix  - - n - - lmtp
error     unix  - - n - - error
retry     unix  - - n - - error
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
tmcmail   unix  - n n - 4 pipe
  flags=R user=nobody null_sender=<> argv={folder}/receive ${{sender}} ${{recipient}}
"""


@dataclass
class Relay:
    """A running Postfix."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def log(self) -> str:
        """What it has written down."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def now(self) -> None:
        """Try again what waits."""
        subprocess.run(["postqueue", "-c", str(self.folder / "conf"), "-f"], check=True, capture_output=True)


@contextmanager
def relay(routes: dict[str, str], receive: str = "") -> Iterator[Relay]:
    """Such a relay; `routes` say where which domain goes, `receive` is the script of its pipe."""
    assert PROGRAM
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # not pytest's own folder: Postfix's users must be able to walk to it
    folder = Path(tempfile.mkdtemp(prefix="tmc-postfix-"))
    folder.chmod(0o755)
    conf = folder / "conf"
    for each in (conf, folder / "queue", folder / "data"):
        each.mkdir(mode=0o755)
    shutil.chown(folder / "data", "postfix")
    inline = ", ".join(f"{domain}={route}" for domain, route in routes.items())
    (conf / "main.cf").write_text(_MAIN.format(folder=folder, routes=inline))
    (conf / "master.cf").write_text(_MASTER.format(folder=folder, port=port))
    (folder / "recipients").write_text(_RECIPIENTS)
    script = folder / "receive"
    script.write_text(receive or "#!/bin/sh\nexit 75\n")
    script.chmod(0o755)
    command = [PROGRAM, "-c", str(conf)]
    try:
        started = subprocess.run([*command, "start"], capture_output=True, timeout=30)
        assert started.returncode == 0, started.stderr.decode() + (folder / "log").read_text()
        yield Relay(port, folder)
    finally:
        subprocess.run([*command, "stop"], capture_output=True, timeout=30)
        shutil.rmtree(folder, ignore_errors=True)
