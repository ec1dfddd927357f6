"""Damage to the structure of a sound calendar never opens time: it is a fault, or what is left is open at no time that was not open before.

(A changed digit is another sound calendar, and none of this.)
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout.adapters.files.calendars import load_calendars
from rollout.core.clients import Environment
from rollout.core.coverage import Request, compile_coverage
from rollout.core.coverage.spans import difference
from rollout.core.coverage.zones import Span, instant
from rollout.errors import FaultsFound
from tests.adapters.files.reading import calendar

ASKED = Request(kind="monthly", environment=Environment.PRODUCTION)
START = datetime(2026, 10, 20, tzinfo=UTC)
ALWAYS = "kind: window\nid: always\ntimezone: UTC\nweekly: {mon-sun: ['00:00-24:00']}\n"
EVENTS = calendar(
    "UID:w\nSUMMARY:Weekly\nDTSTART;TZID=America/Toronto:20261019T090000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=30\n"
    "EXDATE;TZID=America/Toronto:20261102T090000\nRDATE;VALUE=PERIOD:20261103T140000Z/PT3H",
    "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/Toronto:20261109T090000\nDTSTART;TZID=America/Toronto:20261109T110000\nDURATION:PT1H",
    "UID:w\nRECURRENCE-ID;TZID=America/Toronto:20261111T090000\nDTSTART;TZID=Europe/Berlin:20261112T090000\nDURATION:PT1H",
    "UID:d\nDTSTART;VALUE=DATE:20261105\nDTEND;VALUE=DATE:20261107",
    "UID:u\nDTSTART:20261101T050000Z\nDTEND:20261101T073000Z\nRRULE:FREQ=DAILY;UNTIL=20261110T050000Z",
)
HOURS = calendar(
    "UID:a\nDTSTART:20261020T000000Z\nDTEND:20261120T000000Z\nBEGIN:AVAILABLE\nUID:h\nDTSTART;TZID=America/Toronto:20261020T090000\n"
    "DTEND;TZID=America/Toronto:20261020T170000\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\nEND:AVAILABLE",
    name="VAVAILABILITY",
)
RULES = """\
kind: window
id: coverage
timezone: America/Toronto
weekly: {mon-fri: ["09:00-17:00"]}
except: [{date: 2026-10-29, hours: ["09:00-12:00"], why: early close}]
---
kind: block
id: days
timezone: America/Toronto
dates:
  2026-11-05: Away
  2026-11-06: Away
---
kind: block
id: freeze
timezone: America/Toronto
start: 2026-11-10T17:00
end: 2026-11-12T09:00
"""

Opens = Callable[..., list[Span] | None]


@pytest.fixture(scope="module")
def opens(tmp_path_factory: pytest.TempPathFactory) -> Opens:
    """When a folder of calendars is open, as spans; None if it has faults, for then nothing is."""
    folder = tmp_path_factory.mktemp("damaged")

    def found(**files: str | bytes) -> list[Span] | None:
        for path in folder.iterdir():
            path.unlink()
        for name, content in files.items():
            (folder / name.replace("__", ".")).write_bytes(content if isinstance(content, bytes) else content.encode())
        try:
            coverage = compile_coverage(load_calendars(folder), timezone="UTC")
        except FaultsFound:
            return None
        return [(instant(one.start), instant(one.end)) for one in coverage.windows(ASKED, START, START + timedelta(days=32))]

    return found


def ics_files(text: str | bytes, kind: str) -> dict[str, str | bytes]:
    """A calendar with its sidecar; beside a block a window that is always open."""
    files: dict[str, str | bytes] = {"x__ics": text, "x__ics__yaml": f"kind: {kind}\nid: x\ntimezone: America/Toronto\n"}
    return files if kind == "window" else files | {"always__yaml": ALWAYS}


def lines_of(text: str) -> list[str]:
    return text.split("\r\n")


def without_a_line_of_the_frame(draw: st.DrawFn, text: str) -> bytes:
    """A BEGIN or an END is lost."""
    lines = lines_of(text)
    lost = draw(st.sampled_from([number for number, line in enumerate(lines) if line.startswith(("BEGIN", "END"))]))
    return "\r\n".join(lines[:lost] + lines[lost + 1 :]).encode()


def cut_short(draw: st.DrawFn, text: str) -> bytes:
    """The file ends somewhere, also in the middle of a line."""
    return text.encode()[: draw(st.integers(0, len(text.encode()) - 3))]


def with_an_unknown_zone(draw: st.DrawFn, text: str) -> bytes:
    """One time is in a zone that nobody knows."""
    lines = lines_of(text)
    hit = draw(st.sampled_from([number for number, line in enumerate(lines) if "TZID=" in line]))
    lines[hit] = lines[hit].replace("America/", "Mars/").replace("Europe/", "Mars/")
    return "\r\n".join(lines).encode()


def with_a_bad_rule(draw: st.DrawFn, text: str) -> bytes:
    """One rule has a part that is not understood."""
    bad = draw(st.sampled_from(["FREQ=HOURLY", "FREQ=", "FREQ=WEEKLY;BYDAY=", "FREQ=WEEKLY;BYWEEKNO=3", "FREQ=WEEKLY;COUNT=0", "WEEKLY", ""]))
    lines = lines_of(text)
    hit = draw(st.sampled_from([number for number, line in enumerate(lines) if line.startswith("RRULE")]))
    lines[hit] = f"RRULE:{bad}"
    return "\r\n".join(lines).encode()


def with_bytes_that_are_no_text(draw: st.DrawFn, text: str) -> bytes:
    """Some bytes became something else than text."""
    data = text.encode()
    hit = draw(st.integers(0, len(data) - 1))
    return data[:hit] + draw(st.sampled_from([b"\0", b"\xff\xfe", b"\x80", b"\xc3"])) + data[hit + 1 :]


DAMAGES = (without_a_line_of_the_frame, cut_short, with_an_unknown_zone, with_a_bad_rule, with_bytes_that_are_no_text)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from(DAMAGES), st.sampled_from([EVENTS, HOURS]), st.sampled_from(["block", "window"]))
def test_a_damaged_icalendar_file_never_opens_time(
    opens: Opens, data: st.DataObject, damage: Callable[[st.DrawFn, str], bytes], text: str, kind: str
) -> None:
    before = opens(**ics_files(text, kind))
    after = opens(**ics_files(damage(data.draw, text), kind))
    assert before
    assert after is None or difference(after, before) == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_yaml_calendar_never_opens_time(opens: Opens, data: st.DataObject) -> None:
    """A mark of its structure is lost, or an indent, or bytes are no text.

    One that ends after a whole entry is another sound calendar, and nobody could tell; lock files say where they end, and are cut in test_calendars.
    """
    before = opens(all__yaml=RULES)
    assert before
    kind = data.draw(st.sampled_from(["mark", "indent", "text"]))
    if kind == "text":
        damaged = with_bytes_that_are_no_text(data.draw, RULES)
    else:
        marks = [number for number, sign in enumerate(RULES) if (sign in ':[]{}"' if kind == "mark" else RULES[number - 1 : number + 1] == "\n ")]
        hit = data.draw(st.sampled_from(marks))
        damaged = (RULES[:hit] + RULES[hit + 1 :]).encode()
    after = opens(all__yaml=damaged)
    assert after is None or difference(after, before) == []
