"""What the command line says of coverage: months by letters, moments by all that is known of a blocker, days that people approve."""

import pytest

from tests.cli.calling import ask, call
from tests.playing import Play

DESK = "calendars/coverage.yaml"


@pytest.fixture
def proposing(play: Play) -> Play:
    """The play in which no day counts that nobody approved."""
    file = play.folder / DESK
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("id: support-coverage\n", "id: support-coverage\napproval: required\n"), encoding="utf-8")
    return play


def test_a_month_is_drawn_in_letters_that_are_explained(proposing: Play) -> None:
    assert call("-C", proposing.folder, "coverage", "approve", "2026-12-07..2026-12-09", "--note", "two at the desk").code == 0
    lines = call("-C", proposing.folder, "coverage", "show", "--month", "2026-12").out.splitlines()
    assert lines[:4] == [
        "December 2026 (America/Toronto)",
        "Mon   Tue   Wed   Thu   Fri   Sat   Sun",
        "       1 P   2 P   3 P   4 P   5 -   6 -",
        " 7 A   8 A   9 A  10 P  11 P  12 -  13 -",
    ]
    assert lines[7] == "A approved (one may deploy), P proposed (somebody has to approve it), - closed"
    by_day = {line.split()[1]: line for line in lines if line[4:8] == "2026"}
    assert "proposed  09:00-16:00" in by_day["2026-12-10"]
    assert by_day["2026-12-10"].endswith("which nobody has approved yet: rollout coverage approve 2026-12-10")
    assert by_day["2026-12-08"].split()[2:] == ["approved", "09:00-16:00"]


def test_approving_says_what_counts_now_and_withdrawing_what_no_longer_does(proposing: Play) -> None:
    approve = ("-C", proposing.folder, "coverage", "approve", "2026-12-08")
    assert call(*approve, "--dry-run").out == "Tue 2026-12-08 would be approved for support-coverage\n"
    assert call(*approve).out == "Tue 2026-12-08 is approved for support-coverage\n"
    assert call(*approve).out == "these days count already\n"
    (withdrawn,) = ask(*approve, "--withdraw", "--note", "Sam is ill")
    assert (withdrawn["day"], withdrawn["withdrawn"], withdrawn["note"]) == ("2026-12-08", True, "Sam is ill")


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("tomorrow", "'tomorrow' is no day; write 2026-12-09, or 2026-12-07..2026-12-11"),
        ("2026-12-09..2026-12-07", "'2026-12-09..2026-12-07' must be in order, 366 days at most, in the years 1990 to 2199"),
        ("2026-12-09..2199-12-07", "must be in order, 366 days at most"),
        ("1066-12-09", "in the years 1990 to 2199"),
        ("2026-12-12", "support-coverage proposes no hours on Sat 2026-12-12: there is nothing to approve"),
    ],
)
def test_a_day_that_cannot_be_approved_is_refused(proposing: Play, day: str, says: str) -> None:
    said = call("-C", proposing.folder, "coverage", "approve", day)
    assert said.code != 0
    assert says in said.err


def test_a_moment_is_told_with_all_that_is_known_of_each_blocker(play: Play) -> None:
    said = call("-C", play.folder, "coverage", "explain", "2026-12-22T15:00Z").out.splitlines()
    assert said[:3] == [
        "Tue 2026-12-22 10:00 EST: closed",
        "  year-end-freeze: year-end change freeze",
        "    block year-end-freeze for everybody · calendars/year-end-freeze.yaml:2 · since Fri 2026-12-18 16:00 EST"
        " · clears Mon 2027-01-04 09:00 EST · an override may name year-end-freeze",
    ]
    assert said[-1].startswith("time-zone data 20")


def test_a_hard_rule_says_that_nothing_waives_it(play: Play) -> None:
    freeze = play.folder / "calendars" / "year-end-freeze.yaml"
    freeze.write_text(freeze.read_text(encoding="utf-8") + "hard: true\n", encoding="utf-8")
    assert "nothing waives it" in call("-C", play.folder, "coverage", "explain", "2026-12-22T15:00Z").out


def test_the_next_opening_tells_when_it_has_soaked(play: Play) -> None:
    asked = ("-C", play.folder, "coverage", "next", "--hours", "2", "--soak", "8", "--at", "2026-12-18T18:30Z")
    assert call(*asked).out.splitlines() == [
        "Fri 2026-12-18 13:30 EST to Fri 2026-12-18 16:00 EST",
        "2 h from its start, and 8 h of soak in business time: Mon 2027-01-04 16:30 EST",
    ]
    assert ask(*asked)["eta"] == "2027-01-04T21:30:00+00:00"


def test_a_question_for_a_release_counts_its_overrides(play: Play) -> None:
    (play.folder / "calendars" / "hotfix.yaml").write_text(OVERRIDE, encoding="utf-8")
    asked = ("-C", play.folder, "coverage", "explain", "2026-12-22T15:00Z")
    assert "closed" in call(*asked).out.splitlines()[0]
    waived = call(*asked, "--release", "2026.12.1").out.splitlines()
    assert waived[0] == "Tue 2026-12-22 10:00 EST: open"
    assert waived[1].startswith("  waived: year-end-freeze: year-end change freeze, waived by hotfix: orders cannot be paid (dana, sam)")
    assert call("-C", play.folder, "coverage", "next", "--release", "2026.12.1", "--at", "2026-12-22T15:00Z").out.startswith(
        "Tue 2026-12-22 10:00 EST"
    )


def test_a_rule_of_a_kind_of_release_is_asked_for_by_the_kind(play: Play) -> None:
    (play.folder / "calendars" / "hot.yaml").write_text(BLOCK, encoding="utf-8")
    asked = ("-C", play.folder, "coverage", "explain", "2026-12-08T15:00Z")
    assert call(*asked).out.splitlines()[0].endswith("open")
    assert "no-hotfixes" in call(*asked, "--kind", "hotfix").out


def test_what_people_wrote_cannot_steer_a_terminal(play: Play) -> None:
    (play.folder / "calendars" / "hot.yaml").write_text(BLOCK.replace("[hotfix]", "[monthly]"), encoding="utf-8")
    for words in (("explain", "2026-12-08T15:00Z"), ("show", "--month", "2026-12")):
        said = call("-C", play.folder, "coverage", *words).out
        assert "\x1b" not in said
        assert "quiet\N{REPLACEMENT CHARACTER}[2J" in said


OVERRIDE = """
kind: override
id: hotfix
waives: [year-end-freeze]
release: "2026.12.1"
clients: all
start: 2026-12-22T14:00Z
end: 2026-12-22T18:00Z
why: orders cannot be paid
signers: [dana, sam]
"""
BLOCK = """
kind: block
id: no-hotfixes
timezone: America/Toronto
scope: {kinds: [hotfix]}
start: 2026-12-08T00:00
end: 2026-12-09T00:00
why: "quiet\\e[2J"
"""
