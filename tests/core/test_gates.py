"""Gates: each closes for its own reason, says how to open it, and none hides another."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from rollout.core.clients import Environment, Selector
from rollout.core.coverage import Coverage, Request
from rollout.core.delivery import DeliveryState, WaveProgress, WaveState
from rollout.core.gates import GATES, Facts, ask, first_closed
from rollout.core.holds import Hold, Stop
from rollout.core.releases import ReleaseState
from rollout.core.values import PersonId, Verdict, Version, closed
from rollout.core.waves import Wave
from tests.builders import NOON, delivery, release

AT = NOON + timedelta(minutes=10)


class Calendar:
    """Open until it is told otherwise; business time is all time."""

    def __init__(self, verdict: Verdict = Verdict()) -> None:  # noqa: B008 - frozen
        self.answer = verdict

    def verdict(self, _request: Request, _at: datetime) -> Verdict:
        return self.answer

    def business_between(self, start: datetime, end: datetime) -> timedelta:
        return end - start

    def business_add(self, at: datetime, length: timedelta) -> datetime:
        return at + length


FACTS = Facts(
    release=release(state=ReleaseState.ROLLING_OUT),
    signed=Verdict(),
    delivery=delivery(),
    wave=WaveProgress(version=Version("2026.12"), index=0, name="pilot", environment=Environment.PRODUCTION, state=WaveState.OPEN),
    rule=Wave(name="pilot", environment=Environment.PRODUCTION, select=Selector(rest=True), needs_preview=True, concurrency=2),
    preview=delivery(environment=Environment.PREVIEW, state=DeliveryState.DELIVERED, settled_at=NOON - timedelta(hours=4)),
    preview_soak=timedelta(hours=4),
    holds=(),
    stop=None,
    pinned=None,
    opted_out="",
    runs=Version("2026.11"),
    runs_in_preview=Version("2026.12"),
    has_preview=True,
    elsewhere=None,
    in_flight=0,
    coverage=cast(Coverage, Calendar()),
    request=Request(kind="monthly", environment=Environment.PRODUCTION),
)
DANA = PersonId("dana")
FREEZE = closed("block", "year-end freeze", clears_at=NOON + timedelta(days=9))


def test_with_nothing_against_it_every_gate_is_open() -> None:
    assert all(verdict.open for verdict in ask(FACTS, AT).values())
    assert first_closed(FACTS, AT) is None


@pytest.mark.parametrize(
    ("gate", "changed", "text"),
    [
        ("stop", {"stop": Stop(by=DANA, at=NOON, why="the data centre burns")}, 'stopped since 2026-12-01 by dana ("the data centre burns")'),
        ("signed", {"release": release(state=ReleaseState.SIGNED)}, "2026.12 is signed"),
        ("signed", {"signed": closed("unsigned", "1 x qa is missing")}, "1 x qa is missing"),
        ("wave", {"wave": FACTS.wave.model_copy(update={"state": WaveState.WAITING})}, "wave pilot is waiting"),
        ("wave", {"wave": FACTS.wave.model_copy(update={"state": WaveState.HALTED, "reason": "2 of 9 failed"})}, "2 of 9 failed"),
        ("hold", {"holds": (Hold(subject="acme", by=DANA, at=NOON, why="audit"),)}, "Lift it: rollout lift acme --reason"),
        ("hold", {"holds": (Hold(subject="2026.12", by=DANA, at=NOON, why="wait"),)}, "2026.12 is held"),
        ("wanted", {"opted_out": "they leave"}, "acme has opted out: they leave"),
        ("wanted", {"pinned": Version("2026.10")}, "acme is pinned to 2026.10"),
        ("path", {"runs": Version("2027.01")}, "acme/production runs 2027.01, which is newer"),
        ("alone", {"elsewhere": delivery(version="2026.11", state=DeliveryState.STARTED)}, "2026.11 at acme/production is started"),
        ("preview", {"preview": None, "runs_in_preview": Version("2026.11")}, "the preview of acme is no part of 2026.12 yet"),
        ("preview", {"preview": delivery(environment=Environment.PREVIEW)}, "the preview of acme is planned, not delivered"),
        ("preview", {"preview_soak": timedelta(hours=9)}, "has been watched for 4 h 10 min of 9 h"),
        ("concurrency", {"in_flight": 2}, "2 deliveries of wave pilot are under way, 2 may be"),
        ("slot", {"delivery": delivery(slot_start=NOON + timedelta(hours=1), latest_start=NOON + timedelta(hours=2))}, "its slot begins at"),
        ("slot", {"delivery": delivery(latest_start=AT)}, "the latest start of its slot was"),
        ("coverage", {"coverage": Calendar(FREEZE)}, "year-end freeze"),
    ],
)
def test_each_gate_closes_for_its_own_reason_alone(gate: str, changed: dict[str, object], text: str) -> None:
    facts = replace(FACTS, **changed)  # type: ignore[arg-type]
    shut = {name: verdict for name, verdict in ask(facts, AT).items() if not verdict.open}
    assert list(shut) == [gate]
    assert text in shut[gate].reasons[0].text
    found = first_closed(facts, AT)
    assert found is not None
    assert found[0] == gate


def test_all_closed_gates_are_told_at_once() -> None:
    facts = replace(FACTS, stop=Stop(by=DANA, at=NOON, why="x"), runs=Version("2027.01"), coverage=cast(Coverage, Calendar(FREEZE)))
    assert [name for name, verdict in ask(facts, AT).items() if not verdict.open] == ["stop", "path", "coverage"]


def test_time_is_asked_last() -> None:
    assert list(GATES)[-1] == "coverage"


def test_another_client_s_hold_keeps_nobody_else() -> None:
    assert first_closed(replace(FACTS, holds=(Hold(subject="bolt", by=DANA, at=NOON, why="x"),)), AT) is None


def test_a_client_without_preview_is_not_asked_for_one() -> None:
    assert first_closed(replace(FACTS, preview=None, has_preview=False, runs_in_preview=None), AT) is None


def test_a_preview_that_runs_the_release_already_needs_no_delivery() -> None:
    assert first_closed(replace(FACTS, preview=None, runs_in_preview=Version("2027.01")), AT) is None


def test_a_wave_that_was_promoted_still_lets_its_late_clients_in() -> None:
    assert first_closed(replace(FACTS, wave=FACTS.wave.model_copy(update={"state": WaveState.PROMOTED})), AT) is None


def test_a_closed_gate_says_when_it_opens() -> None:
    assert ask(replace(FACTS, coverage=cast(Coverage, Calendar(FREEZE))), AT)["coverage"].next_open == NOON + timedelta(days=9)
    assert ask(replace(FACTS, preview_soak=timedelta(hours=9)), AT)["preview"].next_open == NOON + timedelta(hours=5)
