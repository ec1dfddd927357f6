"""Sets of calendars as Hypothesis draws them: around the nights when clocks change, with long freezes, rosters, waivers and days to approve."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from pydantic import ValidationError

from rollout.core.clients import Environment
from rollout.core.coverage import Coverage, Event, OverrideRule, Request, Rule, StaffingRule, WindowRule
from rollout.core.coverage.recurrence import Frequency, Recurrence
from rollout.core.coverage.zones import Zone, moment_of
from rollout.core.values import Version
from tests.core.coverage.making import PARTIES, TORONTO, block, override, staffing, window

FREEZE = timedelta(days=200)
TURN = datetime(2027, 1, 1, tzinfo=UTC)
ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Asuncion",
    "America/Edmonton",
    "America/Halifax",
    "America/Havana",
    "America/Inuvik",
    "America/Miquelon",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Scoresbysund",
    "America/St_Johns",
    "America/Toronto",
    "America/Vancouver",
    "America/Winnipeg",
    "Antarctica/Troll",
    "Asia/Almaty",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Norfolk",
    "UTC",
)


def transitions(zone: str) -> list[datetime]:
    """The moments from 2024 to 2030 at which the zone's clocks change, and a turn of the year, where two compiled years meet."""
    changes = [moment_of(change) for year in range(2024, 2031) for change, _, _ in Zone(zone)._changes(year)]
    return [*changes[:1], TURN, *changes[1:]]


TRANSITIONS = {zone: transitions(zone) for zone in ZONES}
places = st.sampled_from(ZONES).flatmap(lambda zone: st.tuples(st.just(zone), st.sampled_from(TRANSITIONS[zone])))
minutes = st.sampled_from([0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165, 180, 210, 240, 540, 720, 1020, 1290, 1410])


@st.composite
def hours(draw: st.DrawFn) -> str:
    """Hours of a day, often at night, where clocks change; some run into the next day."""
    opens = draw(minutes)
    closes = draw(st.one_of(minutes, st.just(1440), st.just(opens + 15)))
    return f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}" if opens != closes else "00:00-24:00"


