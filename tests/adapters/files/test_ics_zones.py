"""Which zone an iCalendar file's times are in: their own, else that of the sidecar, else that of X-WR-TIMEZONE. Never the reader's."""

from pathlib import Path

import pytest

from rollout.adapters.files.calendars import load_calendars
from rollout.core.coverage import BlockRule
from rollout.errors import FaultsFound
from tests.adapters.files.reading import calendar, faults, told

FLOATING = "DTSTART:20261102T090000\nDURATION:PT1H"
OWN = "X-WR-TIMEZONE:America/Vancouver"


def test_the_calendars_own_zone_counts_unless_it_is_given_one() -> None:
    days = ["UID:a\nDTSTART;VALUE=DATE:20261110", f"UID:b\n{FLOATING}", "UID:c\nDTSTART;TZID=Europe/Berlin:20261105T090000\nDURATION:PT1H"]
    text = calendar(*days, more=OWN)
    berlin = "11-05 08:00–09:00"
    assert told(text, timezone=None) == ["11-02 16:00–17:00", berlin, "11-10 07:00–11-11 07:00"]  # the west of Canada keeps summer time
    assert told(text, timezone="America/Toronto") == ["11-02 14:00–15:00", berlin, "11-10 05:00–11-11 05:00"]


def test_the_calendars_own_zone_may_have_its_windows_name() -> None:
    assert told(calendar(FLOATING, more="X-WR-TIMEZONE:Eastern Standard Time"), timezone=None) == ["11-02 14:00–15:00"]


def test_a_wrong_zone_of_its_own_is_a_fault_where_it_is_needed() -> None:
    wrong = calendar(FLOATING, more="X-WR-TIMEZONE:Mars/Base")
    assert faults(wrong, timezone=None) == ["x.ics:4 X-WR-TIMEZONE: Mars/Base is not a time zone; give a timezone beside the file, which then counts"]
    assert told(wrong, timezone="UTC") == ["11-02 09:00–10:00"]
    assert faults(calendar(FLOATING, more=f"{OWN}\nX-WR-TIMEZONE:Europe/Berlin"), timezone=None) == [
        "x.ics:5 X-WR-TIMEZONE: Europe/Berlin is not that of line 4; give a timezone beside the file, which then counts"
    ]
    assert faults(calendar(FLOATING), timezone=None) == [
        "x.ics names no zone of its own: it has no X-WR-TIMEZONE. Give a timezone, for its whole days and floating times"
    ]


def load(folder: Path, text: str, sidecar: str) -> BlockRule:
    """The rule of a calendar with that sidecar."""
    (folder / "x.ics").write_text(text)
    (folder / "x.ics.yaml").write_text(f"kind: block\nid: x\n{sidecar}")
    (rule,) = load_calendars(folder, "c")
    assert isinstance(rule, BlockRule)
    return rule


def test_a_sidecar_needs_no_timezone_if_the_calendar_has_one(tmp_path: Path) -> None:
    assert load(tmp_path, calendar(FLOATING, more=OWN), "").timezone == "America/Vancouver"
    assert load(tmp_path, calendar(FLOATING, more=OWN), "timezone: UTC\n").events[0].zone == "UTC"
    with pytest.raises(FaultsFound, match=r"^c/x\.ics names no zone of its own"):
        load(tmp_path, calendar(FLOATING), "")
    with pytest.raises(FaultsFound, match=r"^c/x\.ics:4 X-WR-TIMEZONE: Nowhere is not a time zone"):
        load(tmp_path, calendar(FLOATING, more="X-WR-TIMEZONE:Nowhere"), "")
    with pytest.raises(FaultsFound, match=r"^c/x\.ics\.yaml:3 timezone: Nowhere is not a time zone"):
        load(tmp_path, calendar(FLOATING, more=OWN), "timezone: Nowhere\n")


def test_only_a_calendar_with_a_sidecar_may_go_without_a_timezone(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("kind: block\nid: x\nweekly: {mon: ['09:00-10:00']}\n")
    with pytest.raises(FaultsFound, match=r"^c/x\.yaml:1 timezone: is missing$"):
        load_calendars(tmp_path, "c")


@pytest.mark.parametrize(
    ("begins", "expected"),
    [
        ("DTSTART;TZID=America/Toronto:20261102T090000Z", "20261102T090000Z is in UTC, and TZID=America/Toronto says otherwise; keep one"),
        ("DTSTART;TZID=Nowhere:20261102T090000Z", "TZID=Nowhere is not a time zone; write one such as America/Toronto"),
        (
            "DTSTART;VALUE=DATE;TZID=Europe/Berlin:20261102",
            "20261102 is a whole day of the calendar's zone, America/Toronto, and TZID=Europe/Berlin says otherwise",
        ),
        ("DTSTART;TZID=../../etc/passwd:20261102T090000", "TZID=../../etc/passwd is not a time zone; write one such as America/Toronto"),
        ("DTSTART;TZID=America:20261102T090000", "TZID=America is not a time zone; write one such as America/Toronto"),
        ("DTSTART;TZID=:20261102T090000", "TZID= is not a time zone; write one such as America/Toronto"),
    ],
)
def test_a_time_in_two_zones_or_in_none_is_a_fault(begins: str, expected: str) -> None:
    assert faults(calendar(f"{begins}\nDURATION:P1D")) == [f"x.ics:6 DTSTART: {expected}"]


def test_a_vtimezone_of_ones_own_making_is_not_followed() -> None:
    own = "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
    own += "TZOFFSETFROM:-0500\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE"
    text = calendar("DTSTART;TZID=Customized Time Zone:20261102T090000\nDURATION:PT1H", more=own)
    assert faults(text) == ["x.ics:14 DTSTART: TZID=Customized Time Zone is not a time zone; write one such as America/Toronto"]
