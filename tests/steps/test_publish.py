"""The Upcoming Release page follows the ledger, and is put out where it differs."""

import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.core.changes import Audience, Change, Kind
from rollout.core.clients import Environment
from rollout.core.delivery import Delivery, DeliveryState, WaveProgress
from rollout.core.plans import Plan, Slot
from rollout.core.releases import Membership, Release, ReleaseKind, ReleaseState
from rollout.core.values import ChangeKey, ClientId, Version
from rollout.ports import World
from rollout.steps.init import init
from rollout.steps.publish import FILES, Published, publish
from rollout.wiring import open_world
from tests.builders import NOON, change

TUESDAY = datetime(2026, 11, 24, 15, tzinfo=UTC)
V12, V01 = Version("2026.12"), Version("2027.01")


@pytest.fixture
def folder(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A sandbox workspace with two places to publish to, the second of which is not there yet."""
    init(StarterFiles(), tmp_path)
    settings = (tmp_path / "rollout.yaml").read_text().replace("# sandbox: true ", "sandbox: true\nclock: clock.txt #")
    (tmp_path / "rollout.yaml").write_text(settings.replace("# - {name: pages", "- {name: pages"))
    shutil.copy(migrated_sqlite, tmp_path / "ledger.sqlite")
    set_clock(tmp_path, TUESDAY)
    return tmp_path


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """The opened workspace, whose second place is there by now."""
    shutil.rmtree(folder / "pages.git", ignore_errors=True)
    import git

    git.Repo.init(folder / "pages.git", bare=True).close()
    with open_world(folder) as opened:
        yield opened


def set_clock(folder: Path, at: datetime) -> None:
    (folder / "clock.txt").write_text(at.isoformat())


def given(world: World, version: str, *changes: Change, **fields: Any) -> None:
    """A release with these changes, in JIRA and in the ledger; fix versions of the changes are set."""
    named = [one.model_copy(update={"fix_versions": (version,)}) for one in changes]
    with world.ledger.begin() as tx:
        stored = tx.release(Version(version))
        fresh = Release(version=Version(version), kind=ReleaseKind.MONTHLY, fix_versions=(version,))
        release = (stored or fresh).model_copy(update=fields)
        tx.save_changes("jira", named)
        tx.save_release(release)
        if release.state is not ReleaseState.DRAFT:
            for one in named:
                tx.save_member(Membership(version=release.version, key=one.key, joined_at=TUESDAY, joined_why="ready at the cut"))


def updated(number: int, summary: str, **fields: Any) -> Change:
    """The change as JIRA has it later."""
    return change(f"TIDE-{number}", summary=summary, **{"updated": NOON + timedelta(days=1), **fields})


def site(folder: Path) -> dict[str, str]:
    return {name: (folder / "site" / name).read_bytes().decode() for name in FILES}


def rows(world: World) -> list[tuple[str, str]]:
    with world.ledger.read() as tx:
        return [(row.act, row.subject) for row in tx.audit()]


# ── When it is put out ─────────────────────────────────────────────────────────────────────────────


def test_the_page_is_published_everywhere_and_says_where(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1", summary="Gates open at noon"))
    done = publish(world)
    assert (done.changed, done.problems, done.remarks, len(done.digest)) == (True, (), (), 64)
    assert done.places == ((folder / "site" / "index.html").as_uri(), f"{folder}/pages.git, branch pages")
    assert all("Gates open at noon" in text.replace("\r\n ", "") for text in site(folder).values())
    assert rows(world) == [
        ("page changed", "upcoming page"),
        ("page published", "upcoming page/site"),
        ("page published", "upcoming page/pages"),
    ]


def test_nothing_is_published_or_recorded_while_nothing_changes(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"))
    first = publish(world)
    before = site(folder), rows(world), (folder / "site" / "index.html").stat()
    set_clock(folder, TUESDAY + timedelta(hours=6))
    again = publish(world)
    assert again == first.model_copy(update={"changed": False})
    assert (site(folder), rows(world), (folder / "site" / "index.html").stat()) == before


def test_the_moves_stay_on_the_page_when_it_is_made_again(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"))
    publish(world)
    given(world, V12, change("TIDE-2", summary="Gates open at noon"))
    assert publish(world).changed
    told = site(folder)["index.html"]
    assert "Added to 2026.12" in told
    set_clock(folder, TUESDAY + timedelta(days=2))
    assert not publish(world).changed
    assert site(folder)["index.html"] == told


def test_a_place_that_fails_keeps_no_other_waiting_and_gets_it_later(folder: Path) -> None:
    with open_world(folder) as world:
        given(world, V12, change("TIDE-1"))
        done = publish(world)
        assert done.changed
        assert done.places == ((folder / "site" / "index.html").as_uri(),)
        assert done.problems == (f"pages: git: there is no git repository at {folder}/pages.git. Make one: git init --bare {folder}/pages.git",)
        import git

        git.Repo.init(folder / "pages.git", bare=True).close()
        (folder / "site" / "index.html").unlink()  # this one has it, and is not asked again
        retried = publish(world)
    assert (retried.changed, retried.problems, len(retried.places)) == (True, (), 2)
    assert not (folder / "site" / "index.html").exists()


def test_what_was_lost_is_published_again_on_demand(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"))
    publish(world)
    shutil.rmtree(folder / "site")
    assert not publish(world).changed
    assert publish(world, again=True).changed
    assert site(folder)["index.html"]


def test_a_dry_run_tells_and_writes_nothing(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"))
    would = publish(world, dry_run=True)
    assert (would.changed, would.places) == (True, ())
    assert rows(world) == []
    assert not (folder / "site").exists()
    assert publish(world).digest == would.digest
    assert not publish(world, dry_run=True).changed


def test_the_history_of_the_branch_says_what_moved(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"))
    publish(world)
    given(world, V12, change("TIDE-2"))
    publish(world)
    import git

    with git.Repo(folder / "pages.git") as repo:
        assert [commit.message for commit in repo.iter_commits("pages")] == ["Added to 2026.12.\n", "Update the Upcoming Release page.\n"]


def test_an_edition_of_another_kind_is_passed_over(world: World) -> None:
    given(world, V12, change("TIDE-1"))
    with world.ledger.begin() as tx:
        tx.record(TUESDAY, "publish", "page changed", "upcoming page", {"future": True})
    assert publish(world).changed


# ── What it says ───────────────────────────────────────────────────────────────────────────────────


def page_with(world: World, folder: Path, **again: Any) -> str:
    assert publish(world, **again).changed
    return site(folder)["index.html"]


def test_a_draft_is_expected_on_the_first_coverage_day_of_the_train_and_settled_at_the_cut(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"))
    told = page_with(world, folder)
    assert "from 8 December 2026" in told
    assert "(expected)" in told
    assert 'List settled</dt>\n          <dd><time datetime="2026-12-01">1 December 2026' in told


def test_a_draft_whose_day_has_passed_promises_none(world: World, folder: Path) -> None:
    set_clock(folder, datetime(2026, 12, 9, 15, tzinfo=UTC))
    given(world, V12, change("TIDE-1"))
    told = page_with(world, folder)
    assert "The day will be announced" in told
    assert "8 December" not in told


def slot(client: str, day: int, environment: Environment = Environment.PRODUCTION) -> Slot:
    start = datetime(2026, 12, day, 15, tzinfo=UTC)
    end = start + timedelta(hours=2)
    wave = int(environment is Environment.PRODUCTION)
    return Slot(client=ClientId(client), environment=environment, wave=wave, start=start, latest_start=end, end=end)


def planned(world: World, version: Version, *slots: Slot) -> None:
    with world.ledger.begin() as tx:
        tx.save_plan(Plan(version=version, strategy="transparent", made_at=TUESDAY, slots=slots))


def test_a_planned_release_has_the_days_of_its_plan_and_a_moved_day_is_told(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"), state=ReleaseState.SIGNED)
    planned(world, V12, slot("acme", 1, Environment.PREVIEW), slot("acme", 8), slot("birch", 10))
    told = page_with(world, folder)
    assert "8 to 10 December 2026" in told
    assert '<time datetime="2026-12-01">1 December 2026</time>' in told
    planned(world, V12, slot("acme", 1, Environment.PREVIEW), slot("acme", 15), slot("birch", 17))
    assert "2026.12 is now planned for 15 to 17 December 2026, no longer for 8 to 10 December 2026." in page_with(world, folder)


def roll_out(world: World, days: Iterable[tuple[str, int, DeliveryState]]) -> None:
    with world.ledger.begin() as tx:
        tx.save_wave(WaveProgress(version=V12, index=0, name="preview", environment=Environment.PREVIEW))
        tx.save_wave(WaveProgress(version=V12, index=1, name="all", environment=Environment.PRODUCTION))
        tx.save_deliveries(delivery(client, day, state) for client, day, state in days)


def delivery(client: str, day: int, state: DeliveryState) -> Delivery:
    at = slot(client, day)
    return Delivery(
        version=V12,
        client=at.client,
        environment=at.environment,
        wave=1,
        state=state,
        slot_start=at.start,
        latest_start=at.latest_start,
        slot_end=at.end,
    )


def test_a_rollout_says_how_far_it_is_and_lasts_until_the_last_that_waits(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"), state=ReleaseState.ROLLING_OUT)
    planned(world, V12, slot("acme", 8), slot("birch", 9), slot("cedar", 9))
    roll_out(world, [("acme", 8, DeliveryState.DELIVERED), ("birch", 9, DeliveryState.PLANNED), ("cedar", 14, DeliveryState.PLANNED)])
    told = page_with(world, folder)
    assert "The first production installations have it." in told
    assert "8 to 14 December 2026" in told


def test_what_is_out_stands_below_with_its_day(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"), state=ReleaseState.ROLLING_OUT)
    planned(world, V12, slot("acme", 8), slot("birch", 10))
    roll_out(world, [("acme", 8, DeliveryState.DELIVERED), ("birch", 10, DeliveryState.DELIVERED)])
    publish(world)
    given(world, V12, state=ReleaseState.DELIVERED, finished_at=datetime(2026, 12, 11, 3, tzinfo=UTC))
    told = page_with(world, folder)
    assert '<p class="badge out">since <time datetime="2026-12-10">10 December 2026</time></p>' in told
    assert "2026.12 has been rolled out." in told
    assert "DTSTART;VALUE=DATE:20261208\r\nDTEND;VALUE=DATE:20261211" in site(folder)["calendar.ics"]
    assert not publish(world).changed


def test_a_release_takes_over_the_notes_of_those_that_it_overtook(world: World, folder: Path) -> None:
    given(world, "2026.11", change("TIDE-1", summary="Gates open at noon"), state=ReleaseState.SUPERSEDED)
    given(world, "2026.11.1", change("TIDE-2", summary="Berths are free at night"), state=ReleaseState.SUPERSEDED)
    given(world, V12, change("TIDE-3"), state=ReleaseState.ROLLING_OUT)
    with world.ledger.begin() as tx:
        tx.record(TUESDAY, "dana", "release superseded", "2026.11", {"by": "2026.11.1"})
        tx.record(TUESDAY, "dana", "release superseded", "2026.11.1", {"by": V12})
    told = page_with(world, folder)
    assert "Gates open at noon" in told
    assert "Berths are free at night" in told
    assert "2026.11" not in told


def test_a_cancelled_release_is_told_once_and_gone(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"))
    publish(world)
    given(world, V12, state=ReleaseState.CANCELLED)
    told = page_with(world, folder)
    assert "2026.12 is no longer planned as a release of its own." in told
    assert 'id="v2026-12"' not in told


# ── What it does not say ───────────────────────────────────────────────────────────────────────────


def test_a_release_of_which_clients_may_read_nothing_is_not_there(world: World, folder: Path) -> None:
    given(world, V01, change("TIDE-1", audience=Audience.INTERNAL, summary="Rotate the signing keys"))
    given(world, "2027.02")
    told = page_with(world, folder)
    assert "Nothing is announced" in told
    assert all("2027" not in text for text in site(folder).values())


def test_internal_changes_move_nothing(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"))
    publish(world)
    before = site(folder), rows(world)
    given(world, V12, change("TIDE-2", audience=Audience.INTERNAL, kind=Kind.FEATURE))
    assert not publish(world).changed
    assert (site(folder), rows(world)) == before


def test_a_change_that_becomes_internal_vanishes_from_everything(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1"))
    publish(world)
    given(world, V12, change("TIDE-2", summary="Gates open at noon"))
    publish(world)
    given(world, V12, updated(2, "Gates open at noon", audience=Audience.INTERNAL))
    publish(world)
    assert all("noon" not in text for text in site(folder).values())
    assert "No longer in" not in site(folder)["index.html"]


def test_a_client_is_not_named_and_the_vendor_is_told(world: World, folder: Path) -> None:
    given(world, V12, change("TIDE-1", summary="Invoices of Acme Rowing print again (see TIDE-99)"), change("TIDE-2", summary="TIDE-2"))
    done = publish(world)
    assert "Invoices of a client print again (see another change)" in site(folder)["index.html"]
    assert done.remarks == (
        "what clients read of TIDE-1 names a client; the page does not. Reword its release note in JIRA",
        "TIDE-2 says nothing that clients could read; the page leaves it out. Give it a release note in JIRA",
    )
    assert all("TIDE-" not in text and "Acme" not in text for text in site(folder).values())


def test_a_published_answer_is_stable_json() -> None:
    assert set(Published(changed=True).model_dump(mode="json")) == {"changed", "places", "digest", "problems", "remarks"}


def test_keys_are_never_in_any_file(world: World, folder: Path) -> None:
    given(world, V12, *(change(f"TIDE-{number}", summary=f"Note {number}") for number in range(1, 5)))
    publish(world)
    given(world, V12, updated(1, "Note 1", fix_versions=()), state=ReleaseState.DRAFT)
    with world.ledger.begin() as tx:
        tx.save_changes("jira", [updated(2, "Note 2", fix_versions=(V01,)).model_copy(update={"updated": NOON + timedelta(days=2)})])
        assert tx.change(ChangeKey("TIDE-2"))
    publish(world)
    assert all("TIDE" not in text for text in site(folder).values())
