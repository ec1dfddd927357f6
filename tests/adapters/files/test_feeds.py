"""What calendars may say of feeds, and what is told where they say it wrongly, with the line."""

from pathlib import Path

import pytest

from rollout.adapters.files.calendars import load_calendars, load_subscriptions
from rollout.adapters.files.feeds import web_place
from rollout.core.coverage import BlockRule
from rollout.errors import FaultsFound

DOCUMENT = """\
kind: block
id: ops
timezone: America/Toronto
feed: {%s}
"""


def written(folder: Path, feed: str, name: str = "ops.yaml", more: str = "") -> Path:
    (folder / name).write_text(DOCUMENT % feed + more)
    return folder


def test_without_copies_every_feed_is_unknown_and_nothing_is_a_fault(tmp_path: Path) -> None:
    [rule] = load_calendars(written(tmp_path, "url: webcal://Feeds.example:8443/private/a.ics?x=1"), "calendars")
    assert isinstance(rule, BlockRule)
    assert rule.unknown.startswith("the feed ops from https://Feeds.example:8443 has no copy that counts: it was not looked at")


def test_a_feed_is_known_by_what_it_asks_and_whom(tmp_path: Path) -> None:
    asked = ("url: https://a.example/", "caldav: https://a.example/", "url: https://a.example", "url: {env: A}", "url: {file: A}")
    login = "url: https://a.example/, user: bot, password: {env: P}"
    prints = {load_subscriptions(written(tmp_path, feed))[0].feed.fingerprint for feed in (*asked, login)}
    assert len(prints) == 6
    again = load_subscriptions(written(tmp_path, asked[0] + ", max_age: 3h, refresh: 5m"))[0].feed
    assert again.fingerprint in prints


@pytest.mark.parametrize(
    ("feed", "told"),
    [
        ("", "calendars/ops.yaml:4 feed: must name exactly one of url (an iCalendar file) and caldav (a collection)"),
        ("url: https://a.example/x, caldav: https://a.example/x", "must name exactly one of url"),
        ("url: ftp://a.example/x", "calendars/ops.yaml:4 feed.url: must be a web address such as https://example.com/basic.ics, and"),
        ("url: 7", "feed.url: must be a web address, or say where one is kept: {env: NAME}, {file: PATH} or {block: NAME}"),
        ("url: https://bot:hunter22@a.example/x", "feed.url: has credentials in it. Take them out of the address"),
        ("url: {env: A, file: B}", "must name exactly one place"),
        ("url: https://a.example/x, user: bot", "feed: has a user but no password; give both"),
        ("url: https://a.example/x, password: {env: P}", "feed: has a password but no user; give both"),
        ("url: https://a.example/x, user: bot, password: hunter22", "feed.password: is a secret written in plain text"),
        ("url: https://a.example/x, max_age: soon", "feed.max_age: must be a duration such as 90s"),
        ("url: https://a.example/x, max_age: 1h", "feed: must be refreshed more often than its copies grow too old"),
        ("url: https://a.example/x, refresh: 0s", "feed: must be refreshed more often"),
        ("url: https://a.example/x, max_age: 367d", "feed.max_age: must be at most 366 days"),
        (f"url: https://a.example/x, max_age: {'999999d' * 2000}", "feed.max_age: must be shorter"),
        ("url: https://a.example/x, maxage: 1h", "feed.maxage: is not a known field. Did you mean max_age?"),
    ],
)
def test_a_feed_that_makes_no_sense_is_a_fault(tmp_path: Path, feed: str, told: str) -> None:
    for read in (load_calendars, load_subscriptions):
        with pytest.raises(FaultsFound) as caught:
            read(written(tmp_path, feed), "calendars")
        assert told in str(caught.value)
        assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "told"),
    [("override", "missing"), ("staffing", "missing"), ("party", "party is no kind of rule")],
)
def test_only_windows_and_blocks_have_a_feed_of_their_own(tmp_path: Path, kind: str, told: str) -> None:
    with pytest.raises(FaultsFound, match=told):
        load_calendars(_replaced(written(tmp_path, "url: https://a.example/x"), "kind: block", f"kind: {kind}"))


