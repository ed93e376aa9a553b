"""The ``trackmycrime`` command. Each subcommand is a module in ``ops/commands``, loaded when it is called."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import traceback

import click

from trackmycrime.ops import commands
from trackmycrime.ops.exits import DONE, FAULT, UNREACHABLE, say

_WITHOUT_SERVER = frozenset({"feed"})
"""What runs without the extra «server», beside a records system."""
_ORDER = ("demo", "serve", "portal", "desk", "gateway", "worker", "migrate", "check")


def _modules() -> set[str]:
    return {found.name for found in pkgutil.iter_modules(commands.__path__)}


def _server_is_installed() -> bool:
    try:
        return importlib.util.find_spec("django") is not None
    except ImportError:
        return False


class Commands(click.Group):
    """Finds commands by the name of their module; an underscore reads as a hyphen."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, the ones that a newcomer needs first."""
        names = {name.replace("_", "-") for name in _modules()}
        if not _server_is_installed():
            names &= _WITHOUT_SERVER
        return [name for name in _ORDER if name in names] + sorted(names - set(_ORDER))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command's own object, or None for a name that no module has."""
        if cmd_name not in self.list_commands(ctx):
            if not _server_is_installed() and cmd_name.replace("-", "_") in _modules():
                raise click.UsageError(
                    f"«{cmd_name}» needs the server's packages: pip install 'trackmycrime[server]'"
                )
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}")
        found: click.Command = module.command
        return found


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="trackmycrime", prog_name="trackmycrime")
def trackmycrime() -> None:
    """Victims of crime follow their own case online. Start with: trackmycrime demo

    Exit codes: 0 done, 1 done with refusals, 2 wrong use, 3 cannot reach what it needs.
    """


def _about_database(error: Exception) -> str:
    """What to say of an error that means: no database, or not our tables; empty for any other.

    Told by names, because Django's errors and psycopg's have the same, and neither is loaded for every command.
    """
    names = {kind.__name__ for each in (error, error.__cause__) if each for kind in type(each).__mro__}
    if "UndefinedTable" in names or "UndefinedColumn" in names:
        return "the database is not ready for this version; run: trackmycrime migrate"
    if "OperationalError" in names:
        return f"cannot reach the database: {str(error).strip().splitlines()[0]}"
    return ""


def main() -> None:
    """Run the command line and leave with the promised exit code."""
    try:
        code = trackmycrime.main(prog_name="trackmycrime", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        say("stopped")
        sys.exit(130)
    except Exception as error:
        problem = _about_database(error)
        if problem:
            say(f"Error: {problem}")
            sys.exit(UNREACHABLE)
        traceback.print_exc()
        sys.exit(FAULT)
    sys.exit(code if isinstance(code, int) else DONE)


if __name__ == "__main__":
    main()
