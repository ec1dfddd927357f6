"""What may be said of a release."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rollout.core.changes import Audience, ReadinessRules
from rollout.core.clients import Environment
from rollout.core.delivery import DeliveryState
from rollout.core.discretion import Discretion
from rollout.core.notes import OLDEST, Progress, Stage, downtime_of, in_order, notes_of, progress_of, spans_of
from rollout.core.plans import Plan, Slot
from rollout.core.releases import Assessment, Impact, Release, ReleaseKind, Risk
from rollout.core.values import ClientId, PersonId, Version
from rollout.core.wording import Certainty
from tests.builders import change
from tests.upcoming import TORONTO, listed, span

OPEN = Discretion(("TIDE",), ())
RULES = ReadinessRules()
S = DeliveryState
PREVIEW, PRODUCTION = Environment.PREVIEW, Environment.PRODUCTION


def test_clients_read_the_public_note_and_the_summary_without_one() -> None:
    notes = notes_of([change("TIDE-2", summary="NPE in foo()", public_note="Prices are right"), change("TIDE-1", summary="Gates open")], OPEN, RULES)
    assert [note.text for note in notes] == ["Gates open", "Prices are right"]


def test_notes_stand_in_the_natural_order_of_keys() -> None:
    assert [note.key for note in notes_of([change(f"TIDE-{number}") for number in (10, 9, 101)], OPEN, RULES)] == ["TIDE-9", "TIDE-10", "TIDE-101"]


def test_what_will_not_ship_is_not_promised() -> None:
    changes = [change("TIDE-1", resolution="Duplicate"), change("TIDE-2", resolution=None), change("TIDE-3", resolution="fixed")]
    assert [note.key for note in notes_of(changes, OPEN, RULES)] == ["TIDE-2", "TIDE-3"]


def test_a_note_that_says_nothing_is_left_out() -> None:
    assert notes_of([change("TIDE-1", summary="TIDE-1")], OPEN, RULES) == ()


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), unique_by=lambda pair: pair[0]))
def test_internal_changes_leave_no_trace(rows: list[tuple[int, bool]]) -> None:
    everything = [change(f"TIDE-{number}", audience=Audience.INTERNAL if hidden else Audience.CLIENTS) for number, hidden in rows]
    public = [one for one in everything if one.audience is Audience.CLIENTS]
    assert notes_of(everything, OPEN, RULES) == notes_of(public, OPEN, RULES)


def slot(client: str, day: int, environment: Environment = PRODUCTION, hour: int = 14, provisional: bool = False) -> Slot:
    start = datetime(2026, 12, day, hour, tzinfo=UTC)
    end = start + timedelta(hours=2)
    return Slot(client=ClientId(client), environment=environment, wave=0, start=start, latest_start=start, end=end, provisional=provisional)


def plan(*slots: Slot) -> Plan:
    return Plan(version=Version("2026.12"), strategy="transparent", made_at=datetime(2026, 12, 1, tzinfo=UTC), slots=slots)


def test_days_are_those_of_the_company() -> None:
    spans = spans_of(plan(slot("a", 9, hour=3), slot("b", 10)), TORONTO)
    assert spans == {PRODUCTION: span("2026-12-08", "2026-12-10")}


def test_each_environment_has_its_days_and_one_unsure_slot_makes_them_provisional() -> None:
    spans = spans_of(plan(slot("a", 1, PREVIEW), slot("a", 8), slot("b", 9, provisional=True)), TORONTO)
    assert spans[PREVIEW] == span("2026-12-01", "2026-12-01")
    assert spans[PRODUCTION] == span("2026-12-08", "2026-12-09", Certainty.PROVISIONAL)


def test_a_plan_without_slots_has_no_days() -> None:
    assert spans_of(plan(), TORONTO) == {}


def test_progress_is_told_in_general_terms() -> None:
    def told(preview: dict[S, int], production: dict[S, int]) -> Progress:
        return progress_of({PREVIEW: preview, PRODUCTION: production})

    assert told({S.PLANNED: 4}, {S.PLANNED: 4}) is Progress.BEGUN
    assert told({S.DELIVERED: 3, S.STARTED: 1}, {S.PLANNED: 4}) is Progress.BEGUN
    assert told({S.DELIVERED: 4}, {S.PLANNED: 4}) is Progress.PREVIEW
    assert told({S.DELIVERED: 4}, {S.PLANNED: 3, S.DELIVERED: 1}) is Progress.SOME
    assert told({S.DELIVERED: 4}, {S.PLANNED: 2, S.DELIVERED: 2}) is Progress.MOST
    assert told({S.DELIVERED: 4}, {S.DELIVERED: 3, S.WITHDRAWN: 1}) is Progress.ALL
    assert progress_of({}) is Progress.BEGUN


def test_downtime_is_told_once_a_person_has_confirmed_it() -> None:
    assessed = Assessment(impact=Impact.DISRUPTIVE, risk=Risk.LOW, strategy="transparent", downtime_minutes=5)
    release = Release(version=Version("2026.12"), kind=ReleaseKind.MONTHLY, assessment=assessed)
    confirmed = assessed.model_copy(update={"confirmed_by": PersonId("dana")})
    assert downtime_of(release) is None
    assert downtime_of(release.model_copy(update={"assessment": confirmed})) == 5


def test_what_comes_first_stands_first_and_what_came_last_leads_the_past() -> None:
    rows = [
        listed("2026.11", stage=Stage.OUT, out_on=date(2026, 11, 12)),
        listed("2027.02"),
        listed("2027.01", production=span("2027-01-11")),
        listed("2026.12.1", kind=ReleaseKind.HOTFIX),
        listed("2026.12", stage=Stage.ROLLING, production=span("2026-12-08")),
        listed("2026.11.1", stage=Stage.OUT, out_on=date(2026, 11, 20)),
    ]
    assert [one.version for one in in_order(rows)] == ["2026.12", "2026.12.1", "2027.01", "2027.02", "2026.11.1", "2026.11"]


def test_only_the_newest_of_what_is_out_stay() -> None:
    rows = [listed(f"2026.{month:02}", stage=Stage.OUT) for month in range(1, 13)]
    assert [one.version for one in in_order(rows)] == [f"2026.{month:02}" for month in range(12, 12 - OLDEST, -1)]