@st.composite
def changing(draw: st.DrawFn, zone: str, near: datetime) -> dict[str, Any]:
    """A day with short hours about the minute at which its clocks change."""
    shown = (near - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    opens = (shown.hour * 60 + shown.minute + 1 + draw(st.sampled_from([-45, -75, -60, -30, -15, 0, 30, 45, 60, 15]))) % 1440
    closes = (opens + draw(st.sampled_from([15, 45, 120, 15]))) % 1440
    return {"date": shown.date(), "hours": [f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"], "why": "the clocks change"}


weeklies = st.one_of(
    st.sampled_from([{"mon-sun": ["00:00-24:00"]}, {"mon-sun": ["20:00-09:00"]}]),  # some rules say the same
    st.dictionaries(st.sampled_from(["mon-wed", "thu,fri", "sat", "sun"]), st.lists(hours(), min_size=1, max_size=2), min_size=1),
)
scopes = st.fixed_dictionaries(
    {},
    optional={
        "environments": st.sampled_from([["preview"], ["production"]]),
        "kinds": st.sampled_from([["monthly"], ["hotfix"]]),
        "clients": st.sampled_from([["acme"], ["birch"], ["acme", "birch"], "all"]),
        "tags": st.just(["pilot"]),
        "regions": st.just(["west"]),
    },
)


@st.composite
def times(draw: st.DrawFn, zone: str, near: datetime) -> dict[str, Any]:
    """What a rule near a moment says about its times."""
    day = near.date() + timedelta(days=draw(st.integers(-1, 1)))
    given: dict[str, Any] = {"timezone": draw(st.sampled_from([zone, zone, "UTC", TORONTO])), "weekly": draw(weeklies)}
    own = {"date": day, "hours": draw(st.lists(hours(), max_size=2)), "why": "early close"}
    given["except"] = draw(st.sampled_from([[], [], [own], [draw(changing(zone, near))]]))
    if draw(st.sampled_from([False, False, False, True])):
        start = datetime.combine(day, datetime.min.time()) + timedelta(minutes=draw(minutes))
        given |= {"start": start, "end": start + timedelta(minutes=draw(st.sampled_from([200, 1500])))}
    if draw(st.sampled_from([False, False, True])):
        given["events"] = [draw(events(zone, near))]
    return given


@st.composite
def events(draw: st.DrawFn, zone: str, near: datetime) -> Event:
    """An event that has an occurrence near the moment, as likely as not; once only, if the rule that was drawn names no day."""
    begins = datetime.combine(near.date() - timedelta(days=draw(st.sampled_from([0, 1, 7, 28, 31, 365]))), datetime.min.time())
    length = draw(st.sampled_from([30, 60, 240, 1440]))
    days = length // 1440 if draw(st.booleans()) else 0
    given = {
        "uid": "e",
        "zone": zone,
        "start": begins + timedelta(minutes=draw(minutes)),
        "days": days,
        "seconds": length * 60 - days * 86_400,
        "nominal": length * 60,
        "recurrence": draw(st.none() | recurrences()),
        "skipped_days": draw(st.frozensets(st.just(near.date()), max_size=1)),
    }
    try:
        return Event(**given)
    except ValidationError:
        return Event(**given | {"recurrence": None})


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    """A recurrence of the supported subset."""
    freq = draw(st.sampled_from(Frequency))
    numbered = freq in (Frequency.MONTHLY, Frequency.YEARLY)
    ordinals = st.sampled_from([1, 2, -1, 5]) if numbered and draw(st.booleans()) else st.just(0)
    byday = draw(st.lists(st.tuples(ordinals, st.integers(0, 6)), max_size=3, unique=True))
    bymonth = draw(st.lists(st.integers(1, 12), max_size=3, unique=True))
    wants_day = freq == Frequency.MONTHLY or (freq == Frequency.YEARLY and bymonth)
    bymonthday = draw(st.lists(st.sampled_from([1, 8, 9, 25, 28, -1, -3, -7]), max_size=2, unique=True)) if wants_day else []
    return Recurrence(
        freq=freq,
        interval=draw(st.integers(1, 3)),
        count=draw(st.none() | st.integers(1, 40)),
        byday=tuple(byday),
        bymonth=tuple(bymonth),
        bymonthday=tuple(bymonthday),
        wkst=draw(st.sampled_from([0, 6])),
    )


@st.composite
def calendars(draw: st.DrawFn) -> tuple[datetime, list[Rule]]:
    """A night when clocks change somewhere, and a set of rules around it; no overrides."""
    zone, near = draw(places)
    rules: list[Rule] = [
        window(f"company-{number}", group=draw(st.sampled_from(["", "desk"])), **draw(times(zone, near)), **draw(rarely))
        for number in range(draw(st.sampled_from([1, 1, 2, 3, 1, 0])))
    ]
    rules += [
        window(f"scoped-{number}", scope=draw(scopes), group=draw(st.sampled_from(["", "desk"])), **draw(times(zone, near)), **draw(rarely))
        for number in range(draw(st.sampled_from([0, 0, 1, 2])))
    ]
    rules += [block(f"block-{number}", scope=draw(scopes), **draw(times(zone, near))) for number in range(draw(st.sampled_from([0, 1, 2])))]
    if draw(st.sampled_from([False, False, False, True])):
        edge = datetime.combine(near.date(), datetime.min.time()) + timedelta(minutes=draw(minutes))
        begins = draw(st.sampled_from([edge, edge - FREEZE, edge - FREEZE / 2]))
        rules.append(block("freeze", timezone=zone, scope=draw(scopes), start=begins, end=begins + FREEZE))
    staff = draw(rosters(zone, near.date())) if draw(st.sampled_from([False, False, True])) else None
    if draw(st.booleans()) or (staff and staff.holidays):
        hours_of_its_own = draw(st.sampled_from([[], [{"date": near.date(), "hours": ["10:00-24:00"]}]]))
        scope = draw(st.sampled_from(["staff", {}])) if staff else {}
        dates = {near.date() + timedelta(days=more): "Holiday" for more in (0, 2)}
        rules.append(block("dates", timezone=zone, scope=scope, dates=dates, except_=hours_of_its_own))
    if staff:
        rules.append(staff)
    if draw(st.sampled_from([*[False] * 5, True])):
        rules.append(block("feed", scope=draw(scopes), unknown="the feed is three days old"))
    return near, rules


rarely = st.sampled_from([{}, {}, {"approval": "required"}])


def approvals(near: datetime, rules: list[Rule]) -> st.SearchStrategy[frozenset[tuple[str, date]]]:
    """Days near the moment that somebody approved for some of the rules."""
    days = st.tuples(
        st.sampled_from([rule.id for rule in rules] or ["none"]), st.integers(-2, 2).map(lambda more: near.date() + timedelta(days=more))
    )
    return st.frozensets(days, max_size=8)


@st.composite
def overrides(draw: st.DrawFn, near: datetime, rules: list[Rule]) -> OverrideRule:
    """An override of some of the rules, for some clients, that begins or ends near the moment."""
    names = [rule.id for rule in rules] + [rule.group for rule in rules if isinstance(rule, WindowRule) and rule.group]
    names += [f"{rule.id}/{role}" for rule in rules if isinstance(rule, StaffingRule) for role in rule.need]
    start = near + timedelta(minutes=draw(st.integers(-40, 20)) * 60)
    return override(
        *draw(st.one_of(st.just(names or ["none"]), st.lists(st.sampled_from(sorted(set(names)) or ["none"]), min_size=1, max_size=6, unique=True))),
        id=f"override-{draw(st.integers(0, 9))}",
        clients=draw(st.sampled_from(["all", "all", ["acme"], ["acme", "birch"]])),
        release=draw(st.sampled_from(["2026.12.1", "2026.12.1", "2026.12"])),
        start=start,
        end=start + timedelta(minutes=draw(st.sampled_from([60, 600, 2880]))),
    )


class World(NamedTuple):
    """Rules around a night when clocks change, overrides among them, and the days that people approved; None asks as if all were."""

    near: datetime
    rules: list[Rule]
    approved: frozenset[tuple[str, date]] | None

    def coverage(self) -> Coverage:
        """These calendars, compiled anew."""
        return Coverage(self.rules, "UTC", self.approved)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """All that calendars can say."""
    near, rules = draw(calendars())
    count = draw(st.sampled_from([0, 1, 1, 2]))
    waivers = draw(st.lists(overrides(near, rules), min_size=count, max_size=count, unique_by=lambda one: one.id))
    return World(near, [*rules, *waivers], draw(st.one_of(st.none(), approvals(near, rules), approvals(near, rules))))


@st.composite
def rosters(draw: st.DrawFn, zone: str, day: date) -> StaffingRule:
    """A roster of two people in three shifts at most, for one role or two; the block "dates" may be holidays of some."""
    shift = st.builds(
        lambda person, weekly, leave, own, holidays: {"person": person, "weekly": weekly, "leave": leave, "timezone": own, "holidays": holidays},
        st.sampled_from(["Dana", "Sam"]),
        weeklies,
        st.lists(st.just((day, day)), max_size=1),
        st.sampled_from([None, None, TORONTO]),
        st.sampled_from([None, None, "dates"]),
    )
    roster = {
        role: draw(st.lists(shift, min_size=draw(st.sampled_from([1, 2])), max_size=3))
        for role in draw(st.sampled_from([["escalation"], ["escalation", "qa"]]))
    }
    most = {role: len({one["person"] for one in shifts}) for role, shifts in roster.items()}
    need = {role: draw(st.sampled_from([1, people, {"mon-fri": people, "sun": 1}])) for role, people in most.items()}
    horizon = draw(st.sampled_from([None, day - timedelta(days=1), day, {"escalation": day}]))
    return staffing(timezone=zone, need=need, roster=roster, horizon=horizon, hard=draw(st.sampled_from([False, False, True])))


requests = st.builds(
    lambda parties, minutes, runway, kind, environment: Request(
        kind=kind,
        environment=environment,
        parties=tuple(parties),
        length=timedelta(minutes=minutes),
        runway=timedelta(minutes=runway),
        version=Version("2026.12.1"),
    ),
    st.sampled_from([(), PARTIES[:1], PARTIES[1:], PARTIES, PARTIES[::-1]]),
    st.sampled_from([0, 15, 60, 150, 400]),
    st.sampled_from([0, 0, 45]),
    st.sampled_from(["monthly", "hotfix"]),
    st.sampled_from(Environment),
)
