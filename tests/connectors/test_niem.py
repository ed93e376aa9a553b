"""Incident XML of NIBRS and N-DEx: told by URI, streamed, and nothing outside of the file is ever read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.keeping import Kept
from tests.connectors.mappings import settings
from trackmycrime.feed.connectors import registry
from trackmycrime.feed.connectors.files.folder import Folder
from trackmycrime.feed.connectors.niem import incident_files
from trackmycrime.feed.connectors.protocol import Unfit

DATA = Path(os.environ.get("POLICE_DATA", ""))
REAL = pytest.mark.skipif(
    not (os.environ.get("POLICE_DATA") and (DATA / "interchange").is_dir()),
    reason="POLICE_DATA names no folder with interchange samples",
)

SUBMISSION = """<?xml version="1.0" encoding="UTF-8"?>
<a:Submission xmlns:a="http://fbi.gov/cjis/nibrs/{version}" xmlns:b="http://fbi.gov/cjis/2.0"
  xmlns:c="http://release.niem.gov/niem/niem-core/{core}/" xmlns:d="http://release.niem.gov/niem/domains/jxdm/5.2/"
  xmlns:e="http://release.niem.gov/niem/structures/3.0/">
 <b:MessageMetadata><b:MessageDateTime>2026-07-01T03:00:00</b:MessageDateTime></b:MessageMetadata>
 {reports}
</a:Submission>
"""
REPORT = """<a:Report>
  <a:ReportHeader>
   <a:NIBRSReportCategoryCode>GROUP A INCIDENT REPORT</a:NIBRSReportCategoryCode>
   <a:ReportActionCategoryCode>{action}</a:ReportActionCategoryCode>
   <a:ReportDate><c:YearMonthDate>2026-06</c:YearMonthDate></a:ReportDate>
  </a:ReportHeader>
  <c:Incident>
   <c:ActivityIdentification><c:IdentificationID>{number}</c:IdentificationID></c:ActivityIdentification>
   <c:ActivityDate><c:DateTime>2026-06-30T10:00:00</c:DateTime></c:ActivityDate>
   <d:IncidentAugmentation>
    <d:IncidentExceptionalClearanceCode>{cleared}</d:IncidentExceptionalClearanceCode>
    <d:IncidentExceptionalClearanceDate><c:Date>2026-06-30</c:Date></d:IncidentExceptionalClearanceDate>
   </d:IncidentAugmentation>
  </c:Incident>
  <d:Offense e:id="O1"><a:OffenseUCRCode>{offence}</a:OffenseUCRCode>
   <d:OffenseFactorBiasMotivationCode>{bias}</d:OffenseFactorBiasMotivationCode></d:Offense>
  <c:Person e:id="P1">{person}
   <c:PersonAgeMeasure><c:MeasureIntegerValue>{age}</c:MeasureIntegerValue></c:PersonAgeMeasure></c:Person>
  <c:Person e:id="P2"><c:PersonName><c:PersonFullName>A Suspect</c:PersonFullName></c:PersonName></c:Person>
  <d:Victim e:id="V1"><c:RoleOfPerson e:ref="P1"/><d:VictimSequenceNumberText>7</d:VictimSequenceNumberText></d:Victim>
  <d:Subject><c:RoleOfPerson e:ref="P2"/></d:Subject>
  <d:SubjectVictimAssociation>
   <a:VictimToSubjectRelationshipCode>{relation}</a:VictimToSubjectRelationshipCode></d:SubjectVictimAssociation>
 </a:Report>"""
NDEX = """<p:doPublish xmlns:p="http://usdoj.gov/leisp/lexs/publishdiscover/3.1" xmlns:l="http://usdoj.gov/leisp/lexs/3.1"
  xmlns:g="http://usdoj.gov/leisp/lexs/digest/3.1" xmlns:n="http://niem.gov/niem/niem-core/2.0"
  xmlns:j="http://niem.gov/niem/domains/jxdm/4.0" xmlns:s="http://niem.gov/niem/structures/2.0"
  xmlns:x="http://fbi.gov/cjis/N-DEx/IncidentArrest/2.1"><l:PublishMessageContainer><l:PublishMessage>
 <l:PDMessageMetadata><l:MessageDateTime>2026-07-01T03:00:00.1234567-05:00</l:MessageDateTime></l:PDMessageMetadata>
 <l:DataItemPackage>
  <l:PackageMetadata><l:DataItemDate>2026-06-29</l:DataItemDate>
   <l:DataItemPublishInstruction>Insert</l:DataItemPublishInstruction>
   <l:DataItemStatus>Closed</l:DataItemStatus></l:PackageMetadata>
  <l:Digest>
   <g:EntityActivity><n:Activity s:id="A0"><n:ActivityCategoryText>Arrest</n:ActivityCategoryText>
    <n:ActivityIdentification><n:IdentificationID>999</n:IdentificationID></n:ActivityIdentification></n:Activity>
   </g:EntityActivity>
   <g:EntityActivity><n:Activity s:id="A1"><n:ActivityCategoryText>Incident</n:ActivityCategoryText>
    <n:ActivityIdentification><n:IdentificationID>N-1</n:IdentificationID></n:ActivityIdentification>
    <n:ActivityDate><n:DateTime>2026-06-28T10:00:00</n:DateTime></n:ActivityDate></n:Activity></g:EntityActivity>
   <g:EntityPerson><g:Person s:id="P1"><n:PersonBirthDate><n:Date>1990-02-01</n:Date></n:PersonBirthDate>
     <n:PersonName><n:PersonGivenName>Siân</n:PersonGivenName>
      <n:PersonSurName>Example</n:PersonSurName></n:PersonName></g:Person>
    <j:Victim s:id="V1"><n:RoleOfPersonReference s:ref="P1"/></j:Victim></g:EntityPerson>
  </l:Digest>
  <l:StructuredPayload>
   <x:IncidentReport><x:Offense><x:OffenseCode>Adultery</x:OffenseCode></x:Offense></x:IncidentReport>
  </l:StructuredPayload>
 </l:DataItemPackage>
