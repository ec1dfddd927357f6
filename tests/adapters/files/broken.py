"""Calendars that are broken, each in one way, and what is told of them. Run as a program, it reads each under a limit of memory and tells the cost.

Small ones are written out; large ones are made when they are read. Each is a folder: a calendar of somebody else's with its sidecar, or YAML.
"""

import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

MEGABYTE = 1_000_000
MOST_MEMORY = 200 * MEGABYTE
SIDECAR = "kind: {kind}\nid: vendor\ntimezone: America/Toronto\n"
FRAME = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n"
EVENT = "BEGIN:VEVENT\r\nUID:e\r\n{}\r\nEND:VEVENT\r\n"
TIMED = "DTSTART:20261101T090000Z\r\nDURATION:PT1H"
SOUND = FRAME.format(EVENT.format(f"SUMMARY:Move of the data centre\r\n{TIMED}\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU"))
RULE = "kind: block\nid: freeze\ntimezone: America/Toronto\n"
ROSTER = "kind: staffing\nid: roster\ntimezone: UTC\nneed: {{qa: {need}}}\nroster:\n  qa:\n  - {{person: Dana, weekly: {weekly}, leave: {leave}}}\n"

Content = str | bytes | Callable[[], str | bytes]


class Case(NamedTuple):
    """A broken folder: its files by name, and where and how what is told of it begins."""

    name: str
    files: dict[str, Content]
    told: str


def ics(name: str, content: Content, told: str, *, kind: str = "block", sidecar: str = SIDECAR) -> Case:
    """A broken calendar beside a sound sidecar; `told` begins with the line."""
    return Case(name, {"x.ics": content, "x.ics.yaml": sidecar.format(kind=kind)}, f"c/x.ics{told}")


def event(name: str, lines: str, told: str, *, kind: str = "block") -> Case:
    """A calendar with one event, which begins in line 3, and whose own lines begin in line 5."""
    return ics(name, FRAME.format(EVENT.format(lines.replace("\n", "\r\n"))), told, kind=kind)


def rule(name: str, text: str, told: str) -> Case:
    """An event at a sound time with that rule, which is in line 7."""
    return event(name, f"{TIMED}\nRRULE:{text}", f":7 RRULE: {told}")


def document(name: str, content: Content, told: str) -> Case:
    """A broken YAML file."""
    return Case(name, {"x.yaml": content}, f"c/x.yaml{told}")


