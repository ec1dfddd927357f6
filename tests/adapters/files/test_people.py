"""people.yaml: who holds which role."""

from pathlib import Path

import pytest

from rollout.adapters.files.people import load_people
from rollout.core.signoffs import Person
from rollout.core.values import PersonId
from rollout.errors import FaultsFound


def written(folder: Path, text: str) -> Path:
    (folder / "people.yaml").write_text(text, encoding="utf-8")
    return folder / "people.yaml"


def faults_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(FaultsFound) as found:
        load_people(written(folder, text), "people.yaml")
    return [str(fault).removeprefix("people.yaml") for fault in found.value.faults]


def test_people_are_read_by_their_id(tmp_path: Path) -> None:
    text = "people:\n- {id: dana, name: Dana Reyes, email: dana@example.com, roles: [pm, qa]}\n- {id: eve, name: Eve}\n"
    assert load_people(written(tmp_path, text), "people.yaml") == {
        "dana": Person(id=PersonId("dana"), name="Dana Reyes", email="dana@example.com", roles=frozenset({"pm", "qa"})),
        "eve": Person(id=PersonId("eve"), name="Eve"),
    }


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = """\
people:
- {id: dana, name: Dana, roles: pm}
- {id: dana, name: Dana, email: dana}
- {id: d e, roles: [on call], team: x}
"""
    assert faults_of(tmp_path, text) == [
        ":2 people[0].roles: must be a list, is 'pm'",
        ":3 people[1].email: must be a mail address such as ana@example.com, is 'dana'",
        ":3 people[1].id: 'dana' is the id of people[0] already",
        ":4 people[2].id: must be one word of letters, digits, '.', '_' and '-', is 'd e'",
        ":4 people[2].name: is missing",
        ":4 people[2].roles[0]: must be one word of letters, digits, '.', '_' and '-', is 'on call'",
        ":4 people[2].team: is not a known field. Known: email, id, name, roles.",
    ]


def test_a_file_that_is_no_list_of_people_is_told(tmp_path: Path) -> None:
    assert [faults_of(tmp_path, text) for text in ("", "people: {}", "people: []\n--- \npeople: []\n")] == [
        [":1 is empty"],
        [":1 people: must be a list, is {}"],
        [":3 begins a second document; keep all people in one"],
    ]