</l:PublishMessage></l:PublishMessageContainer></p:doPublish>
"""


def report(**said: object) -> str:
    """One report of NIBRS."""
    given = {
        "action": "I", "number": "000123", "cleared": "N", "offence": "220", "bias": "NONE",
        "person": "", "age": 40, "relation": "Stranger",
    } | said  # fmt: skip
    return REPORT.format(**given)


def submission(*reports: str, version: str = "2019", core: str = "3.0") -> str:
    """A file of them."""
    return SUBMISSION.format(version=version, core=core, reports="\n".join(reports))


def read(folder: Path, content: str | bytes, **options: Any) -> Kept:
    """What an input makes of one file."""
    (folder / "x.xml").write_bytes(content.encode() if isinstance(content, str) else content)
    kept = Kept()
    input_ = input_of(folder, **options)
    kept.drain(input_)
    input_.close()
    return kept


def input_of(folder: Path, **options: Any) -> Folder:
    """An input that takes files at once."""
    return incident_files(settings(folder=str(folder), settle=0, **options))


def crime(folder: Path, **said: object) -> dict[str, Any]:
    """The data of the crime of one report."""
    kept = read(folder, submission(report(**said)))
    assert not kept.refused
    found: dict[str, Any] = kept.events[0]["data"]
    return found


@pytest.mark.parametrize(("version", "core"), [("2019", "3.0"), ("4.0", "3.0"), ("2023", "5.0")])
def test_an_incident_becomes_a_crime_whatever_its_prefixes_and_versions(
    tmp_path: Path, version: str, core: str
) -> None:
    kept = read(tmp_path, submission(report(), version=version, core=core))
    (event,) = kept.events
    assert (event["type"], event["subject"]) == ("crime.changed", "000123")
    assert event["time"] == "2026-07-01T02:00:00Z"  # the message's, in London's summer
    assert event["sequence"] == "1782871200000000"
    assert event["data"] == {
        "offence": {"code": "220", "name": "Burglary or breaking and entering", "category": "burglary"},
        "reported_at": "2026-06",
        "stage": "reported",
        "flags": [],
        "occurred": {"from": "2026-06-30T09:00:00Z"},
    }


@pytest.mark.parametrize(
    ("said", "flags"),
    [
        ({"offence": "11A"}, ["sexual_offence"]),
        ({"bias": "12"}, ["hate_crime"]),
        ({"relation": "Ex-Spouse"}, ["domestic_abuse"]),
        ({"relation": "BG"}, ["domestic_abuse"]),
        ({"relation": "Acquaintance"}, []),
        ({"age": 17}, ["child_victim"]),
        ({"age": "NEWBORN"}, ["child_victim"]),
        ({"offence": "64A"}, ["modern_slavery", "sexual_offence"]),
    ],
)
def test_what_needs_care_becomes_a_flag(tmp_path: Path, said: dict[str, Any], flags: list[str]) -> None:
    assert crime(tmp_path, **said)["flags"] == flags


def test_of_several_offences_the_one_that_needs_most_care_names_the_crime(tmp_path: Path) -> None:
    another = "<d:Offense><a:OffenseUCRCode>11D</a:OffenseUCRCode></d:Offense>"
    two = report().replace("<d:Offense e", another + "<d:Offense e")
    kept = read(tmp_path, submission(two))
    assert kept.events[0]["data"]["offence"]["name"] == "Fondling"
    assert kept.events[0]["data"]["flags"] == ["sexual_offence"]


def test_a_cleared_incident_is_closed_and_a_deleted_one_withheld(tmp_path: Path) -> None:
    cleared = crime(tmp_path, cleared="A")
    assert (cleared["stage"], cleared["closed_at"]) == ("closed", "2026-06-30")
    kept = read(tmp_path, submission(report(action="D")))
    assert [(event["type"], event["data"]) for event in kept.events] == [
        ("crime.withdrawn", {"reason": "withheld"})
    ]


def test_victims_with_a_name_come_along_and_suspects_never(tmp_path: Path) -> None:
    parts = "<c:PersonGivenName>Siân</c:PersonGivenName><c:PersonSurName>Example</c:PersonSurName>"
    name = f"<c:PersonName>{parts}</c:PersonName>"
    kept = read(tmp_path, submission(report(person=name)))
    assert kept.events[1]["data"] == {"victim": "000123-7", "role": "victim", "name": "Siân Example"}
    assert "Suspect" not in json.dumps([dict(event) for event in kept.events])
    assert len(read(tmp_path, submission(report(person=name)), victims=False).events) == 1


def test_an_n_dex_package_becomes_a_crime_and_its_victim(tmp_path: Path) -> None:
    kept = read(tmp_path, NDEX, offences={"Adultery": {"name": "Adultery", "category": "other-crime"}})
    assert not kept.refused
    found, victim = kept.events
    assert (found["subject"], found["time"]) == ("N-1", "2026-07-01T08:00:00.123456Z")
    assert (found["data"]["stage"], found["data"]["reported_at"]) == ("closed", "2026-06-29")
    assert victim["data"]["born_on"] == "1990-02-01"


@pytest.mark.parametrize(
    ("said", "column", "told"),
    [
        ({"offence": "99X"}, "OffenseUCRCode", "«99X» is no offence that is known here"),
        ({"number": ""}, "ActivityIdentification", "no number"),
        ({"number": "no reference!"}, "/subject", "not as the contract says"),
    ],
)
def test_a_report_that_cannot_be_told_is_refused_and_the_others_go_on(
    tmp_path: Path, said: dict[str, Any], column: str, told: str
) -> None:
    kept = read(tmp_path, submission(report(number="1"), report(**said), report(number="3")))
    assert [event["subject"] for event in kept.events] == ["1", "3"]
    assert [(one.line, one.column) for one in kept.refused] == [(2, column)]
    assert told in kept.refused[0].reason


ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x SYSTEM "http://dtd.example.org/x.dtd">'


@pytest.mark.parametrize("declared", [ENTITY, LAUGHS, EXTERNAL, "<!DOCTYPE x>"])
def test_document_types_and_entities_are_refused_with_words(tmp_path: Path, declared: str) -> None:
    text = submission(report(number="&e;")).replace("<a:Submission", declared + "<a:Submission", 1)
    kept = read(tmp_path, text)
    assert kept.events == []
    assert "declares a document type or entities" in kept.refused[0].reason
    assert (tmp_path / "failed" / "x.xml.report.json").is_file()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no element found"),
        (b"not XML", "syntax error"),
        (submission(report(), report())[:-900].encode(), "report 1: it is not well-formed XML"),
        ("<a>" * 2000, "nested more than 100 deep"),
        ("<a>" + "<b/>" * 60_000, "more than 50000 elements"),
        ("<a>" + "x" * 17 * 1024 * 1024, "more than 16 MiB"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "write it in UTF-8"),
        (b"<a>\xff</a>", "not well-formed"),
        ("<html/>", "no report in it that is known here"),
    ],
)
def test_what_is_no_such_file_ends_in_failed_and_says_why(
    tmp_path: Path, content: str | bytes, told: str
) -> None:
    kept = read(tmp_path, content)
    assert told in kept.refused[-1].reason
    assert json.loads((tmp_path / "failed" / "x.xml.report.json").read_text())["outcome"] == "failed"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc to read the memory from")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    start, _, end = submission("*").partition("*")
    with (tmp_path / "x.xml").open("w") as file:
        file.write(start)
        for number in range(2500):
            file.write(report(number=number) + "\n <?note nothing?> <b:Other><b:More>x</b:More></b:Other>\n")
        file.write(end)
    assert (tmp_path / "x.xml").stat().st_size > 3_500_000
    code = (
        "import sys\n"
        "from trackmycrime.feed.connectors.niem import incident_files\n"
        "from trackmycrime.feed.connectors.protocol import Settings\n"
        "input_ = incident_files(Settings('x', 'urn:x', {'folder': sys.argv[1], 'settle': 0, 'rows': 50}))\n"
        "for batch in input_.batches(''):\n"
        "    input_.kept(batch)\n"
        "    print(batch.turned, int(open('/proc/self/statm').read().split()[1]) * 4)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    batches = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert sum(turned for turned, _ in batches) == 2500
    assert max(used for _, used in batches) - batches[4][1] < 3_000  # kilobytes


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"deleted": "merged"}, "«deleted» must be one of no_crime"),
        ({"offences": {"X": {"name": "X", "category": "burglery"}}}, "did you mean «burglary»"),
        (
            {"offences": {"X": {"name": "X", "category": "burglary", "flags": "domestic"}}},
            "«domestic» is no flag",
        ),
        ({"victims": "no"}, "«victims» must be true or false"),
        ({"timezone": "Mars"}, "is no time zone"),
    ],
)
def test_options_that_cannot_be_used_are_named(tmp_path: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises(Unfit) as unfit:
        registry.factory("niem")(settings(folder=str(tmp_path), **options))
    assert told in str(unfit.value)


def test_without_its_package_the_type_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['defusedxml'] = None\n"
        "from trackmycrime.feed.connectors import registry\n"
        "try: registry.factory('niem')\n"
        "except ValueError as unfit: print(unfit)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "needs a package that is not installed: defusedxml; install trackmycrime[xml]" in said


@REAL
def test_the_published_samples_are_told_or_refused_with_words(tmp_path: Path) -> None:
    subjects = {}
    for number, path in enumerate(sorted((DATA / "interchange").rglob("*.xml"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        kept = read(folder, path.read_bytes())
        subjects[path.name] = [event["subject"] for event in kept.events]
        assert all(one.reason and one.right for one in kept.refused)
    assert subjects["nibrs_GroupAIncident_Sample.xml"] == ["000054236732"]
    assert subjects["nibrs_IncidentDelete_Sample.xml"] == ["020160005029"]
    assert subjects["nibrs_4.0.xml"] == ["54236732"]
    assert subjects["nibrs_ZeroReport_Sample.xml"] == subjects["CrashDriverSample.xml"] == []


@REAL
def test_the_published_attacks_are_refused(tmp_path: Path) -> None:
    for number, path in enumerate(sorted((DATA / "hostile" / "xml-bombs-defusedxml").iterdir())):
        folder = tmp_path / str(number)
        folder.mkdir()
        kept = read(folder, path.read_bytes())
        assert kept.events == []
        assert kept.refused