def _frame() -> Iterator[Case]:
    cut = {
        "in its first word": (12, ":1 BEGIN:VCALEN has no END; the file is cut short"),
        "in its first line's end": (15, ":1 BEGIN:VCALENDAR has no END; the file is cut short"),
        "in the name of a property": (21, ":2 'VERS' is not a content line NAME:VALUE"),
        "in the event's first line": (36, ":3 BEGIN: has no END; the file is cut short"),
        "in a text": (SOUND.index("data centre"), ":1 BEGIN:VCALENDAR has no END; the file is cut short"),
        "in a time": (SOUND.index("T090000Z"), ":1 BEGIN:VCALENDAR has no END; the file is cut short"),
        "in a rule": (SOUND.index("EKLY"), ":1 BEGIN:VCALENDAR has no END; the file is cut short"),
        "before the event's end": (SOUND.index("END:VEVENT"), ":1 BEGIN:VCALENDAR has no END; the file is cut short"),
        "in the event's end": (SOUND.index("END:VEVENT") + 6, ":9 END:VE closes what is not open"),
        "before the calendar's end": (SOUND.index("END:VCALENDAR"), ":1 BEGIN:VCALENDAR has no END; the file is cut short"),
        "in the calendar's end": (SOUND.index("END:VCALENDAR") + 8, ":10 END:VCAL closes what is not open"),
    }
    yield from (ics(f"cut {where}", SOUND[:at], told) for where, (at, told) in cut.items())
    yield ics("nothing", "", " holds no VCALENDAR; is it cut short, or another kind of file?")
    yield ics("empty lines", "\r\n" * 100, " holds no VCALENDAR")
    yield ics("a byte order mark alone", b"\xef\xbb\xbf", " holds no VCALENDAR")
    yield ics(
        "a page that asks to sign in", "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", ":1 '<!DOCTYPE html>' is not a content line NAME:VALUE"
    )
    yield ics("JSON", '{"error": "not found"}', ':1 \'{"error": "not found"}\' is not a content line')
    yield ics("lost END:VEVENT", SOUND.replace("END:VEVENT\r\n", ""), ":9 END:VCALENDAR closes what is not open")
    yield ics("lost BEGIN:VEVENT", SOUND.replace("BEGIN:VEVENT\r\n", ""), ":8 END:VEVENT closes what is not open")
    yield ics("lost BEGIN:VCALENDAR", SOUND.replace("BEGIN:VCALENDAR\r\n", ""), ":1 VERSION stands outside of any VCALENDAR")
    yield ics("crossed ENDs", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n", ":3 END:VCALENDAR closes what is not open")
    yield ics("an event alone", EVENT.format(TIMED), ":1 VEVENT is not a VCALENDAR")
    yield ics("an event within an event", SOUND.replace("END:VEVENT", f"{EVENT.format(TIMED)}END:VEVENT"), ":9 VEVENT: stands within VEVENT")
    yield ics("busy times", FRAME.format("BEGIN:VFREEBUSY\nEND:VFREEBUSY\n"), ":3 VFREEBUSY: is not supported, and is not skipped either")
    yield ics("a calendar of 1996", SOUND.replace("2.0", "1.0"), ":2 VERSION: 1.0 is not 2.0")
    yield ics("another calendar than ours", SOUND.replace("VERSION:2.0", "CALSCALE:HEBREW"), ":2 CALSCALE: HEBREW is not GREGORIAN")
    yield ics("a message that cancels", SOUND.replace("VERSION:2.0", "METHOD:CANCEL"), ":2 METHOD: CANCEL is not PUBLISH or REQUEST")
    yield ics("no zone", SOUND, " names no zone of its own", sidecar="kind: block\nid: vendor\n")
    yield ics("a wrong zone of its own", SOUND.replace("VERSION:2.0", "X-WR-TIMEZONE:Moon"), ":2 X-WR-TIMEZONE: Moon", sidecar="kind: block\nid: v\n")
    yield ics("a category that nothing has", SOUND, " CATEGORIES: no event has the category WORK", sidecar=SIDECAR + "categories: [WORK]\n")


def _encodings() -> Iterator[Case]:
    yield ics("UTF-16", SOUND.encode("utf-16"), ":1 is not text in UTF-8 but in UTF-16; save it again as UTF-8")
    yield ics("UTF-16 without its mark", SOUND.encode("utf-16-le"), ":1 holds a NUL byte: it is damaged, or not text in UTF-8")
    yield ics("Latin-1", SOUND.replace("Move", "D\xe9m\xe9nagement").encode("latin-1"), ":5 is not text in UTF-8; save it again as UTF-8")
    yield ics("a NUL byte", SOUND.replace("Move", "Mo\0ve"), ":5 holds a NUL byte")
    yield ics("compressed", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + bytes(range(1, 256)), ":1 holds a NUL byte")
    yield ics("line ends of 1990", SOUND.replace("\r\n", "\r"), ":1 BEGIN:VCALENDAR\rVERSION")
    yield document("YAML in UTF-16", RULE.encode("utf-16"), ":1 holds a NUL byte: it is damaged, or not text in UTF-8")
    yield document("YAML in UTF-16 without its mark", RULE.encode("utf-16-le"), ":1 holds a NUL byte: it is damaged")
    yield document("YAML in Latin-1", f"{RULE}why: \xe9t\xe9\n".encode("latin-1"), " is not text in UTF-8; save it again as UTF-8")
    yield document("YAML with a NUL byte", f"{RULE}why: a\0b\n", ":4 holds a NUL byte")
    yield document("YAML that is a picture", b"\x89PNG\r\n\x1a\n" + bytes(200), ":3 holds a NUL byte")


def _large() -> Iterator[Case]:
    yield ics(
        "a line of a megabyte", lambda: SOUND.replace("Move", "M" * MEGABYTE), ":5 is a line of 1000027 characters; the longest may have 100000"
    )
    folded = " aaaaaaaaa\r\n" * 100_000
    yield ics("a line folded 100,000 times", lambda: SOUND.replace("Move", f"\r\n{folded}"), ":5 is a line of 9")
    yield ics("eleven megabytes", lambda: "X" * 11 * MEGABYTE, " has more than 10000000 bytes")
    yield ics("a million lines", lambda: FRAME.format("X:1\n" * MEGABYTE), " has more than 400000 lines")
    yield ics("nested 100,000 deep", lambda: "BEGIN:VCALENDAR\n" * 100_000, ":11 is nested more than 10 deep")
    yield ics("100,000 lines that are none", lambda: FRAME.format("?\n" * 100_000), ":3 '?' is not a content line")
    yield ics("a parameter 9,000 times", lambda: SOUND.replace("SUMMARY", "SUMMARY" + ";LANGUAGE=e" * 9000), ":5 SUMMARY: gives a parameter twice")
    yield ics("a quote that never ends", lambda: SOUND.replace("SUMMARY:", 'SUMMARY;X="' + ";A=b:" * 15_000), ":5 'SUMMARY;X=")
    exdates = "EXDATE:" + ",".join(["20261101T090000Z"] * 5000) + "\r\n"
    yield event("a hundred thousand dates taken out", TIMED, ":26 EXDATE: is beyond the 100000")._replace(
        files={"x.ics": lambda: FRAME.format(EVENT.format(TIMED + "\r\n" + exdates * 40)), "x.ics.yaml": SIDECAR.format(kind="block")}
    )
    yield ics(
        "30,000 broken events",
        lambda: FRAME.format("".join(EVENT.format("DTSTART:now").replace("UID:e", f"UID:{number}") for number in range(30_000))),
        ":5 DTSTART: now is not a date or a time",
    )
    yield rule("a rule of 10,000 parts", "FREQ=DAILY" + ";X=1" * 10_000, "X=1 is not a part NAME=VALUE, or stands there twice")
    yield rule(
        "a rule of 12,000 weekdays",
        "FREQ=MONTHLY;BYDAY=" + ",".join(f"{number}MO" for number in range(1, 12_000)),
        "BYDAY counts weekdays up to 5 here",
    )
    changes = "\r\n".join("RECURRENCE-ID;RANGE=THISANDFUTURE:20300101T000000Z" for _ in range(2))
    yield event("two RECURRENCE-IDs", f"{TIMED}\n{changes}", ":8 RECURRENCE-ID: stands there twice")
    yield document("an alias bomb", lambda: _bomb(), ":4 a3: refers to itself, or repeats a part too often")
    yield document("nested 100,000 deep in YAML", lambda: "a: " + "[" * 100_000, ":1 is nested more than 50 deep")
    yield document("a mapping nested 10,000 deep", lambda: "{a: " * 10_000, ":1 is nested more than 50 deep")
    yield document("a rule of five megabytes", lambda: f"{RULE}why: {'x' * 5 * MEGABYTE}\n", " has more than 4000000 bytes")
    yield document(
        "100,000 dates that are none",
        lambda: f"{RULE}dates:\n" + "".join(f"  x{number}: day\n" for number in range(100_000)),
        ":1 holds more than 20000 values in one rule; split it",
    )
    yield document("9,000 dates that are none", lambda: f"{RULE}dates:\n" + "".join(f"  x{number}: day\n" for number in range(9_000)), ":5 dates.x0")
    yield document("a number of 100,000 digits", lambda: f"{RULE}hard: {'9' * 100_000}\n", ":4 hard: must be true or false")


def _bomb() -> str:
    """Ten times ten, ten times over."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]" for number in range(1, 12)]
    return "\n".join([*lines, ""])


def _rules() -> Iterator[Case]:
    yield rule("a million occurrences", "FREQ=DAILY;COUNT=1000000", "COUNT must be at most 10000")
    yield rule("no occurrence", "FREQ=DAILY;COUNT=0", "COUNT must be at least 1")
    yield rule("fewer than none", "FREQ=DAILY;COUNT=-3", "COUNT must be at least 1")
    yield rule("never again", "FREQ=DAILY;INTERVAL=0", "INTERVAL must be at least 1")
    yield rule("once in a geological age", "FREQ=YEARLY;INTERVAL=999999999", "INTERVAL must be at most 1000")
    yield rule("an interval of twenty digits", "FREQ=YEARLY;INTERVAL=99999999999999999999", "99999999999999999999 is not a whole number")
    yield rule("every second", "FREQ=SECONDLY", "FREQ=SECONDLY is outside the supported subset: DAILY, WEEKLY, MONTHLY, YEARLY")
    yield rule("a rule of nothing", "", "an empty part is not a part NAME=VALUE")
    yield rule("cut short in a part", "FREQ=WEEKLY;BYDAY=", "BYDAY= is not a part NAME=VALUE")
    yield rule("cut short in a weekday", "FREQ=WEEKLY;BYDAY=MO,T", "T is not a weekday; write MO, or 2TU for the second Tuesday")
    yield rule("no such weekday", "FREQ=WEEKLY;BYDAY=XX", "XX is not a weekday")
    yield rule("no such day", "FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY is from 1 to 31, or -31 to -1")
    yield rule("the 30th of February", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "names no day on which it ever happens")
    yield rule("until when?", "FREQ=DAILY;UNTIL=CHRISTMAS", "UNTIL=CHRISTMAS is not a moment; write it as 20261231T235959Z")
    yield rule("a number and an end", "FREQ=DAILY;COUNT=3;UNTIL=20261231T000000Z", "has both COUNT and UNTIL; keep one")
    yield rule("weeks of the year", "FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO is outside the supported subset; write the rule without it")
    yield rule("digits of another script", "FREQ=DAILY;INTERVAL=\u0663", "\u0663 is not a whole number")
    yield event("two rules", f"{TIMED}\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", ":8 RRULE: stands there twice")
    yield event("a rule that excludes", f"{TIMED}\nEXRULE:FREQ=DAILY", ":7 EXRULE: is not supported; list the dates in EXDATE")
    later = f"{EVENT.format(TIMED)}{EVENT.format('RECURRENCE-ID;RANGE=THISANDFUTURE:20261102T090000Z')}"
    yield ics("a change of all later ones, of none", FRAME.format(later), ":10 RECURRENCE-ID: 20261102T090000Z is no occurrence of the series")
    yield event(
        "a change of a series that is not there", f"{TIMED}\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261101T090000Z", ":7 RECURRENCE-ID: changes a series"
    )
    one = f"{EVENT.format(TIMED)}{EVENT.format(f'RECURRENCE-ID:20261102T090000Z{chr(13)}{chr(10)}{TIMED}')}"
    yield ics("a change of an occurrence that is not there", FRAME.format(one), ":10 RECURRENCE-ID: 20261102T090000Z is no occurrence", kind="window")


def _times() -> Iterator[Case]:
    start = "DTSTART:20261101T090000Z"
    yield event("no start", "SUMMARY:when?", ":3 DTSTART: is missing")
    yield event("two starts", f"{start}\n{TIMED}", ":6 DTSTART: stands there twice")
    yield event("no length", start, ":3 DTSTART: has neither DTEND nor DURATION, so the event has no length")
    yield event("a negative length", f"{start}\nDURATION:-PT1H", ":6 DURATION: -PT1H is not a length of time; write it as PT4H or P1D")
    yield event("a length of nothing", f"{start}\nDURATION:PT0S", ":6 DURATION: PT0S is not a length of time")
    yield event("a length without numbers", f"{start}\nDURATION:P", ":6 DURATION: P is not a length of time")
    yield event("a length in words", f"{start}\nDURATION:1 hour", ":6 DURATION: 1 hour is not a length of time")
    yield event("a length of a century", f"{start}\nDURATION:P36500D", ":6 DURATION: makes an event of 36500 days; the longest may have 3660")
    yield ics("a decade every day", lambda: _decades(), ":7 RRULE: makes an event of 3650 days recur DAILY, which may last 31 days; write one long")
    yield event("a summer every week", f"{start}\nDURATION:P32D\nRRULE:FREQ=WEEKLY", ":7 RRULE: makes an event of 32 days recur WEEKLY")
    yield event("two years every year", f"{start}\nDURATION:P730D\nRRULE:FREQ=YEARLY", ":7 RRULE: makes an event of 730 days recur YEARLY")
    yield event("hours of a whole day", "DTSTART;VALUE=DATE:20261101\nDURATION:PT4H", ":6 DURATION: PT4H must be whole days")
    yield event("an end before the start", f"{start}\nDTEND:20261101T080000Z", ":6 DTEND: 20261101T080000Z is not after DTSTART")
    yield event("an end at the start", f"{start}\nDTEND:20261101T090000Z", ":6 DTEND: 20261101T090000Z is not after DTSTART")
    yield event("an end beside a length", f"{TIMED}\nDTEND:20261101T100000Z", ":6 DURATION: stands beside DTEND; keep one")
    yield event("two ends", f"{start}\nDTEND:20261101T100000Z\nDTEND:20261101T110000Z", ":7 DTEND: stands there twice")
    yield event("a zone that nobody knows", "DTSTART;TZID=Mars/Base:20261101T090000", ":5 DTSTART: TZID=Mars/Base is not a time zone")
    yield event("two zones", "DTSTART;TZID=UTC;TZID=Europe/Berlin:20261101T090000", ":5 DTSTART: gives a parameter twice; keep one")
    yield event(
        "a zone that is a file", "DTSTART;TZID=../../../etc/passwd:20261101T090000", ":5 DTSTART: TZID=../../../etc/passwd is not a time zone"
    )
    yield event("a zone of 50,000 letters", f"DTSTART;TZID={'Z' * 50_000}:20261101T090000", ":5 DTSTART: TZID=ZZZ")
    yield event("UTC in a zone", "DTSTART;TZID=Europe/Berlin:20261101T090000Z", ":5 DTSTART: 20261101T090000Z is in UTC, and TZID=Europe/Berlin")
    yield event("a time said to be a date", "DTSTART;VALUE=DATE:20261101T090000", ":5 DTSTART: 20261101T090000 is not a date; write 20261224")
    yield event("a date said to be a time", "DTSTART;VALUE=DATE-TIME:20261101", ":5 DTSTART: 20261101 is not a time; write 20261224T090000Z")
    yield event("a period for a start", "DTSTART;VALUE=PERIOD:20261101T090000Z/PT1H", ":5 DTSTART: 20261101T090000Z/PT1H is not a date or a time")
    yield event("a date to a time", "DTSTART;VALUE=DATE:20261101\nDTEND:20261102T000000Z", ":6 DTEND: must be a date if DTSTART is one")
    yield event("the year 0", "DTSTART:00000101T000000Z", ":5 DTSTART: 00000101T000000Z is not a date or a time")
    yield event("the year 9999", "DTSTART:99991231T235959Z", ":5 DTSTART: 99991231T235959Z is outside the years 1900 to 2199")
    yield event("the year 1601", "DTSTART:16010101T000000Z", ":5 DTSTART: 16010101T000000Z is outside the years 1900 to 2199")
    yield event("the 30th of February, once", "DTSTART;VALUE=DATE:20260230", ":5 DTSTART: 20260230 is not a date or a time")
    yield event("an hour that no clock shows", "DTSTART:20261101T250000Z", ":5 DTSTART: 20261101T250000Z is not a date or a time")
    yield event("a time as people write it", "DTSTART:2026-11-01 09:00", ":5 DTSTART: 2026-11-01 09:00 is not a date or a time")
    yield event("a period without an end", f"{TIMED}\nRDATE;VALUE=PERIOD:20261102T090000Z", ":7 RDATE: 20261102T090000Z is not a period")
    yield event("a date for a time taken out", f"{TIMED}\nEXDATE:tomorrow", ":7 EXDATE: tomorrow is not a date or a time")
    yield event("a status misspelt", f"{TIMED}\nSTATUS:CANCELED", ":7 STATUS: CANCELED is none of CONFIRMED, TENTATIVE, CANCELLED", kind="window")
    yield event("an edition that is no number", f"{TIMED}\nSEQUENCE:-1", ":7 SEQUENCE: -1 is not a whole number")
    yield ics("no UID", FRAME.format(EVENT.format(TIMED).replace("UID:e\r\n", "")), ":3 UID: is missing: this VEVENT cannot be told from others")
    yield ics("one UID for two", FRAME.format(EVENT.format(TIMED) * 2), ":8 UID: e is also the UID of the event in line 3; give each its own")
    away = "BEGIN:VAVAILABILITY\r\nUID:{}\r\nEND:VAVAILABILITY\r\n"
    yield ics("two availabilities at once", FRAME.format(away.format("a") + away.format("b")), ":6 PRIORITY: is that of line 3 too")


def _decades() -> str:
    """A hundred events of ten years, each of which begins anew every day."""
    lasting = "DTSTART:20261101T090000Z\r\nDURATION:P3650D\r\nRRULE:FREQ=DAILY"
    return FRAME.format("".join(EVENT.format(lasting).replace("UID:e", f"UID:e{number}") for number in range(100)))


def _documents() -> Iterator[Case]:
    yield document("an empty document", "", ":1 is empty; write a rule, or delete the file")
    yield document("a comment alone", "# nothing yet\n", ":1 is empty")
    yield document("a list", "- kind: block\n", ":1 must be a mapping of fields")
    yield document("cut in a quote", f'{RULE}why: "unfinished', ":4 is not YAML: ")
    yield document("cut in a list", f"{RULE}weekly: {{mon-fri: ['09:00-17:00'", ":5 is not YAML: did not find expected")
    yield document("cut in a word", RULE[:-9] + "\n", ":3 timezone: ")
    yield document("cut before its times", RULE, ":1 names no time; give weekly hours, dates, or a start and an end")
    yield document("tabs", f"{RULE}weekly:\n\tmon: ['09:00-10:00']\n", ":5 is not YAML: ")
    yield document("a field given twice", f"{RULE}why: a\nwhy: b\n", ":5 why: is given twice; keep one")
    yield document("a field that is not known", f"{RULE}holidays: yes\n", ":4 holidays: is not a known field")
    yield document("a kind that is not known", RULE.replace("block", "freeze"), ":1 kind: freeze is no kind of rule")
    yield document("an object of Python", "!!python/object/apply:os.system ['true']\n", ":1 must be a mapping of fields")
    yield document("a document that holds itself", "&a\nkind: block\nid: x\nscope: *a\n", ":4 scope: refers to itself, or repeats a part too often")
    yield document("an anchor that is not there", f"{RULE}scope: *nobody\n", ":4 is not YAML: ")
    yield document("a zone that is not there", RULE.replace("Toronto", "Torono"), ":3 timezone: America/Torono is not a time zone; did you mean")
    yield document("hours that no clock shows", f"{RULE}weekly: {{mon: ['25:00-26:00']}}\n", ":4 weekly.mon[0]: 25:00-26:00 names a time")
    yield document("the 30th of February in YAML", f"{RULE}dates: {{2026-02-30: nothing}}\n", ":4 dates.2026-02-30: 2026-02-30 is no date")
    yield document("the year 0 in YAML", f"{RULE}dates: {{0000-01-01: nothing}}\n", ":4 dates.0000-01-01: 0000-01-01 is no date")
    yield document("the year 9999 in YAML", f"{RULE}start: 2026-01-01T00:00\nend: 9999-12-31T23:59\n", ":5 end: 9999-12-31T23:59 is no moment")
    yield document(
        "an end before the start in YAML", f"{RULE}start: 2026-02-01T00:00\nend: 2026-01-01T00:00\n", ":1 end 2026-01-01T00:00:00 is not after"
    )
    yield document("an end without a start", f"{RULE}end: 2026-01-01T00:00\n", ":1 has an end but no start; give both")
    yield document("a version of tomorrow", f"version: 2\n{RULE}", ":1 version: must be 1, is 2")
    yield document("two rules of one name", f"{RULE}dates: {{2026-12-25: a}}\n---\n{RULE}dates: {{2026-12-25: a}}\n", ":6 id: freeze is also the id")
    yield document("too few people", ROSTER.format(need=2, weekly="{mon: ['09:00-10:00']}", leave="[]"), ":1 qa needs 2, but the roster names 1")
    yield document(
        "a leave that ends before it starts",
        ROSTER.format(need=1, weekly="{mon: ['09:00-10:00']}", leave="['2026-12-09..2026-12-01']"),
        ":7 roster.qa[0].leave[0]: 2026-12-09..",
    )
    yield document(
        "a shift on no day", ROSTER.format(need=1, weekly="{moonday: ['09:00-10:00']}", leave="[]"), ":7 roster.qa[0].weekly.moonday: moonday"
    )
    yield document("a roster that is cut short", ROSTER.format(need=1, weekly="{mon: ['09:00-10:00']}", leave="[]")[:-20], ":7 is not YAML: ")
    yield document("a roster that is a list", "kind: staffing\nid: r\ntimezone: UTC\nneed: {qa: 1}\nroster: [Dana]\n", ":5 roster: must be a mapping")
    yield Case("no sidecar", {"x.ics": SOUND}, "c/x.ics needs a sidecar x.ics.yaml that gives its kind, id, scope and timezone")
    yield Case("a sidecar alone", {"x.ics.yaml": SIDECAR.format(kind="block")}, "c/x.ics cannot be read: No such file or directory")
    for name, sidecar, told in (
        ("a sidecar that is cut short", "kind: block\nid: ven", "c/x.ics names no zone of its own"),
        ("a sidecar with a field that is not known", SIDECAR.format(kind="block") + "category: X\n", "c/x.ics.yaml:4 category: is not a known field"),
        ("a sidecar without a kind", "id: x\ntimezone: UTC\n", "c/x.ics.yaml:1 kind: is missing"),
        ("a sidecar that is empty", "", "c/x.ics.yaml:1 is empty"),
        ("a sidecar of another kind", "kind: override\nid: x\n", "c/x.ics.yaml:1 clients: is missing"),
    ):
        yield Case(name, {"x.ics": SOUND, "x.ics.yaml": sidecar}, told)


CASES = (*_frame(), *_encodings(), *_large(), *_rules(), *_times(), *_documents())


def read(case: Case, folder: Path) -> list[str]:
    """What is told of the case; nothing if it was read as if it were sound."""
    from rollout.adapters.files.calendars import load_calendars
    from rollout.errors import FaultsFound

    for name, content in case.files.items():
        made = content() if callable(content) else content
        (folder / name).write_bytes(made if isinstance(made, bytes) else made.encode())
    try:
        load_calendars(folder, "c")
    except FaultsFound as error:
        return [str(fault) for fault in error.faults]
    return []


def _told_by_child(case: Case) -> dict[str, object]:
    """Read the case in a process of its own, so that its cost is its own."""
    with tempfile.TemporaryDirectory() as folder:
        answer, into = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(answer)
            signal.alarm(30)  # one that hangs is killed, and has told nothing
            faults = read(case, Path(folder))
            os.write(into, json.dumps([fault[:200] for fault in faults[:5]]).encode())
            os._exit(0)
        os.close(into)
        with os.fdopen(answer, "rb") as found:
            faults = found.read()
        _, status, used = os.wait4(child, 0)
    return {
        "name": case.name,
        "status": status,
        "faults": json.loads(faults or b"[]"),
        "seconds": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss * 1024 / MEGABYTE,
    }


def main() -> None:
    """Read every case, each within the limits, and tell one line of JSON of each."""
    import rollout.wiring.calendars  # noqa: F401  # what a process has loaded before it reads calendars
    from rollout.adapters.files.calendars import load_calendars  # noqa: F401
    from rollout.adapters.files.zones import force_bundled_zones

    force_bundled_zones()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    room = pages * resource.getpagesize() + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    for case in CASES:
        sys.stdout.write(json.dumps(_told_by_child(case)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
