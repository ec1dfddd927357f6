"""Builds what the Upcoming Release page is made of, and renders it with the product's own templates."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rollout.adapters.files.rendering import Renderer
from rollout.core.calendar_text import folded
from rollout.core.changes import Kind
from rollout.core.editions import Edition, Moved, MoveKind, next_edition
from rollout.core.notes import Listed, Note, Progress, Stage, in_order
from rollout.core.pages import Page, page_of
from rollout.core.releases import ReleaseKind
from rollout.core.values import ChangeKey, Version
from rollout.core.wording import Certainty, Span
from rollout.steps.publish import FILES

TORONTO = ZoneInfo("America/Toronto")
AT = datetime(2026, 12, 8, 15, tzinfo=UTC)
RENDER = Renderer([Path(__file__).resolve().parents[1] / "templates"])


def span(first: str, last: str | None = None, certainty: Certainty = Certainty.PLANNED) -> Span:
    """The days from the first to the last, as ISO dates."""
    return Span(first=date.fromisoformat(first), last=date.fromisoformat(last) if last else None, certainty=certainty)


def note(number: int, text: str, kind: Kind = Kind.FIX) -> Note:
    """The note of change TIDE-number."""
    return Note(key=ChangeKey(f"TIDE-{number}"), kind=kind, text=text)


def listed(version: str, *notes: Note, **given: Any) -> Listed:
    """A monthly release in preparation, with one fix, but for what is given otherwise."""
    usual = {"kind": ReleaseKind.MONTHLY, "stage": Stage.PREPARED, "notes": notes or (note(1, "Prices are rounded as on paper"),)}
    return Listed(**{"version": Version(version), **usual, **given})


def page(rows: Iterable[Listed], *moved: Moved, public: Mapping[ChangeKey, str] | None = None, product: str = "Tidewater", at: datetime = AT) -> Page:
    """The page on which these releases stand and this has moved."""
    first = next_edition(rows, None, at)
    assert first is not None
    return page_of(product, TORONTO, in_order(rows), [Edition(at=at, seen=first.seen, moved=moved)], public or {})


def rendered(shown: Page) -> dict[str, str]:
    """Every file of the page, by its name."""
    files = {name: RENDER(template, {"page": shown}) for name, template in FILES.items()}
    return files | {"calendar.ics": folded(files["calendar.ics"])}


def sample() -> Page:
    """A page with everything on it."""
    rows = [
        listed(
            "2026.12",
            note(1, "Show tides and wind on the berth map", Kind.FEATURE),
            note(2, "A berth that is out of service can no longer be booked"),
            note(3, 'Prices with <, > & "quotes" print as they are: {{ 7*7 }}, 100%; one, two\\three'),
            note(4, "The database driver", Kind.UPGRADE),
            note(5, "The price list has a new layout", Kind.TASK),
            stage=Stage.ROLLING,
            preview=span("2026-12-01", "2026-12-01"),
            production=span("2026-12-08", "2026-12-10"),
            progress=Progress.SOME,
            downtime_minutes=0,
        ),
        listed("2026.12.1", note(6, "Visitors' codes stop working at noon"), kind=ReleaseKind.HOTFIX, stage=Stage.CHECKED),
        listed(
            "2027.01",
            note(7, "Réservations à l'heure : en français"),
            production=span("2027-01-11", certainty=Certainty.EXPECTED),
            settled_on=date(2027, 1, 4),
        ),
        listed(
            "2027.02",
            note(8, "פתח את השער מהטלפון", Kind.FEATURE),
            kind=ReleaseKind.FEATURE,
            stage=Stage.CONFIRMED,
            production=span("2027-01-28", "2027-02-03", Certainty.PROVISIONAL),
            downtime_minutes=10,
        ),
        listed(
            "2026.11",
            note(9, "Invoices in French show French dates"),
            stage=Stage.OUT,
            out_on=date(2026, 11, 12),
            production=span("2026-11-10", "2026-11-11"),
        ),
        listed("2026.10", note(10, "Gate logs show local times"), stage=Stage.OUT),
    ]
    moved = (
        Moved(kind=MoveKind.BEGUN, version=Version("2026.12")),
        Moved(kind=MoveKind.REDATED, version=Version("2027.02"), was=span("2027-01-20", "2027-01-22"), now=rows[3].production),
        Moved(kind=MoveKind.JOINED, version=Version("2027.01"), keys=(ChangeKey("TIDE-7"),)),
    )
    return page(rows, *moved, public={ChangeKey("TIDE-7"): rows[2].notes[0].text})
