"""Who may ask: what a wrong credential meets in the Cloud and in a Data Center."""

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.jira.callers import TOKEN, USER, Served, served


@pytest.fixture(scope="module", params=["cloud", "server"])
def site(request: pytest.FixtureRequest) -> Iterator[Served]:
    with served(request.param) as running:
        running.jira.add_issue(running.project(), "Not for everybody")
        yield running


@pytest.fixture
def wrong(site: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{site.url}/rest/api/2/", auth=(USER, "wrong")) as client:
        yield client


@pytest.mark.parametrize("header", [{"Authorization": f"Bearer {TOKEN}"}, {"Authorization": httpx.BasicAuth(USER, TOKEN)._auth_header}])
def test_a_token_is_good_with_its_user_or_alone(site: Served, header: dict[str, str]) -> None:
    assert httpx.get(f"{site.url}/rest/api/2/myself", headers=header).json()["emailAddress"] == USER


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic !", "Basic d3Jvbmc=", "Nonsense"])
def test_nothing_else_is_an_account(site: Served, header: str) -> None:
    answer = httpx.get(f"{site.url}/rest/api/2/myself", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json() == {"errorMessages": ["Client must be authenticated to access this resource."], "errors": {}}
    assert "WWW-Authenticate" in answer.headers


def test_a_wrong_token_sees_an_empty_cloud_and_no_data_center(site: Served, wrong: httpx.Client) -> None:
    if site.mode == "cloud":
        answer = wrong.get("search/jql", params={"jql": "project = TIDE1", "fields": "summary"})
        assert (answer.status_code, answer.json()) == (200, {"issues": [], "isLast": True})
        assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    else:
        assert wrong.get("search", params={"jql": "project = TIDE1"}).status_code == 401
        assert wrong.get("serverInfo").status_code == 401


def test_who_is_not_known_sees_no_issue_and_no_project_and_writes_nothing(site: Served) -> None:
    with httpx.Client(base_url=f"{site.url}/rest/api/2/") as nobody:
        assert nobody.get("serverInfo").status_code == 200
        assert nobody.get("issue/TIDE1-1").status_code == 404
        assert nobody.get("project/TIDE1/versions").status_code == 404
        assert nobody.get("project").json() == []
        assert nobody.post("version", json={"name": "1.0", "project": "TIDE1"}).status_code == 401
        assert nobody.put("issue/TIDE1-1", json={"fields": {"summary": "Mine"}}).status_code == 404
    assert site.jira.issue("TIDE1-1").summary == "Not for everybody"


def test_the_kind_of_jira_is_told_to_everybody(site: Served) -> None:
    info = httpx.get(f"{site.url}/rest/api/2/serverInfo").json()
    assert (info["baseUrl"], info["deploymentType"]) == (site.url, "Cloud" if site.mode == "cloud" else "Server")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/rest/api/2/dashboard"), ("PATCH", "/rest/api/2/issue/TIDE1-1"), ("GET", "/rest/agile/1.0/board"), ("GET", "/rest/api/latest/myself")],
)
def test_an_unknown_route_is_named_and_not_guessed(site: Served, method: str, path: str) -> None:
    answer = site.http.request(method, path)
    assert answer.status_code == 501
    assert answer.json()["errorMessages"] == [f"The stand-in does not serve {method} {path}."]


def test_a_body_that_is_not_json_is_refused(site: Served) -> None:
    for body in (b"{", b'"text"', b"[]"):
        assert site.http.put("/rest/api/2/issue/TIDE1-1", content=body).status_code == 400


def test_only_the_cloud_has_a_changelog_of_its_own(site: Served) -> None:
    site.jira.set_field("TIDE1-1", "labels", ["seen"])
    answer = site.fetch("issue/TIDE1-1/changelog", maxResults=1)
    if site.mode == "cloud":
        page = answer.json()
        assert (page["total"], page["isLast"], page["values"][0]["items"][0]["toString"]) == (1, True, "seen")
    else:
        assert (answer.status_code, answer.json()["message"]) == (404, f"null for uri: {site.url}/rest/api/2/issue/TIDE1-1/changelog")


def test_requests_are_logged_with_what_was_sent(site: Served) -> None:
    site.jira.forget_requests()
    site.http.post("/rest/api/2/issue/TIDE1-1/comment", json={"body": "Hello"})
    site.fetch("issue/NOPE-1", fields="summary")
    posted, read = site.jira.requests
    assert (posted.method, posted.path, posted.status, posted.body) == ("POST", "/rest/api/2/issue/TIDE1-1/comment", 201, {"body": "Hello"})
    assert (read.query, read.status) == ("fields=summary", 404)
    assert (site.jira.count("POST"), site.jira.count(path="/issue/"), site.jira.count("GET", "comment")) == (1, 2, 0)
