"""The doctor sees everything at once, and changes nothing."""

import re
import socket
import struct
from pathlib import Path

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.adapters.files.zones import SystemZones
from rollout.errors import RolloutError
from rollout.sandbox.mail import MailServer
from rollout.steps.doctor import Finding, Grade, examine, is_well
from rollout.steps.init import init
from rollout.wiring.checkup import Patient, open_patient
from tests.repositories import Written, make_repository


def closed_port() -> int:
    """A port of loopback at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new workspace, without any of the secrets that it asks for."""
    init(StarterFiles(), tmp_path)
    edit(tmp_path / "rollout.yaml", "port: 25,", f"port: {closed_port()},")
    for name in ("ROLLOUT_JIRA_TOKEN", "ROLLOUT_DESK_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def findings(folder: Path) -> tuple[Finding, ...]:
    with open_patient(folder) as patient:
        return examine(patient)


def faults(folder: Path) -> list[str]:
    return [f"{finding.what}: {finding.text}" for finding in findings(folder) if finding.grade is Grade.FAULT]


def test_a_new_workspace_is_sound_in_its_form_and_reaches_nobody(workspace: Path) -> None:
    found = findings(workspace)
    by_grade = {grade: {finding.what for finding in found if finding.grade is grade} for grade in Grade}
    assert by_grade[Grade.FAULT] == {"jira jira", "git", "desk help", "mail", "executor agent"}
    assert by_grade[Grade.WARNING] <= {"time zones"}  # as old as the machine's own data is
    assert by_grade[Grade.OK] >= {"file", "strategy transparent", "sign-off hotfix", "calendars", "ledger", "health web", "publish site"}
    assert not is_well(found)


def test_a_look_makes_no_ledger(workspace: Path) -> None:
    before = sorted(workspace.rglob("*"))
    findings(workspace)
    assert sorted(workspace.rglob("*")) == before


def test_the_faults_of_all_files_are_told_together(workspace: Path) -> None:
    edit(workspace / "clients.yaml", "tier: standard-plus", "tier: standard")
    edit(workspace / "people.yaml", "id: quinn", "id: dana")
    edit(workspace / "calendars/year-end-freeze.yaml", "end: 2027", "end: 2025")
    (workspace / "templates/x.txt.j2").write_text("{% if %}")
    told = [text.partition(" ")[2] for text in faults(workspace) if text.startswith("file: ")]
    assert [text.partition(" ")[0] for text in told] == [
        "calendars/year-end-freeze.yaml:2",
        "clients.yaml:20",
        "people.yaml:4",
        "templates/x.txt.j2",
        "templates/x.txt.j2:1",
    ]
    warned = {finding.what: finding.text for finding in findings(workspace) if finding.grade is Grade.WARNING}
    assert warned["strategy hotfix"] == "not looked at: clients.yaml has faults"
    assert warned["sign-off monthly"] == "not looked at: people.yaml has faults"
    assert warned["calendars"] == "not looked at: calendars has faults"


def test_a_broken_rollout_yaml_hides_no_fault_of_the_other_files(workspace: Path) -> None:
    edit(workspace / "rollout.yaml", "product: Tidewater", "produkt: Tidewater")
    edit(workspace / "clients.yaml", "timezone: America/Vancouver", "timezone: America/Vancuver")
    assert faults(workspace) == [
        "file: clients.yaml:22 clients[1].timezone: there is no time zone 'America/Vancuver'. Did you mean America/Vancouver?",
        "file: rollout.yaml:3 product: is missing",
        "file: rollout.yaml:4 produkt: is not a known field. Did you mean product?",
    ]


def test_what_does_not_fit_is_told(workspace: Path) -> None:
    edit(workspace / "rollout.yaml", "select: {tags: [pilot]}", "select: {tags: [pilots]}")
    edit(workspace / "rollout.yaml", "need: {pm: 1, qa: 1, support: 1}", "need: {pm: 2, legal: 1}")
    edit(workspace / "calendars/year-end-freeze.yaml", "why: year-end", "scope: {clients: [acne]}\nwhy: year-end")
    told = faults(workspace)
    assert "strategy transparent: wave pilot selects tags pilots, which no client with a production installation has" in told
    assert "sign-off monthly: asks for 1 x legal, and 0 people hold that role" in told
    assert "sign-off monthly: asks for 2 x pm, and 1 person holds that role" in told
    assert "calendars: calendars/year-end-freeze.yaml:2 scope.clients: acne matches no client. Did you mean acme?" in told


def test_what_is_seldom_meant_is_a_warning(workspace: Path) -> None:
    (workspace / "rollout.yaml").write_text(
        "product: Tidewater\ntimezone: America/Toronto\nexecutors: {agent: {type: command, deploy: ['true']}}\n"
        "health: {web: {type: http, url: 'https://{host}'}}\n"
        "strategies: {plain: {waves: [{name: all, environment: production, select: {rest: true}}]}}\n"
    )
    found = findings(workspace)
    assert {finding.what for finding in found if finding.grade is Grade.WARNING} - {"time zones"} == {"jira", "git", "mail", "publish"}
    assert [finding.text for finding in found if finding.what == "executor agent"] == ["acme/preview runs nothing, or has no way to tell"]
    assert is_well(found)


def test_calendars_that_never_open_are_a_fault(workspace: Path) -> None:
    edit(workspace / "calendars/coverage.yaml", "weekly: {mon-fri: ", "weekly: {sun: ")
    edit(workspace / "calendars/coverage.yaml", 'weekly: {sun: ["09:00-16:00"]}', 'weekly: {mon: ["09:00-16:00"]}')
    assert "calendars: never open for a monthly release within 400 days" in faults(workspace)


def test_connections_that_work_are_told_with_what_they_found(workspace: Path) -> None:
    (workspace / "bin").mkdir()
    for name, text in (("deploy", ""), ("version", "echo 2026.11\n")):
        (workspace / "bin" / name).write_text(f"#!/bin/sh\n{text}")
        (workspace / "bin" / name).chmod(0o755)
    make_repository(workspace / "product.git", [Written("first", "TIDE-1 begin")], {"rel/2026.11": "first", "nightly": "first"})
    with MailServer() as server:
        path = workspace / "rollout.yaml"
        path.write_text(re.sub(r"port: \d+", f"port: {server.port}", path.read_text()))
        found = {finding.what: finding for finding in findings(workspace)}
    assert (found["mail"].grade, found["executor agent"].text) == (Grade.OK, "acme/preview runs 2026.11")
    assert found["git"].text.endswith("1 of 2 tags mark versions")


@pytest.mark.parametrize("error", [RolloutError("it is\nbroken"), OSError(5, "it is broken"), ValueError("it is broken")])
def test_one_that_fails_keeps_no_other_from_being_tried(error: Exception) -> None:
    def fail() -> str:
        raise error

    found = examine(Patient(probes=(("first", fail, "Mend it."), ("second", lambda: "fine", ""))))
    assert [(finding.grade, finding.what) for finding in found if finding.what != "file"] == [(Grade.FAULT, "first"), (Grade.OK, "second")]
    assert found[-2].hint == "Mend it."
    assert "\n" not in found[-2].text


def test_a_machine_whose_zones_are_older_than_ours_is_told_which(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    machine = tmp_path_factory.mktemp("zoneinfo")
    (machine / "+VERSION").write_text("2025b")
    (machine / "America").mkdir()
    (machine / "America" / "Vancouver").write_bytes(winter_all_year())
    with open_patient(workspace) as patient:
        patient.system_zones = SystemZones([machine])
        (told,) = [finding for finding in examine(patient) if finding.what == "time zones"]
    assert told.grade is Grade.WARNING
    assert "America/Vancouver" in told.text
    assert "the machine's own data (2025b) says UTC-08:00" in told.text


def winter_all_year() -> bytes:
    """A zone file (RFC 8536) without any change of clocks: UTC-8 for ever."""
    header = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    return (header + struct.pack(">lbb", -8 * 3600, 0, 0) + b"PST\0") * 2 + b"\nPST8\n"
