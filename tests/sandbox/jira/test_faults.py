"""Faults on purpose: each fails in its own way, as often as it was told to, and only where it fits."""

from collections.abc import Iterator

import httpx
import pytest
import requests
from jira import JIRA, JIRAError

from tests.sandbox.jira.callers import TOKEN, USER, Library, Served, served


@pytest.fixture(scope="module")
def cloud() -> Iterator[Served]:
    with served("cloud") as running:
        yield running


@pytest.fixture
def site(cloud: Served) -> Iterator[Served]:
    cloud.jira.clear_faults()
    cloud.jira.forget_requests()
    yield cloud
    cloud.jira.clear_faults()


@pytest.mark.parametrize("retry_after", ["5", "0", "1.5", "Sat, 21 Nov 2026 12:00:00 GMT", None])
def test_a_refusal_to_hurry_says_when_to_come_back_or_does_not(site: Served, retry_after: str | None) -> None:
    site.jira.fault("429", retry_after=retry_after)
    answer = site.fetch("myself")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, retry_after)
    assert answer.json() == {"errorMessages": ["Rate limit exceeded."], "errors": {}}


@pytest.mark.parametrize(
    ("kind", "header"), [("401", "WWW-Authenticate"), ("403", "X-Authentication-Denied-Reason"), ("410", ""), ("503", ""), ("502", "")]
)
def test_any_status_can_be_answered(site: Served, kind: str, header: str) -> None:
    site.jira.fault(kind)
    answer = site.fetch("myself")
    assert answer.status_code == int(kind)
    assert not header or header in answer.headers
    assert site.fetch("myself").status_code == 200


def test_a_fault_lasts_for_its_count_and_meets_only_its_route(site: Served) -> None:
    site.jira.fault("503", count=2, method="GET", path="/search")
    statuses = [site.fetch(path, jql="key is not EMPTY").status_code for path in ("myself", "search/jql", "search/jql", "search/jql")]
    assert statuses == [200, 503, 503, 200]
    assert [seen.status for seen in site.jira.requests] == statuses


def test_what_a_status_fault_met_was_not_done(site: Served) -> None:
    key = site.jira.add_issue(site.project(), "Quiet")
    site.jira.fault("503", method="POST")
    site.http.post(f"/rest/api/2/issue/{key}/comment", json={"body": "Lost"})
    assert site.jira.issue(key).comments == ()


def test_a_dropped_write_has_taken_effect_and_no_byte_comes_back(site: Served) -> None:
    key = site.jira.add_issue(site.project(), "Told once")
    site.jira.fault("drop", method="POST", path="/comment$")
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
        site.http.post(f"/rest/api/2/issue/{key}/comment", json={"body": "Arrived"})
    assert [comment.body for comment in site.jira.issue(key).comments] == ["Arrived"]
    assert site.jira.requests[-1].status == 0


def test_the_library_sees_a_dropped_write_as_a_lost_connection(site: Served) -> None:
    key = site.jira.add_issue(site.project(), "Told once")
    library = Library(site)
    site.jira.fault("drop", method="POST", path="/comment$")
    with pytest.raises(requests.ConnectionError, match="Connection aborted"):
        library.jira.add_comment(key, "Arrived")
    library.close()
    assert len(site.jira.issue(key).comments) == 1


def test_half_an_answer_breaks_the_connection(site: Served) -> None:
    site.jira.fault("half", path="/field$")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        site.fetch("field")
    assert site.fetch("field").status_code == 200


def test_a_garbled_answer_is_whole_by_its_length_and_is_not_json(site: Served) -> None:
    whole = site.fetch("field").content
    site.jira.fault("garbled", path="/field$")
    answer = site.fetch("field")
    assert answer.content == whole[: len(whole) // 2]
    with pytest.raises(ValueError, match="line 1 column"):
        answer.json()


def test_a_slow_answer_is_later_than_an_impatient_caller_waits(site: Served) -> None:
    site.jira.fault("slow", seconds=0.5, path="/myself$")
    with pytest.raises(httpx.ReadTimeout), httpx.Client(base_url=site.url, auth=(USER, TOKEN), timeout=0.05) as hasty:
        hasty.get("/rest/api/2/myself")


@pytest.mark.parametrize("named", [True, False])
def test_an_issue_vanishes_behind_a_page(site: Served, named: bool) -> None:
    project = site.project()
    keys = [site.jira.add_issue(project, "One of four") for _ in range(4)]
    site.jira.fault("vanish", path="/search/jql", issue=keys[3] if named else "")
    asked = {"jql": f"project = {project} ORDER BY key", "fields": "summary", "maxResults": 2}
    first = site.fetch("search/jql", **asked).json()
    second = site.fetch("search/jql", **asked, nextPageToken=first["nextPageToken"]).json()
    assert [issue["key"] for issue in first["issues"]] == keys[:2]
    assert [issue["key"] for issue in second["issues"]] == (keys[2:3] if named else keys[2:])
    assert site.fetch(f"issue/{keys[3] if named else keys[1]}").status_code == 404


def test_a_repeated_token_leads_round_in_a_circle(site: Served) -> None:
    project = site.project()
    keys = [site.jira.add_issue(project, "One of three") for _ in range(3)]
    site.jira.fault("repeat", count=3, path="/search/jql")
    asked = {"jql": f"project = {project} ORDER BY key", "fields": "summary", "maxResults": 1}
    token, seen = {}, []
    for _ in range(4):
        page = site.fetch("search/jql", **asked, **token).json()
        seen.append(page["issues"][0]["key"])
        token = {"nextPageToken": page.get("nextPageToken")}
    assert seen == [keys[0], keys[1], keys[1], keys[1]]


def test_something_happens_meanwhile(site: Served) -> None:
    key = site.jira.add_issue(site.project(), "Contested")
    site.jira.meanwhile(lambda: site.jira.set_field(key, "summary", "Changed by another"), path=f"/issue/{key}")
    assert site.fetch(f"issue/{key}").json()["fields"]["summary"] == "Changed by another"
    assert site.fetch(f"issue/{key}").status_code == 200
    assert len(site.jira.issue(key).history) == 1


def test_faults_are_set_over_http_too(site: Served) -> None:
    left = site.http.post("/_admin/faults", json={"kind": "503", "count": 2, "path": "/myself"}).json()["faults"]
    assert [(fault["kind"], fault["count"]) for fault in left] == [("503", 2)]
    assert site.fetch("myself").status_code == 503
    assert site.http.get("/_admin/faults").json()["faults"][0]["count"] == 1
    assert site.http.delete("/_admin/faults").json() == {"faults": []}
    assert site.fetch("myself").status_code == 200


@pytest.mark.parametrize("asked", [{"kind": "explode"}, {"kind": "503", "colour": "red"}, {"kind": "503", "path": "("}])
def test_an_unknown_fault_is_refused(site: Served, asked: dict[str, str]) -> None:
    assert site.http.post("/_admin/faults", json=asked).status_code == 400
    assert site.fetch("myself").status_code == 200


def test_the_library_reads_a_captcha_off_the_header(site: Served) -> None:
    site.jira.fault("403", path="/myself$")
    library = JIRA(site.url, basic_auth=(USER, TOKEN), max_retries=0)
    with pytest.raises(JIRAError) as refused:
        library.myself()
    library.close()
    assert (refused.value.status_code, "CAPTCHA_CHALLENGE" in str(refused.value.text)) == (403, True)
