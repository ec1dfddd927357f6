"""A tick goes by the kept copies of feeds: one that grows too old stops what was due, and a refresh lets it go on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml

from rollout.errors import FaultsFound, NotFound
from rollout.steps import doctor, feeds, why
from rollout.steps.feeds import FeedState
from rollout.wiring.checkup import open_patient
from tests.answering import Answering, Reply
from tests.calendars import calendar, event
from tests.playing import BIRCH, HOUR, MONDAY, TARGET, TUESDAY, Play

QUIET = calendar(event("long ago", MONDAY - 100 * HOUR, MONDAY - 99 * HOUR))


@pytest.fixture
def server() -> Iterator[Answering]:
    found = Answering()
    yield found
    found.close()


def subscribe(play: Play, server: Answering, name: str = "vendor", **given: Any) -> None:
    feed = {"url": f"{server.url}/{name}.ics", "max_age": "20h", "refresh": "1h"}
    document = {"kind": "block", "id": name, "timezone": "America/Toronto", "feed": feed} | given
    (play.folder / f"calendars/{name}.yaml").write_text(yaml.safe_dump(document))
    server.say(f"/{name}.ics", Reply(200, QUIET))


def states(play: Play, **how: Any) -> dict[str, str]:
    return {one.name: str(one.state) for one in feeds.refresh(play.world, **how)}


def test_what_was_due_waits_for_a_stale_feed_says_why_and_starts_after_a_refresh(play: Play, server: Answering) -> None:
    play.go_to("signed")
    subscribe(play, server)
    assert states(play) == {"vendor": "fetched"}
    play.begin()
    assert play.tick().delivered == 4
    play.at(TUESDAY)
    assert (stopped := play.tick()).delivered == 0
    assert stopped.waiting == {"coverage": 4}
    gates = why.why(play.world, BIRCH)
    assert "the feed vendor" in str(gates)
    assert "rollout coverage refresh" in str(gates)
    assert states(play) == {"vendor": "unchanged"}
    assert play.tick().delivered == 4
    assert set(play.runs().values()) == {TARGET}


def test_only_what_is_due_is_fetched_unless_it_is_named(play: Play, server: Answering) -> None:
    play.go_to("bare")
    subscribe(play, server)
    assert states(play) == {"vendor": "fetched"}
    play.later(minutes=59)
    assert states(play) == {"vendor": "fresh"}
    assert states(play, only="vendor") == {"vendor": "unchanged"}
    play.later(minutes=60)
    assert states(play) == {"vendor": "unchanged"}


def test_a_failing_feed_keeps_no_other_waiting_and_is_asked_again_the_next_time(play: Play, server: Answering) -> None:
    play.go_to("bare")
    subscribe(play, server, "broken")
    subscribe(play, server, "vendor")
    server.say("/broken.ics", Reply(503, "no"))
    broken, vendor = feeds.refresh(play.world)
    assert (broken.state, vendor.state) == (FeedState.FAILED, FeedState.FETCHED)
    assert "answered 503: its own fault" in broken.problem
    assert broken.closes == "it was never fetched"
    server.say("/broken.ics", Reply(200, QUIET))
    assert states(play) == {"broken": "fetched", "vendor": "fresh"}


def test_a_dry_run_asks_and_keeps_nothing(play: Play, server: Answering) -> None:
    play.go_to("bare")
    subscribe(play, server)
    assert states(play, dry_run=True) == {"vendor": "fetched"}
    assert not (play.folder / ".rollout").exists()


def test_an_unknown_name_comes_with_the_one_that_was_meant(play: Play, server: Answering) -> None:
    play.go_to("bare")
    subscribe(play, server)
    with pytest.raises(NotFound, match=r"no calendar subscribes to a feed vendr\. Did you mean vendor"):
        feeds.refresh(play.world, only="vendr")


def test_a_calendar_with_faults_is_told_before_anything_is_asked(play: Play, server: Answering) -> None:
    play.go_to("bare")
    subscribe(play, server, feed={"url": "https://a.example/x.ics", "max_age": "1h", "refresh": "1h"})
    with pytest.raises(FaultsFound, match="refresh must be shorter than max_age"):
        feeds.refresh(play.world)


def findings(play: Play) -> list[tuple[str, str, str]]:
    with open_patient(play.folder) as patient:
        return [(str(one.grade), one.what, one.text) for one in doctor.examine(patient) if one.what.startswith("feed")]


def test_the_doctor_tells_of_each_feed_its_age_and_whether_it_answers(play: Play, server: Answering) -> None:
    play.go_to("bare")
    subscribe(play, server)
    [(grade, what, text)] = findings(play)
    assert (grade, what, text) == ("fault", "feed vendor", f"{server.url} answers, and what it is about is closed all the same: it was never fetched")
    feeds.refresh(play.world)
    play.at(play.now + timedelta(minutes=20))
    [(grade, _, text)] = findings(play)
    assert (grade, text) == ("ok", f"{server.url} answers with 1 events; the copy is 20 min old, of 20 h that it may be")
    server.say("/vendor.ics", Reply(404))
    [(grade, _, text)] = findings(play)
    assert (grade, "answered 404: there is no calendar at that address" in text) == ("fault", True)
