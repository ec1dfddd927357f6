"""clients.yaml: what it means, and what is told of its faults."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rollout.adapters.files.clients import load_clients
from rollout.core.clients import Client, Contact, Environment, Installation
from rollout.core.values import ClientId, Version
from rollout.errors import FaultsFound

EXECUTORS = {"agent": frozenset({"dir", "version"}), "hook": frozenset({"url"})}
HEALTH = {"web": frozenset({"health_url", "client"})}

GOLDEN = Path(__file__).parent / "golden"
ACME = """\
clients:
- id: acme
  name: Acme Rowing
  tier: premium
  region: ca-east
  timezone: America/Toronto
  tags: [pilot]
  pinned: '2026.10'
  opted_out: audit until May
  contacts: [{name: Ana, email: ana@acme.example, phone: '+1 416'}]
  installations:
  - {environment: preview, executor: agent, health: [web], params: {dir: p, health_url: u}}
  - {environment: production, executor: agent, params: {dir: q}}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], dict[ClientId, Client]]:
    """The clients of a text."""

    def loaded(text: str) -> dict[ClientId, Client]:
        (tmp_path / "clients.yaml").write_text(text, encoding="utf-8")
        return load_clients(tmp_path / "clients.yaml", "clients.yaml", tmp_path, EXECUTORS, HEALTH)

    return loaded


@pytest.fixture
def faults_of(load: Callable[[str], dict[ClientId, Client]]) -> Callable[[str], list[str]]:
    """What is told of a text."""

    def told(text: str) -> list[str]:
        with pytest.raises(FaultsFound) as found:
            load(text)
        return [str(fault).removeprefix("clients.yaml") for fault in found.value.faults]

    return told


def test_a_client_is_read_as_the_core_has_it(load: Callable[[str], dict[ClientId, Client]]) -> None:
    assert load(ACME) == {
        "acme": Client(
            id=ClientId("acme"),
            name="Acme Rowing",
            tier="premium",
            region="ca-east",
            timezone="America/Toronto",
            tags=frozenset({"pilot"}),
            desk_organization="acme",
            pinned=Version("2026.10"),
            opted_out="audit until May",
            contacts=(Contact(name="Ana", email="ana@acme.example", phone="+1 416"),),
            installations=(
                Installation(environment=Environment.PREVIEW, executor="agent", health=("web",), params={"dir": "p", "health_url": "u"}),
                Installation(environment=Environment.PRODUCTION, executor="agent", params={"dir": "q"}),
            ),
        )
    }


def test_the_desks_organisation_is_the_id_unless_it_is_named(load: Callable[[str], dict[ClientId, Client]]) -> None:
    text = "clients: [{id: a, name: A, tier: premium}, {id: b, name: B, tier: premium, desk: '360'}, {id: c, name: C, tier: premium, desk: null}]"
    assert [client.desk_organization for client in load(text).values()] == ["a", "360", "c"]


def test_clients_keep_the_order_of_the_file(load: Callable[[str], dict[ClientId, Client]]) -> None:
    assert list(load("clients: [{id: b, name: B, tier: premium}, {id: a, name: A, tier: standard-plus}]")) == ["b", "a"]


def test_there_may_be_none_yet(load: Callable[[str], dict[ClientId, Client]]) -> None:
    assert load("clients: []") == {}


def test_all_faults_of_all_clients_are_told_at_once(faults_of: Callable[[str], list[str]]) -> None:
    told = faults_of((GOLDEN / "clients.yaml").read_text())
    assert told == (GOLDEN / "clients.txt").read_text().splitlines()
    assert "s3cr3t" not in str(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", [":1 is empty"]),
        ("- id: acme", [":1 must be a mapping of fields, is [{'id': 'acme'}]"]),
        ("clients:", [":1 clients: must be a list, is None"]),
        ("clients: {acme: {}}", [":1 clients: must be a list, is {'acme': {}}"]),
        ("clients: []\n---\nclients: []", [":3 begins a second document; keep all clients in one"]),
        ("customers: []", [":1 clients: is missing", ":1 customers: is not a known field. Known: clients."]),
    ],
)
def test_a_file_that_is_no_list_of_clients_is_told(faults_of: Callable[[str], list[str]], text: str, told: list[str]) -> None:
    assert faults_of(text) == told


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [("desk: '360', ", "desk: '360', ", "desk"), ("desk: b, ", "", "id"), ("", "desk: a, ", "desk")],
)
def test_two_clients_never_share_an_organisation_of_the_desk(
    load: Callable[[str], dict[ClientId, Client]], first: str, second: str, field: str
) -> None:
    text = f"clients:\n- {{id: a, {first}name: A, tier: premium}}\n- {{id: b, {second}name: B, tier: premium}}"
    with pytest.raises(FaultsFound, match=rf"^clients.yaml:3 clients\[1\].{field}: '.+' is the desk organisation of clients\[0\] already"):
        load(text)


def test_a_secret_among_the_params_is_refused_and_not_shown(faults_of: Callable[[str], list[str]]) -> None:
    told = faults_of(
        "clients: [{id: a, name: A, tier: premium, installations: [{environment: preview, executor: agent, params: {dir: d, token: s3cr3t}}]}]"
    )
    assert told == [
        ":1 clients[0].installations[0].params.token: "
        "looks like a secret. Keep it out of this file: give the executor a token or secrets in rollout.yaml"
    ]


def test_the_ten_thousandth_client_is_told_by_its_line(faults_of: Callable[[str], list[str]]) -> None:
    lines = [f"- {{id: c{number}, name: C, tier: premium}}" for number in range(10_000)]
    lines[9_998] = "- {id: c1, name: C, tier: premium}"
    assert faults_of("clients:\n" + "\n".join(lines)) == [":10000 clients[9998].id: 'c1' is the id of clients[1] already"]


def test_a_param_that_begins_with_a_dot_is_a_path_of_the_workspace(load: Callable[[str], dict[ClientId, Client]], tmp_path: Path) -> None:
    text = "clients: [{id: a, name: A, tier: premium, installations: [{environment: preview, executor: agent, params: {dir: ./fleet/a, x: fleet}}]}]"
    [installation] = load(text)[ClientId("a")].installations
    assert installation.params == {"dir": f"{tmp_path}/fleet/a", "x": "fleet"}
