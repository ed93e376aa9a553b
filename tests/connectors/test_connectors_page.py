"""docs/connectors.md: its connector works, its mappings compile, its view can be followed on real servers."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.connectors import databases
from tests.connectors.keeping import Kept
from tests.connectors.mappings import settings
from trackmycrime.feed.connectors import registry
from trackmycrime.feed.connectors.mapping import read_mapping
from trackmycrime.feed.connectors.protocol import GROUP, Away, Unfit

PAGE = (Path(__file__).parents[2] / "docs" / "connectors.md").read_text()


def blocks(language: str) -> list[str]:
    """The page's pieces of code in one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


MAPPING = tomllib.loads(blocks("toml")[0])


@pytest.fixture(scope="module")
def example() -> Any:
    """The worked example, run as it stands."""
    (code,) = blocks("python")
    assert len(code.splitlines()) < 60
    module: dict[str, Any] = {}
    exec(code, module)  # noqa: S102 (our own page)
    return module["updates_log"]


def test_the_worked_example_follows_its_log(example: Any, tmp_path: Path) -> None:
    log = tmp_path / "updates.log"
    line = "2026-03-01T09:30:00Z|01AB/4711/26|note|We have looked at the cameras."
    with pytest.raises(Away):
        Kept().drain(example(settings(file=str(log))))
    log.write_text(f"{line}\nnonsense\n{line}\n2026-03-01T09")
    kept = Kept()
    kept.drain(example(settings(file=str(log), rows=2)), most=1)  # killed after the first batch
    connector = example(settings(file=str(log), rows=2))
    kept.drain(connector)
    assert kept.sums == (3, 2, 0)
    assert (len(kept.ids), [one.line for one in kept.refused]) == (2, [len(line) + 1])
    with log.open("a") as file:
        file.write(":30:00Z|01AB/4711/26|still_working|\n")
    kept.drain(connector)
    assert kept.events[2]["data"]["milestone"] == "still_working"
    connector.close()


def test_the_worked_example_names_a_setting_that_it_does_not_know(example: Any) -> None:
    with pytest.raises(Unfit, match="did you mean «file»"):
        example(settings(file="x", flie="y"))


def test_the_pages_mapping_turns_a_row_into_a_crime_and_its_victim() -> None:
    mapping = read_mapping(MAPPING, settings())
    row = dict.fromkeys((name.casefold() for name in mapping.columns), "")
    row |= {
        "crime_no": "01AB/4711/26", "updated_at": "01/03/2026 09:30:00", "row_version": "4", "offence": "Burglary",
        "class": "BURG", "reported": "28/02/2026", "status": "OPEN", "da": "N", "person_id": "P-1",
        "forenames": "Siân", "surname": "Example", "mobile": "07700 900123", "needs": "BSL;LP",
    }  # fmt: skip
    turned = mapping.turn(row)
    assert not turned.wrong
    assert [event["type"] for event in turned.events] == ["crime.changed", "victim.changed"]
    assert list(csv.reader(io.StringIO(",".join(mapping.columns))))  # each is a plain name


def test_every_input_of_the_page_is_of_a_type_that_there_is_and_every_type_is_on_the_page() -> None:
    inputs = [one for block in blocks("toml") for one in tomllib.loads(block).get("inputs", [])]
    own = [entry for entry in metadata.entry_points(group=GROUP) if entry.value.startswith("trackmycrime.")]
    assert {one["type"] for one in inputs} <= {entry.name for entry in own}
    assert all(f"`{entry.name}`" in PAGE for entry in own)


def test_the_pages_inputs_can_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """But for the files that they name, which are given here."""
    (tmp_path / "password").write_text("x")
    for block in blocks("toml"):
        for given in tomllib.loads(block).get("inputs", []):
            options = {key: held for key, held in given.items() if key not in ("name", "type")}
            for key, held in (("mapping", MAPPING), ("password_file", str(tmp_path / "password"))):
                if key in options:
                    options[key] = held
            registry.factory(given["type"])(settings(**options)).close()


