"""The Upcoming Release page in words: what templates are filled with. Says only what `notes` lists and `editions` tell; every text is plain.

Templates get `page`, a Page. Texts for the calendar are escaped as RFC 5545 asks; all others are for the template to escape.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from rollout.core.calendar_text import escaped
from rollout.core.changes import Kind
from rollout.core.discretion import plain
from rollout.core.editions import Edition, Moved, MoveKind, Seen
from rollout.core.notes import Listed, Note, Progress, Stage
from rollout.core.releases import ReleaseKind
from rollout.core.values import ChangeKey, Value
from rollout.core.wording import Certainty, Span, day_text, month_text, weekday_text

MOST_NEWS = 10

STAGES: dict[Stage, tuple[str, str]] = {
    Stage.PREPARED: ("In preparation", "The list still grows, and items may move to a later release."),
    Stage.CHECKED: ("Final checks", "The list is settled. Final checks are under way."),
    Stage.CONFIRMED: ("Confirmed", "The list is settled, and all checks are done."),
    Stage.ROLLING: ("Rolling out", ""),
    Stage.OUT: ("Available", ""),
}
PROGRESS: dict[Progress, str] = {
    Progress.BEGUN: "The rollout has begun.",
    Progress.PREVIEW: "Preview installations have it. Production follows.",
    Progress.SOME: "The first production installations have it.",
    Progress.MOST: "Most production installations have it.",
    Progress.ALL: "All production installations have it. We watch that everything runs well.",
}
AUDIENCES: dict[ReleaseKind, str] = {
    ReleaseKind.MONTHLY: "All clients, one group after another",
    ReleaseKind.HOTFIX: "All clients, as soon as possible",
    ReleaseKind.FEATURE: "Selected clients first; we agree on a day with each of them",
    ReleaseKind.UPGRADE: "All clients, one group after another",
}
GROUPS: tuple[tuple[Kind, str], ...] = ((Kind.FEATURE, "New"), (Kind.FIX, "Fixed"), (Kind.UPGRADE, "Upgraded"), (Kind.TASK, "Also"))


class Day(Value):
    """One day: `iso` for programs, `text` for people."""

    iso: str
    text: str
    weekday: str
    number: int
    month: str
    year: int


class Period(Value):
    """Some days. `last` is None where only the first is known, or there is only one; `caveat` says how unsure they are, empty if they are sure."""

    first: Day
    last: Day | None
    text: str
    open_ended: bool
    caveat: str


class Group(Value):
    """Notes of one kind."""

    title: str
    notes: tuple[str, ...]


class Event(Value):
    """One entry of the calendar: whole days, from `start` up to but not `end`; its texts are escaped."""

    uid: str
    start: str
    end: str
    summary: str
    description: str
    status: str


class Entry(Value):
    """One release. `anchor` and `id` are made of product and version alone. `facts` are lines about it, `text` has them and the notes, for feeds."""

    version: str
    anchor: str
    id: str
    stage: str
    badge: str
    about: str
    audience: str
    interruption: str
    preview: Period | None
    production: Period | None
    settled: Day | None
    out: Day | None
    groups: tuple[Group, ...]
    facts: tuple[str, ...]
    text: str
    updated: str
    stamp: str
    events: tuple[Event, ...]


class News(Value):
    """Something that moved, and the notes that it is about."""

    text: str
    notes: tuple[str, ...]


class Bulletin(Value):
    """What moved on one day."""

    day: Day
    news: tuple[News, ...]


class Page(Value):
    """Everything that is published. `updated` and `updated_on` say since when it reads as it does; days are those of `timezone`."""

    product: str
    timezone: str
    id: str
    coming: tuple[Entry, ...]
    out: tuple[Entry, ...]
    bulletins: tuple[Bulletin, ...]
    calendar_name: str
    updated: str
    updated_on: Day


def page_of(product: str, zone: ZoneInfo, listed: Iterable[Listed], editions: Sequence[Edition], public: Mapping[ChangeKey, str]) -> Page:
    """The page as the newest edition (the last one) has it. `public` has what may be read of the changes that editions name, by key."""
    newest = editions[-1]
    name = plain(product)
    entries = [_entry(name, one, newest.seen[one.version]) for one in listed]
    return Page(
        product=name,
        timezone=zone.key,
        id=_urn(name, "page"),
        coming=tuple(entry for entry in entries if entry.badge != Stage.OUT),
        out=tuple(entry for entry in entries if entry.badge == Stage.OUT),
        bulletins=tuple(_bulletins(editions, zone, public)),
        calendar_name=escaped(f"{name}: release days"),
        updated=_rfc3339(newest.at),
        updated_on=_day(newest.at.astimezone(zone).date()),
    )


# ── One release ────────────────────────────────────────────────────────────────────────────────────


def _entry(product: str, one: Listed, seen: Seen) -> Entry:
    label, about = STAGES[one.stage]
    entry = Entry(
        version=plain(one.version),
        anchor="v" + re.sub(r"[^A-Za-z0-9]+", "-", one.version),
        id=_urn(product, one.version),
        stage=label,
        badge=str(one.stage),
        about=PROGRESS[one.progress] if one.progress else about,
        audience=AUDIENCES[one.kind],
        interruption=_interruption(one.downtime_minutes),
        preview=_period(one.preview),
        production=_period(one.production),
        settled=_day(one.settled_on) if one.settled_on else None,
        out=_day(one.out_on) if one.out_on else None,
        groups=tuple(_groups(one.notes)),
        facts=(),
        text="",
        updated=_rfc3339(seen.since),
        stamp=f"{seen.since.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        events=(),
    )
    facts = tuple(_facts(entry))
    worded = entry.model_copy(update={"facts": facts, "text": "\n".join((*facts, *_note_lines(entry.groups)))})
    return worded.model_copy(update={"events": tuple(_events(product, one, worded))})


def _groups(notes: Sequence[Note]) -> Iterator[Group]:
    for kind, title in GROUPS:
        texts = tuple(note.text for note in notes if note.kind is kind)
        if texts:
            yield Group(title=title, notes=texts)


def _interruption(minutes: int | None) -> str:
    if minutes is None:
        return ""
    return f"Up to {minutes} minute{'' if minutes == 1 else 's'} for each installation" if minutes else "None expected"


def _period(span: Span | None) -> Period | None:
    if span is None:
        return None
    last = _day(span.last) if span.last and span.last != span.first else None
    caveats = {Certainty.PLANNED: "", Certainty.EXPECTED: "expected", Certainty.PROVISIONAL: "provisional"}
    return Period(first=_day(span.first), last=last, text=str(span), open_ended=span.last is None, caveat=caveats[span.certainty])


def _facts(entry: Entry) -> Iterator[str]:
    """What is to be known of it apart from its notes, in lines."""
    ahead = (
        ("Preview", entry.preview and _with_caveat(entry.preview)),
        ("Production", entry.production and _with_caveat(entry.production)),
        ("For", entry.audience),
        ("Interruption", entry.interruption),
    )
    rows = (("Available since", entry.out and entry.out.text),) if entry.badge == Stage.OUT else ahead
    if entry.about:
        yield entry.about
    yield from (f"{title}: {text}" for title, text in rows if text)


def _note_lines(groups: Iterable[Group]) -> Iterator[str]:
    for group in groups:
        yield from ("", group.title, *(f"- {note}" for note in group.notes))


def _with_caveat(period: Period) -> str:
    return f"{period.text} ({period.caveat})" if period.caveat else period.text


def _events(product: str, one: Listed, entry: Entry) -> Iterator[Event]:
    for name, span in (("preview", one.preview), ("production", one.production)):
        if span is not None:
            caveat = "" if span.sure else f" ({span.certainty})"
            yield Event(
                uid=_urn(product, f"{one.version}/{name}").removeprefix("urn:uuid:"),
                start=f"{span.first:%Y%m%d}",
                end=f"{span.after:%Y%m%d}",
                summary=escaped(f"{product} {entry.version}: {name}{caveat}"),
                description=escaped(entry.text),
                status="CONFIRMED" if span.sure else "TENTATIVE",
            )


# ── What moved ─────────────────────────────────────────────────────────────────────────────────────


def _bulletins(editions: Sequence[Edition], zone: ZoneInfo, public: Mapping[ChangeKey, str]) -> Iterator[Bulletin]:
    """The newest day first. What is about changes that nobody may read of any more is left out."""
    moved = ((edition.at.astimezone(zone).date(), one) for edition in reversed(editions) for one in edition.moved)
    dated = [(day, news) for day, one in moved for news in _news(one, public)]
    for day, group in groupby(dated[:MOST_NEWS], key=itemgetter(0)):
        yield Bulletin(day=_day(day), news=tuple(news for _, news in group))


def _news(moved: Moved, public: Mapping[ChangeKey, str]) -> Iterator[News]:
    notes = tuple(public[key] for key in moved.keys if key in public)
    if notes or not moved.keys:
        yield News(text=told(moved), notes=notes)


def told(moved: Moved) -> str:
    """What moved, in one sentence."""
    version, to = plain(moved.version), plain(moved.to or "")
    return {
        MoveKind.OUT: f"{version} has been rolled out.",
        MoveKind.BEGUN: f"{version} has begun to roll out.",
        MoveKind.DROPPED: f"{version} is no longer planned as a release of its own.",
        MoveKind.REDATED: _redated(version, moved.was, moved.now),
        MoveKind.ANNOUNCED: f"{version} is new on this page.",
        MoveKind.JOINED: f"Added to {version}",
        MoveKind.SHIFTED: f"Moved from {version} to {to}",
        MoveKind.LEFT: f"No longer in {version}",
    }[moved.kind]


def _redated(version: str, was: Span | None, now: Span | None) -> str:
    if now is None:
        return f"The days of {version} are open again."
    before = f", no longer for {was}" if was and str(was) != str(now) else ""
    word = "expected" if now.certainty is Certainty.EXPECTED else "planned"
    return f"{version} is now {word} for {now}{before}."


# ── Small words ────────────────────────────────────────────────────────────────────────────────────


def _day(day: date) -> Day:
    return Day(iso=day.isoformat(), text=day_text(day), weekday=weekday_text(day), number=day.day, month=month_text(day), year=day.year)


def _rfc3339(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _urn(product: str, thing: str) -> str:
    """A name for ever, made of what it names: a UUID of version 8 (RFC 9562, section 5.8)."""
    digits = hashlib.sha256(f"{product}\0{thing}".encode(errors="replace")).hexdigest()
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
