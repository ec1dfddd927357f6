"""The tracker against a JIRA over HTTP, Cloud and Data Center: what it reads, what it writes, and what it says when things go wrong."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Message, Receive, Scope, Send

from rollout.adapters.jira import FieldNames, JiraMapping, JiraTracker, QualityRule, TicketUrl
from rollout.core.changes import Audience, Kind, Quality, TicketLink
from rollout.errors import BadAnswer, Gone, OutsideError, Throttled, Unauthorized, Unreachable
from rollout.sandbox.jira import JiraStandIn
from rollout.sandbox.serving import Serving

BOT, TOKEN = "bot@example.com", "s3cret"
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
MAPPING = JiraMapping(
    fields=FieldNames(
        quality=QualityRule(field="QA state", passed=frozenset({"Passed"}), failed=frozenset({"Failed"})),
        severity="severity",
        note="Release note",
        workaround="customfield_10053",
        tickets="Help desk tickets",
    ),
    kinds={"Bug": Kind.FIX, "Story": Kind.FEATURE},
    internal_labels=frozenset({"internal"}),
    public_projects=frozenset({"TIDE"}),
    ticket_urls=(TicketUrl(desk="help", pattern=r"^https://acme\.zendesk\.com/agent/tickets/(?P<ticket>\d+)$"),),
    tickets_desk="help",
)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


class Switchboard:
    """One server for all tests: it passes each request on to the JIRA of the test that runs."""

    app: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def switchboard() -> Iterator[tuple[Switchboard, str]]:
    board = Switchboard()
    with Serving(board) as server:
        yield board, server.url


@pytest.fixture(params=["cloud", "server"])
def jira(request, switchboard) -> JiraStandIn:
    stand_in = JiraStandIn(request.param, Clock(), {BOT: TOKEN}, zone="America/Toronto", page_limit=7)
    stand_in.add_project("TIDE")
    stand_in.add_version("TIDE", "2026.12")
    switchboard[0].app = stand_in
    return stand_in


@pytest.fixture
def url(jira, switchboard) -> str:
    return switchboard[1]


@pytest.fixture
def tracker(url) -> Iterator[JiraTracker]:
    tracker = tracker_of(url)
    yield tracker
    tracker.close()


def tracker_of(url: str, **given: Any) -> JiraTracker:
    usual = {"name": "jira", "url": url, "user": BOT, "token": TOKEN, "projects": ["TIDE"], "mapping": MAPPING}
    return JiraTracker(**(usual | given))


def keys(tracker: JiraTracker, since: datetime | None = None) -> list[str]:
    return [change.key for page in tracker.changes(since) for change in page]


# ── Reading ────────────────────────────────────────────────────────────────────────────────────────


def test_an_issue_comes_with_all_that_the_settings_ask_for(jira, tracker):
    jira.add_issue(
        "TIDE",
        "Sails\u202e tear\nin a storm",
        status="Done",
        resolution="Fixed",
        updated=NOW,
        labels=["rig"],
        components=["Sails"],
        fix_versions=["2026.12"],
        fields={"QA state": "Passed", "Severity": "Major", "Release note": "Sails hold.", "Workaround": "Reef early", "Help desk tickets": "12"},
    )
    [[change]] = tracker.changes(None)
    assert (change.key, change.summary, change.kind, change.audience) == ("TIDE-1", "Sails tear in a storm", Kind.FIX, Audience.CLIENTS)
    assert (change.status, change.status_category, change.resolution, change.quality) == ("Done", "done", "Fixed", Quality.PASSED)
    assert (change.fix_versions, change.labels, change.components) == (("2026.12",), {"rig"}, ("Sails",))
    assert (change.severity, change.public_note, change.workaround, change.updated) == ("Major", "Sails hold.", True, NOW)
    assert tracker.change("TIDE-1") == change


def test_a_security_level_makes_an_issue_internal(jira, tracker):
    jira.add_issue("TIDE", "Secret")
    jira.set_field("TIDE-1", "security", "Staff only")
    assert tracker.change("TIDE-1").audience is Audience.INTERNAL


def test_all_pages_are_read_in_the_order_of_updates(jira, tracker):
    for number in range(230):
        jira.add_issue("TIDE", f"Issue {number}", updated=NOW - timedelta(minutes=number))
    assert keys(tracker) == [f"TIDE-{number}" for number in range(230, 0, -1)]
    assert len(tracker.issue_ids()) == 230


def test_only_what_was_updated_since_is_read_to_the_minute_in_the_accounts_zone(jira, tracker):
    for minutes in (120, 61, 60, 1):
        jira.add_issue("TIDE", "Old", updated=NOW - timedelta(minutes=minutes, seconds=-30))
    assert keys(tracker, NOW - timedelta(minutes=60)) == ["TIDE-3", "TIDE-4"]
    assert keys(tracker, NOW - timedelta(minutes=59, seconds=10)) == ["TIDE-3", "TIDE-4"]


def test_only_configured_projects_are_read(jira, tracker):
    jira.add_project("BAY")
    jira.add_version("BAY", "9.9")
    jira.add_issue("BAY", "Not ours")
    jira.add_issue("TIDE", "Ours")
    assert keys(tracker) == ["TIDE-1"]
    assert len(tracker.issue_ids()) == 1
    assert {version.name for version in tracker.fix_versions()} == {"2026.12"}
    assert tracker.change("BAY-1") is None


def test_an_issue_that_moved_away_vanished_or_never_was_is_none(jira, tracker):
    jira.add_project("BAY")
    for _ in range(3):
        jira.add_issue("TIDE", "There")
    before = tracker.issue_ids()
    jira.move_issue("TIDE-1", "BAY")
    jira.hide("TIDE-2")
    assert [tracker.change(key) for key in ("TIDE-1", "TIDE-2", "TIDE-99", "../myself", "TIDE")] == [None] * 5
    assert len(before - tracker.issue_ids()) == 2


def test_an_issue_updated_between_two_pages_hides_no_other(jira, tracker):
    for number in range(30):
        jira.add_issue("TIDE", f"Issue {number}", updated=NOW - timedelta(hours=30 - number))
    pages = tracker.changes(None)
    seen = [change.key for change in next(pages)]
    jira.set_field("TIDE-1", "summary", "Edited meanwhile")
    seen += [change.key for page in pages for change in page]
    assert set(seen) == {f"TIDE-{number}" for number in range(1, 31)}


def test_only_the_fields_that_are_needed_are_asked_for(jira, tracker):
    jira.add_issue("TIDE", "One")
    keys(tracker)
    [search] = [seen for seen in jira.requests if "/search" in seen.path]
    assert "description" not in search.query
    assert "customfield_10050" in search.query
    assert "customfield_10054" not in search.query


def test_tickets_are_read_from_remote_links_and_from_the_field(jira, tracker):
    jira.add_issue("TIDE", "One", fields={"Help desk tickets": "12, 13"})
    jira.add_remote_link("TIDE-1", "https://acme.zendesk.com/agent/tickets/31")
    jira.add_remote_link("TIDE-1", "https://evil.example/agent/tickets/32")
    assert tracker.ticket_links("TIDE-1") == tuple(TicketLink(change="TIDE-1", desk="help", ticket=ticket) for ticket in ("12", "13", "31"))


def test_links_of_an_issue_that_vanished_are_gone(jira, tracker):
    jira.add_issue("TIDE", "One")
    jira.remove_issue("TIDE-1")
    with pytest.raises(Gone, match=r"jira: not found, or hidden from this account: the links of TIDE-1 \(HTTP 404: Issue does not exist"):
        tracker.ticket_links("TIDE-1")


def test_an_unknown_field_is_named_with_close_ones(url):
    tracker = tracker_of(url, mapping=JiraMapping(fields=FieldNames(severity="Severty")))
    with pytest.raises(BadAnswer, match="no field is called 'Severty'; close ones: Severity"):
        list(tracker.changes(None))


def test_several_threads_read_at_once_each_with_a_client_of_its_own(jira, tracker):
    for number in range(20):
        jira.add_issue("TIDE", f"Issue {number}")
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(keys(tracker))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [len(each) for each in found] == [20] * 4
    assert jira.count(path="/serverInfo") >= 4


# ── Writing ────────────────────────────────────────────────────────────────────────────────────────


def test_a_version_is_made_once_and_dated_anew_only_if_the_date_moves(jira, tracker):
    for day in (None, date(2027, 1, 8), date(2027, 1, 8), date(2027, 1, 11)):
        tracker.ensure_fix_version("2027.01", "TIDE", day)
    assert jira.version("TIDE", "2027.01").release_date == date(2027, 1, 11)
    assert (jira.count("POST", "/version"), jira.count("PUT", "/version")) == (1, 2)


def test_a_version_that_somebody_makes_at_the_same_moment_is_taken(jira, tracker):
    jira.meanwhile(lambda: jira.add_version("TIDE", "2027.01"), method="POST", path="/version")
    tracker.ensure_fix_version("2027.01", "TIDE", date(2027, 1, 8))
    assert jira.version("TIDE", "2027.01").release_date == date(2027, 1, 8)


def test_a_released_version_keeps_its_date_and_an_archived_one_is_refused(jira, tracker):
    jira.add_version("TIDE", "2026.11", released=True, release_date=date(2026, 11, 9))
    tracker.ensure_fix_version("2026.11", "TIDE", date(2026, 12, 1))
    tracker.release_fix_version("2026.11", date(2026, 12, 1))
    assert jira.version("TIDE", "2026.11").release_date == date(2026, 11, 9)
    jira.add_version("TIDE", "2025.01", archived=True)
    with pytest.raises(BadAnswer, match=r"version 2025\.01 of TIDE is archived"):
        tracker.ensure_fix_version("2025.01", "TIDE", None)


def test_a_version_is_released_in_every_project_that_has_it(jira, url):
    jira.add_project("BAY")
    jira.add_project("COVE")
    jira.add_version("BAY", "2026.12")
    tracker = tracker_of(url, projects=["TIDE", "BAY", "COVE"])
    for _ in range(2):
        tracker.release_fix_version("2026.12", date(2026, 12, 9))
    for project in ("TIDE", "BAY"):
        assert (jira.version(project, "2026.12").released, jira.version(project, "2026.12").release_date) == (True, date(2026, 12, 9))
    assert jira.count("PUT", "/version") == 2
    with pytest.raises(BadAnswer, match=r"no project has a version 1999\.1"):
        tracker.release_fix_version("1999.1", date(2026, 12, 9))


def test_a_change_is_moved_once_with_one_comment(jira, tracker):
    jira.add_version("TIDE", "2027.01")
    jira.add_issue("TIDE", "Late", fix_versions=["2026.12", "other"])
    for _ in range(3):
        tracker.move_change("TIDE-1", "2026.12", "2027.01", "QA has not passed {it} yet")
    assert set(jira.fix_versions("TIDE-1")) == {"other", "2027.01"}
    [comment] = jira.issue("TIDE-1").comments
    assert comment.body == "QA has not passed \\{it} yet\n\n(rollout: 2026.12 → 2027.01)"
    assert jira.count("PUT", "/issue/") == 1


def test_a_change_that_a_person_took_off_both_versions_stays_off(jira, tracker):
    jira.add_version("TIDE", "2027.01")
    jira.add_issue("TIDE", "Gone its own way", fix_versions=["other"])
    tracker.move_change("TIDE-1", "2026.12", "2027.01", "late")
    assert jira.fix_versions("TIDE-1") == ("other",)
    assert jira.issue("TIDE-1").comments == ()


@pytest.mark.parametrize(("method", "path"), [("PUT", "/issue/"), ("POST", "/comment")])
def test_a_write_whose_answer_was_lost_is_repeated_without_a_second_effect(jira, tracker, method, path):
    jira.add_version("TIDE", "2027.01")
    jira.add_issue("TIDE", "Late", fix_versions=["2026.12"])
    jira.fault("drop", method=method, path=path)
    with pytest.raises(Unreachable):
        tracker.move_change("TIDE-1", "2026.12", "2027.01", "late")
    tracker.move_change("TIDE-1", "2026.12", "2027.01", "late")
    assert jira.fix_versions("TIDE-1") == ("2027.01",)
    assert len(jira.issue("TIDE-1").comments) == 1


def test_a_marker_is_found_among_many_comments(jira, tracker):
    jira.add_version("TIDE", "2027.01")
    jira.add_issue("TIDE", "Much discussed", fix_versions=["2027.01"])
    jira.add_comment("TIDE-1", "late\n\n(rollout: 2026.12 → 2027.01)")
    for number in range(120):
        jira.add_comment("TIDE-1", f"word {number}")
    tracker.move_change("TIDE-1", "2026.12", "2027.01", "late")
    assert len(jira.issue("TIDE-1").comments) == 121


def test_a_version_that_the_project_lacks_is_told_in_jiras_words(jira, tracker):
    jira.add_issue("TIDE", "Late", fix_versions=["2026.12"])
    with pytest.raises(BadAnswer, match=r"refused fix version 2027\.01 instead of 2026\.12 on TIDE-1 with HTTP 400: .*2027\.01"):
        tracker.move_change("TIDE-1", "2026.12", "2027.01", "late")


# ── What goes wrong ────────────────────────────────────────────────────────────────────────────────


def failing(jira: JiraStandIn, tracker: JiraTracker, kind: str, **settings: Any) -> OutsideError:
    tracker.whoami()
    jira.forget_requests()
    jira.fault(kind, path="/search", **settings)
    with pytest.raises(OutsideError) as caught:
        keys(tracker)
    assert jira.count(path="/search") == 1, "the adapter does not retry: its caller decides"
    return caught.value


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("5", 5.0),
        ("1.5", 1.5),
        ("300", 300.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("9e9", None),
    ],
)
def test_being_asked_to_wait_says_for_how_long(jira, tracker, header, seconds):
    error = failing(jira, tracker, "429", retry_after=header)
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


def test_a_busy_server_that_names_its_time_is_waited_for(jira, tracker):
    error = failing(jira, tracker, "503", retry_after="30")
    assert isinstance(error, Throttled)
    assert (error.retry_after, str(error)) == (30.0, "jira: JIRA asks to wait 30 s before asking for a page of issues")


@pytest.mark.parametrize(
    ("kind", "family", "told"),
    [
        ("500", Unreachable, "JIRA failed with HTTP 500 when asked for a page of issues"),
        ("503", Unreachable, "The service is temporarily unavailable"),
        ("401", Unauthorized, "did not accept the credential. Check user and token"),
        ("403", Unauthorized, "CAPTCHA_CHALLENGE"),
        ("410", Gone, "a page of issues .HTTP 410: The requested API has been removed"),
        ("400", BadAnswer, "JIRA refused a page of issues with HTTP 400"),
        ("drop", Unreachable, "no complete answer from http"),
        ("half", Unreachable, "no complete answer from http"),
        ("garbled", BadAnswer, "did not answer as a JIRA does when asked for a page of issues"),
    ],
)
def test_every_failure_is_told_in_our_words(jira, tracker, kind, family, told):
    jira.add_issue("TIDE", "One")
    error = failing(jira, tracker, kind)
    assert type(error) is family
    with pytest.raises(family, match=told):
        raise error
    assert TOKEN not in str(error)


def test_a_failure_passes_and_the_next_reading_is_whole(jira, tracker):
    jira.add_issue("TIDE", "One")
    failing(jira, tracker, "half")
    assert keys(tracker) == ["TIDE-1"]


@pytest.mark.parametrize("jira", ["cloud"], indirect=True)
def test_a_page_token_that_comes_back_is_an_error(jira, tracker):
    for number in range(250):
        jira.add_issue("TIDE", f"Issue {number}")
    jira.fault("repeat", path="/search/jql", count=9)
    with pytest.raises(BadAnswer, match="comes back"):
        keys(tracker)


@pytest.mark.parametrize("given", [{"token": "wrong"}, {"user": "nobody@example.com"}])
def test_a_wrong_credential_is_unauthorized_and_nothing_is_read(jira, url, given):
    jira.add_issue("TIDE", "One")
    tracker = tracker_of(url, **given)
    for call in (tracker.whoami, lambda: keys(tracker), tracker.issue_ids):
        with pytest.raises(Unauthorized, match="Check user and token"):
            call()


def test_a_token_that_is_revoked_while_ids_are_read_does_not_look_like_deleted_issues(jira, tracker):
    for number in range(30):
        jira.add_issue("TIDE", f"Issue {number}")
    jira.meanwhile(lambda: jira.fault("401", path="/myself"), path="/search")
    with pytest.raises(Unauthorized):
        tracker.issue_ids()


def test_a_token_alone_is_sent_as_a_personal_one(url):
    tracker = tracker_of(url, user=None)
    assert tracker.whoami() == BOT


def test_an_unknown_project_is_told_in_jiras_words(url):
    tracker = tracker_of(url, projects=["NOPE"])
    with pytest.raises(BadAnswer, match="NOPE"):
        keys(tracker)


@pytest.mark.parametrize("projects", [[], ["TIDE OR 1=1"], ['"']])
def test_an_odd_project_never_reaches_jira(jira, url, projects):
    tracker = tracker_of(url, projects=projects)
    with pytest.raises(BadAnswer, match="cannot be a project's key"):
        keys(tracker)
    assert jira.count(path="/search") == 0


def test_nobody_at_the_address_is_unreachable():
    tracker = tracker_of("http://127.0.0.1:9")
    with pytest.raises(Unreachable, match=r"no complete answer from http://127\.0\.0\.1:9 when asked for the account: .*refused"):
        tracker.whoami()


def test_making_a_tracker_asks_nothing(jira, url):
    tracker = tracker_of(url)
    assert (tracker.name, tracker.projects, jira.requests) == ("jira", ("TIDE",), [])


# ── Odd addresses ──────────────────────────────────────────────────────────────────────────────────


def test_a_gateway_address_keeps_its_path_for_reads_and_writes(jira, switchboard):
    board, url = switchboard
    jira.add_version("TIDE", "2027.01")
    jira.add_issue("TIDE", "Late", fix_versions=["2026.12"])
    board.app = Starlette(routes=[Mount("/ex/jira/11-22", jira)])
    tracker = tracker_of(f"{url}/ex/jira/11-22/")
    assert keys(tracker) == ["TIDE-1"]
    tracker.move_change("TIDE-1", "2026.12", "2027.01", "late")
    tracker.release_fix_version("2027.01", date(2027, 1, 8))
    assert jira.fix_versions("TIDE-1") == ("2027.01",)
    assert jira.version("TIDE", "2027.01").released


@pytest.mark.parametrize("page", ["<html>Log in</html>", "[]", "{}", "null", '"JIRA"', '{"versionNumbers": "x"}'])
def test_an_address_where_no_jira_answers_is_told(switchboard, page):
    switchboard[0].app = Response(page, media_type="application/json")
    with pytest.raises(OutsideError, match=r"did not answer as a JIRA does when asked for the account .*Check the url|nobody had logged in"):
        tracker_of(switchboard[1]).whoami()


def test_an_answer_that_says_that_nobody_logged_in_is_not_believed(jira, switchboard):
    async def anonymous(scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if "headers" in message:
                message["headers"].append((b"x-seraph-loginreason", b"AUTHENTICATED_FAILED"))
            await send(message)

        await jira(scope, receive, marked)

    switchboard[0].app = anonymous
    with pytest.raises(Unauthorized, match="nobody had logged in"):
        tracker_of(switchboard[1]).fix_versions()