def test_a_staffing_rule_with_a_feed_in_the_wrong_place_is_told_where_feeds_go(tmp_path: Path) -> None:
    written(tmp_path, "url: https://a.example/x", more="need: {qa: 1}\nroster: {qa: [{person: Kim, weekly: {mon: ['09:00-17:00']}}]}\n")
    with pytest.raises(FaultsFound, match="kind: must be window or block: a feed holds events"):
        load_calendars(_replaced(tmp_path, "kind: block", "kind: staffing"))


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("feed: {url: ftp://x/}", "calendars/ops.yaml:5 sources[0].feed.url: must be a web address"),
        ("feed: {}", "sources[0].feed: must name exactly one of url"),
        ("ics: a.ics, feed: {url: 'https://x/'}", "must name exactly one of ics (a file) and feed"),
        ("person_from: summary", "must name exactly one of ics (a file) and feed"),
    ],
)
def test_a_roster_has_its_feeds_among_its_sources(tmp_path: Path, source: str, told: str) -> None:
    (tmp_path / "ops.yaml").write_text(f"kind: staffing\nid: r\ntimezone: UTC\nneed: {{qa: 1}}\nsources: [{{role: qa, {source}}}]\n")
    with pytest.raises(FaultsFound) as caught:
        load_calendars(tmp_path, "calendars")
    assert told in str(caught.value)


def test_a_sidecar_has_its_events_already(tmp_path: Path) -> None:
    (tmp_path / "vendor.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    with pytest.raises(FaultsFound, match=r"feed: stands beside vendor\.ics, whose events count already"):
        load_calendars(written(tmp_path, "url: https://a.example/x", "vendor.ics.yaml"))


def test_one_file_may_subscribe_to_many_and_they_come_in_order(tmp_path: Path) -> None:
    first = DOCUMENT % "url: https://a.example/x"
    (tmp_path / "all.yaml").write_text(f"{first}---\n{first.replace('id: ops', 'id: a-team')}")
    (tmp_path / "none.yaml").write_text("kind: block\nid: none\ntimezone: UTC\nweekly: {mon: ['09:00-10:00']}\n")
    assert [(one.name, one.source) for one in load_subscriptions(tmp_path, "calendars")] == [
        ("ops", "calendars/all.yaml:1"),
        ("a-team", "calendars/all.yaml:6"),
    ]


@pytest.mark.parametrize(
    "feed",
    [
        "'https://a.example/t0ps3cret/x.ics'",
        "[{url: t0ps3cret}]",
        "{url: ftp://a.example/t0ps3cret}",
        "{url: 'https://a.example:t0ps3cret/x'}",
        "{url: {url: 'https://a.example/t0ps3cret'}}",
        "{url: {file: [t0ps3cret]}}",
        "{caldav: [t0ps3cret]}",
        "{url: 'https://a.example/x', user: bot, password: {file: [t0ps3cret]}}",
    ],
)
def test_no_fault_shows_a_private_address_or_a_password(tmp_path: Path, feed: str) -> None:
    (tmp_path / "ops.yaml").write_text(f"{{kind: block, id: ops, timezone: UTC, feed: {feed}}}\n")
    (tmp_path / "roster.yaml").write_text(f"{{kind: staffing, id: r, timezone: UTC, need: {{qa: 1}}, sources: {{feed: {feed}}}}}\n")
    with pytest.raises(FaultsFound) as caught:
        load_calendars(tmp_path, "calendars")
    assert "t0ps3cret" not in str(caught.value)
    assert "function-" not in str(caught.value)
    assert ".str" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "h:abc/t",
        "h:0/t",
        "h:70000/t",
        "h/\x01t",
        "h/\ud800t",
        "xn--/t",
        "xn--zz99999999/t",
        "[::1/t",
        "[zz:1]/t",
        "999.1.1.1/t",
        "a..b/t",
        "h/" + "t" * 64000,
    ],
)
def test_what_cannot_be_asked_is_no_address_and_is_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be a web address such as https://example\.com/basic\.ics, and is none that can be asked$"):
        web_place(f"https://{text}")


@pytest.mark.parametrize("text", ["[::1]:80/t?k=1", "127.0.0.1/t", "ä.example/t", "a_b.example./t", "a.example:8443/é"])
def test_what_can_be_asked_is_an_address(text: str) -> None:
    assert web_place(f"https://{text}") == f"https://{text}"


def test_a_key_may_be_spelled_with_escapes(tmp_path: Path) -> None:
    written(tmp_path, "url: https://a.example/x")
    _replaced(tmp_path, "feed:", '"f\\x65ed":')
    assert [one.name for one in load_subscriptions(tmp_path)] == ["ops"]


def _replaced(folder: Path, old: str, new: str) -> Path:
    (folder / "ops.yaml").write_text((folder / "ops.yaml").read_text().replace(old, new))
    return folder
