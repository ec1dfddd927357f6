"""Subscribed calendars from the server to the verdict: what counts, until when, and that nothing that is missing, old or damaged ever opens."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from rollout.core.clients import Environment
from rollout.core.coverage import Request
from rollout.core.values import Verdict
from rollout.errors import BadAnswer, NotFound, OutsideError, Unauthorized
from rollout.ports import Feeds
from rollout.ports.feeds import Refreshed
from rollout.settings import SecretReader
from rollout.wiring.calendars import Calendars
from rollout.wiring.feeds import FeedWatch, feeds_of
from tests.answering import Answering, Reply
from tests.calendars import calendar, event

ASKED = Request(kind="monthly", environment=Environment.PRODUCTION)
WEDNESDAY = datetime(2026, 12, 9, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = "{version: 1, kind: window, id: desk, timezone: America/Toronto, weekly: {mon-fri: ['09:00-17:00']}}\n"
FREEZE, NOTHING = calendar(event("freeze")), calendar()
LOGIN = "<!doctype html><title>Sign in</title>"
KEPT = Path(".rollout/feeds")


class Place:
    """A workspace whose calendars are open on weekdays, but for what a feed says."""

    def __init__(self, folder: Path, server: Answering) -> None:
        self.folder, self.server, self.now = folder, server, WEDNESDAY
        (folder / "calendars").mkdir()
        (folder / "calendars/desk.yaml").write_text(WINDOW)
        self.calendars = self.opened()
        self.secrets = {"ADDRESS": f"{server.url}/ops.ics?key=t0ps3cret", "PASSWORD": "hunter22"}
        self.feeds: Feeds = feeds_of(folder / "calendars", "calendars", folder, SecretReader(folder, environment=self.secrets))

    def opened(self) -> Calendars:
        calendars = self.folder / "calendars"
        watch = FeedWatch(calendars, "calendars", self.folder, lambda: self.now)
        return Calendars(calendars, "calendars", "America/Toronto", frozenset, watch, tuple)

    def subscribe(self, kind: str = "block", rule: str = "ops", given: dict[str, Any] | None = None, **feed: Any) -> None:
        document = {"kind": kind, "id": rule, "timezone": "America/Toronto", "feed": {"url": f"{self.server.url}/ops.ics", **feed}, **(given or {})}
        (self.folder / f"calendars/{rule}.yaml").write_text(yaml.safe_dump({name: value for name, value in document.items() if value is not None}))

    def says(self, *answers: bytes | str | Reply) -> None:
        self.server.say("/ops.ics", *(one if isinstance(one, Reply) else Reply(200, one, {"Content-Type": "text/calendar"}) for one in answers))

    def fetch(self, answer: bytes | str | Reply | None = None) -> Refreshed:
        if answer is not None:
            self.says(answer)
        return self.feeds.fetch("ops", self.now)

    def verdict(self, at: datetime = WEDNESDAY) -> Verdict:
        """What a tick would see."""
        self.calendars.digest()
        return self.calendars.coverage().verdict(ASKED, at)

    def why(self) -> str:
        [reason] = self.verdict().reasons
        assert reason.code == "unknown"
        return reason.text

    def file(self, ending: str) -> Path:
        return self.folder / KEPT / f"ops.{ending}"

    def label(self, **changed: Any) -> dict[str, Any]:
        data = json.loads(self.file("json").read_text()) | changed
        self.file("json").write_text(json.dumps(data))
        return dict(data)


@pytest.fixture(scope="module")
def server() -> Iterator[Answering]:
    found = Answering()
    yield found
    found.close()


@pytest.fixture
def place(tmp_path: Path, server: Answering) -> Place:
    found = Place(tmp_path, server)
    found.subscribe()
    return found


# ── What counts ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["block", "window"])
def test_a_feed_that_was_never_fetched_closes_and_says_what_to_do(place: Place, kind: str) -> None:
    place.subscribe(kind)
    host = place.server.url
    assert (
        place.why() == f"ops is not known: the feed ops from {host} has no copy that counts: it was never fetched. Fetch it: rollout coverage refresh"
    )
    assert place.verdict().next_open is None


def test_a_freeze_of_a_feed_closes_and_its_end_opens(place: Place) -> None:
    assert place.fetch(FREEZE) == Refreshed(changed=True, events=1)
    [reason] = place.verdict().reasons
    assert (reason.code, reason.source) == ("block", ".rollout/feeds/ops.ics:4")
    assert place.verdict(WEDNESDAY + 2 * HOUR).open


def test_a_feed_that_loses_its_freeze_opens(place: Place) -> None:
    place.fetch(FREEZE)
    before = place.calendars.digest()
    assert place.fetch(NOTHING) == Refreshed(changed=True, events=0)
    assert place.verdict().open
    assert place.calendars.digest() != before


def test_deciding_asks_no_server(place: Place) -> None:
    place.fetch(FREEZE)
    place.server.asked.clear()
    place.verdict()
    place.opened().coverage()
    assert place.server.asked == []


# ── Until when ─────────────────────────────────────────────────────────────────────────────────────


def test_a_copy_that_is_too_old_closes_even_for_who_asks_no_digest(place: Place) -> None:
    place.fetch(NOTHING)
    fresh = place.calendars.digest()
    compiled = place.calendars.coverage()
    place.now += 24 * HOUR
    assert place.calendars.coverage() is compiled
    place.now += timedelta(seconds=1)
    [reason] = place.calendars.coverage().verdict(ASKED, WEDNESDAY + 24 * HOUR).reasons
    assert (reason.code, reason.rule) == ("unknown", "ops")
    assert "was last fetched on 2026-12-09 15:30 UTC, and a copy may be 24h old. Fetch it: rollout coverage refresh" in reason.text
    assert place.calendars.digest() != fresh


def test_the_digest_is_the_same_again_once_a_stale_feed_is_fetched_with_nothing_new(place: Place) -> None:
    place.fetch(NOTHING)
    fresh = place.calendars.digest()
    place.now += 25 * HOUR
    assert place.calendars.digest() != fresh
    assert place.fetch() == Refreshed(changed=False, events=0)
    assert place.calendars.digest() == fresh
    assert place.verdict(WEDNESDAY + 24 * HOUR).open


@pytest.mark.parametrize("again", [FREEZE, FREEZE.replace(b"DTSTAMP:20261101", b"DTSTAMP:20261209")])
def test_a_refresh_that_brings_the_same_moves_nothing(place: Place, again: bytes) -> None:
    place.fetch(FREEZE)
    before, compiled = place.calendars.digest(), place.calendars.coverage()
    place.now += HOUR
    assert place.fetch(again) == Refreshed(changed=False, events=1)
    assert place.calendars.digest() == before
    assert place.calendars.coverage() is compiled
    assert place.label()["fetched_at"] == "2026-12-09T16:30:00Z"


def test_a_server_that_says_unchanged_makes_the_copy_fresh(place: Place) -> None:
    place.fetch(Reply(200, NOTHING, {"ETag": '"v1"'}))
    place.now += 25 * HOUR
    assert place.fetch(Reply(304)) == Refreshed(changed=False, events=0)
    assert place.server.asked[0].headers["if-none-match"] == '"v1"'
    assert place.verdict(WEDNESDAY + 24 * HOUR).open
    assert place.label()["etag"] == '"v1"'


def test_of_several_feeds_the_first_to_grow_too_old_closes(place: Place) -> None:
    place.subscribe(rule="early", max_age="2h")
    place.says(NOTHING)
    for name in ("early", "ops"):
        place.feeds.fetch(name, place.now)
    assert place.calendars.coverage().verdict(ASKED, WEDNESDAY).open
    place.now += 2 * HOUR + timedelta(seconds=1)
    assert [reason.rule for reason in place.calendars.coverage().verdict(ASKED, WEDNESDAY).reasons] == ["early"]


def test_the_scope_of_a_stale_feed_is_all_that_it_closes(place: Place) -> None:
    place.subscribe(given={"scope": {"environments": ["preview"]}})
    assert place.verdict().open


# ── What does not replace a copy ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (LOGIN, "is it a login page"),
        (FREEZE[:-20], r"The last good copy stays\. its answer:10 END:VEV closes what is not open"),
        (b"", "answered with nothing"),
        (FREEZE.replace(b"T150000Z", b"Tnoon"), r"its answer:8 DTSTART: "),
        (calendar(event("odd", WEDNESDAY, WEDNESDAY + HOUR, "RRULE:FREQ=SECONDLY")), "its answer:10 RRULE: "),
        (Reply(500, "oops"), "its own fault"),
        (Reply(304), "answered 304 without a calendar"),
    ],
)
def test_what_is_not_sound_leaves_the_last_good_copy(place: Place, answer: bytes | str | Reply, told: str) -> None:
    place.fetch(FREEZE)
    before = place.calendars.digest(), place.file("ics").read_bytes(), place.file("json").read_bytes()
    place.now += HOUR
    with pytest.raises(OutsideError, match=told):
        place.fetch(answer)
    assert (place.calendars.digest(), place.file("ics").read_bytes(), place.file("json").read_bytes()) == before


def test_a_category_that_never_was_there_is_told_and_one_that_is_gone_is_nothing(place: Place) -> None:
    place.subscribe(given={"categories": ["FREEZE"]})
    with pytest.raises(BadAnswer, match="no event has the category FREEZE"):
        place.fetch(calendar(event("party")))
    assert place.fetch(calendar(event("party"), event("freeze", WEDNESDAY, WEDNESDAY + HOUR, "CATEGORIES:FREEZE"))).events == 1
    assert not place.verdict().open
    assert place.fetch(calendar(event("party"))).events == 0
    assert place.verdict().open


# ── Copies that are not what was kept ──────────────────────────────────────────────────────────────


def damage_text(place: Place) -> None:
    place.file("ics").write_bytes(calendar(event("forged", WEDNESDAY + 9 * HOUR, WEDNESDAY + 10 * HOUR)))


def drop_text(place: Place) -> None:
    place.file("ics").unlink()


def drop_label(place: Place) -> None:
    place.file("json").unlink()


def tear_label(place: Place) -> None:
    place.file("json").write_text(place.file("json").read_text()[:-30])


def folder_for_text(place: Place) -> None:
    place.file("ics").unlink()
    place.file("ics").mkdir()


def from_tomorrow(place: Place) -> None:
    place.label(fetched_at="2026-12-10T15:30:00Z")


def of_another_feed(place: Place) -> None:
    place.subscribe(url=f"{place.server.url}/other.ics")


def of_another_user(place: Place) -> None:
    place.subscribe(user="bot", password={"env": "PASSWORD"})


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (damage_text, "is damaged: it is not what was fetched on 2026-12-09 15:30 UTC"),
        (drop_text, "was never fetched"),
        (drop_label, "was never fetched"),
        (tear_label, "ops.json, is damaged"),
        (from_tomorrow, "fetched on 2026-12-10 15:30 UTC, which is still to come"),
        (of_another_feed, "is of another feed"),
        (of_another_user, "is of another feed"),
    ],
)
def test_a_copy_that_is_not_what_was_kept_closes(place: Place, harm: Callable[[Place], None], told: str) -> None:
    place.fetch(NOTHING)
    assert place.verdict().open
    harm(place)
    assert told in place.why()
    place.says(NOTHING)
    place.server.say("/other.ics", Reply(200, NOTHING))
    place.fetch()
    assert place.verdict().open


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00Z", "9999-12-31T23:59:59-12:00", "9999-12-31T00:00:00Z", "2026-12-09T15:30:00", 1e18]
)
def test_a_label_with_a_moment_that_cannot_be_is_a_damaged_copy(place: Place, at: str | float) -> None:
    place.fetch(NOTHING)
    place.label(fetched_at=at)
    assert "ops.json, is damaged" in place.why()
    [state] = place.feeds.subscribed()
    assert "ops.json, is damaged" in state.problem
    place.fetch(NOTHING)
    assert place.verdict().open


def test_a_copy_that_cannot_even_be_read_closes(place: Place) -> None:
    place.fetch(NOTHING)
    folder_for_text(place)
    assert "cannot be read: Is a directory" in place.why()


def test_a_damaged_copy_is_not_vouched_for_by_a_server_that_says_unchanged(place: Place) -> None:
    place.fetch(Reply(200, FREEZE, {"ETag": '"v1"'}))
    damage_text(place)
    place.says(Reply(304))
    with pytest.raises(BadAnswer):
        place.fetch()
    assert "if-none-match" not in place.server.asked[0].headers
    assert not place.verdict().open


def test_of_many_that_fetch_at_once_none_leaves_a_copy_that_does_not_count(place: Place) -> None:
    answers = [calendar(event("freeze", WEDNESDAY, WEDNESDAY + timedelta(minutes=number))) for number in range(1, 13)]
    place.fetch(answers[0])
    place.says(*answers)
    others = [feeds_of(place.folder / "calendars", "calendars", place.folder, SecretReader(place.folder)) for _ in range(3)]
    watching = place.opened()
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(feeds.fetch, "ops", place.now + timedelta(seconds=turn)) for turn in range(8) for feeds in others]
        seen = [{one.code for one in watching.coverage().verdict(ASKED, WEDNESDAY).reasons} for _ in range(60) if watching.digest()]
        assert [one.result().events for one in work] == [1] * 24
    assert seen == [{"block"}] * 60
    assert [path.name for path in sorted((place.folder / KEPT).iterdir())] == ["ops.ics", "ops.json"]


def test_a_later_answer_is_not_replaced_by_an_earlier_one(place: Place) -> None:
    place.fetch(FREEZE)
    place.says(NOTHING)
    place.feeds.fetch("ops", place.now - timedelta(seconds=20))
    assert not place.verdict().open


# ── Rosters ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def roster(place: Place) -> Place:
    """One person is needed on call, by the roster that the on-call tool keeps."""
    source = {"role": "on_call", "feed": {"url": f"{place.server.url}/ops.ics"}}
    rule = {"kind": "staffing", "id": "roster", "timezone": "America/Toronto", "need": {"on_call": 1}, "sources": [source]}
    (place.folder / "calendars/ops.yaml").write_text(yaml.safe_dump(rule))
    return place


def test_a_roster_that_was_never_fetched_closes_and_its_shifts_open(roster: Place) -> None:
    assert "the feed roster+1 from" in roster.why()
    roster.says(calendar(event("Kim", WEDNESDAY, WEDNESDAY + HOUR)))
    assert roster.feeds.fetch("roster+1", roster.now).events == 1
    assert roster.verdict().open
    assert [reason.kind for reason in roster.verdict(WEDNESDAY + 2 * HOUR).reasons] == ["staffing"]
    roster.now += 25 * HOUR
    assert "and a copy may be 24h old" in roster.why()


def test_a_roster_that_gives_nobody_a_shift_is_no_roster(roster: Place) -> None:
    roster.says(NOTHING)
    with pytest.raises(BadAnswer, match="gives nobody a shift"):
        roster.feeds.fetch("roster+1", roster.now)


# ── Secrets ────────────────────────────────────────────────────────────────────────────────────────


def test_secrets_are_read_when_asking_and_kept_nowhere(place: Place) -> None:
    place.subscribe(url={"env": "ADDRESS"}, user="bot", password={"env": "PASSWORD"})
    place.server.say("/ops.ics?key=t0ps3cret", Reply(200, FREEZE))
    place.server.say("/ops.ics", Reply(200, FREEZE))
    place.fetch()
    [asked] = place.server.asked
    assert asked.headers["authorization"] == "Basic Ym90Omh1bnRlcjIy"
    kept = "".join(path.read_text() for path in (place.folder / KEPT).iterdir())
    assert not [word for word in ("t0ps3cret", "hunter22", "Ym90Omh1bnRlcjIy") if word in kept]
    [state] = place.feeds.subscribed()
    assert state.server == "the address in environment variable ADDRESS"


@pytest.mark.parametrize("kept", ["t0ps3cret", "https://h:t0ps3cret/x", "https://xn--/t0ps3cret", "https://h/t0ps3cret\x01x", "https://[t0ps3cret/"])
def test_an_address_that_is_none_is_told_without_showing_it(place: Place, kept: str) -> None:
    place.subscribe(url={"env": "ADDRESS"})
    place.secrets["ADDRESS"] = kept
    with pytest.raises(Unauthorized, match="what is kept in environment variable ADDRESS is no web address") as caught:
        place.fetch()
    assert "t0ps3cret" not in str(caught.value)


def test_another_address_behind_the_same_secret_is_asked_in_full(place: Place) -> None:
    place.subscribe(url={"env": "ADDRESS"})
    place.secrets["ADDRESS"] = f"{place.server.url}/a.ics"
    place.server.say("/a.ics", Reply(200, FREEZE, {"ETag": '"1"'}))
    place.fetch()
    place.secrets["ADDRESS"] = f"{place.server.url}/b.ics"
    place.server.say("/b.ics", Reply(200, NOTHING, {"ETag": '"1"'}))
    place.fetch()
    assert "if-none-match" not in place.server.asked[0].headers
    assert place.verdict().open


def test_a_feed_that_nobody_subscribes_to_is_not_found(place: Place) -> None:
    with pytest.raises(NotFound, match="no calendar subscribes to a feed nope"):
        place.feeds.fetch("nope", place.now)