TABLES = """
CREATE TABLE occurrence (id bigint, occurrence_no varchar(32), ho_code varchar(16), offence_text varchar(200),
  reported_on {moment}, status_code varchar(8), oic_id varchar(20), classification varchar(8), modified_at {moment});
CREATE TABLE occurrence_person (occurrence_id bigint, person_id bigint, role_code varchar(8), modified_at {moment});
CREATE TABLE person (id bigint, given_names varchar(99), family_name varchar(99), email varchar(254),
  modified_at {moment});
INSERT INTO occurrence VALUES
  (1, '01AB/1/26', '28/3', 'Burglary', '2026-02-28 10:00:00', 'OPEN', 'PC1', 'CRIME', '2026-03-01 09:00:00'),
  (2, '01AB/2/26', '28/3', 'Burglary', '2026-02-28 10:00:00', 'OPEN', 'PC1', 'INTEL', '2026-03-01 09:00:00'),
  (3, '01AB/3/26', '28/3', 'Burglary', '2026-02-28 10:00:00', 'OPEN', 'PC1', 'CRIME', '2026-03-01 09:00:00');
INSERT INTO occurrence_person VALUES (1, 7, 'VIC', '2026-03-01 09:00:00'), (1, 8, 'SUS', '2026-03-01 09:00:00');
INSERT INTO person VALUES (7, 'Siân', 'Example', 'sian@example.org', '2026-03-01 09:30:00'),
  (8, 'A', 'Suspect', NULL, '2026-03-01 09:30:00')
"""


@pytest.fixture(params=["postgresql", pytest.param("maria", marks=pytest.mark.mariadb)])
def store(request: pytest.FixtureRequest) -> Iterator[databases.Store]:
    with getattr(databases, request.param)() as found:
        yield found


def test_the_pages_view_can_be_followed(store: databases.Store) -> None:
    (create,) = blocks("sql")
    moment = "timestamptz" if store.is_postgresql else "datetime"
    with store.engine.begin() as connection:
        for statement in [*TABLES.format(moment=moment).split(";"), create.strip().removesuffix(";")]:
            connection.execute(
                sa.text(statement.replace(":00:00", r"\:00\:00").replace(":30:00", r"\:30\:00"))
            )
    crime: dict[str, Any] = {
        "offence": {"code": "HO_CODE", "name": "OFFENCE", "category": {"value": "burglary"}},
        "reported_at": "REPORTED",
        "stage": {"column": "STATUS", "values": {"OPEN": "investigating"}},
        "officer": "OFFICER_ID",
        "flags": {"value": []},
    }
    victim = {
        "victim": "PERSON_ID",
        "role": {"value": "victim"},
        "name": {"columns": ["FORENAMES", "SURNAME"]},
        "email": "EMAIL",
    }
    envelope = {"subject": "CRIME_NO", "time": "UPDATED_AT"}
    mapping = {
        "timezone": "UTC",
        "event": [
            {"type": "crime.changed", **envelope, "data": crime},
            {
                "type": "victim.changed",
                "when": {"column": "PERSON_ID", "filled": True},
                **envelope,
                "data": victim,
            },
        ],
    }
    kept, input_ = Kept(), store.input(view="tmc_crimes", key=["crime_no", "row_key"], mapping=mapping)
    kept.drain(input_)
    assert not kept.refused
    assert [(event["subject"], event["type"]) for event in kept.events] == [
        ("01AB/3/26", "crime.changed"),  # which has no victim
        ("01AB/1/26", "crime.changed"),
        ("01AB/1/26", "victim.changed"),
    ]
    assert kept.events[2]["data"]["name"] == "Siân Example"
    with store.engine.begin() as connection:  # the person changed, and the occurrence did not
        connection.execute(
            sa.text(
                "update person set email = 'new@example.org', modified_at = '2026-03-01 10:00' where id = 7"
            )
        )
    kept.drain(input_)
    assert kept.events[-1]["data"]["email"] == "new@example.org"
    input_.close()
