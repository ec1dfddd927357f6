"""What has become of an override is told by the calendars and by the ledger."""

from rollout.core.coverage.overrides import OverrideState
from rollout.core.coverage.rarity import Wanted
from rollout.steps import overrides
from rollout.steps.lint import look_over
from tests.playing import DAY, HOUR, TARGET, TUESDAY, Play

OVERRIDE = """
version: 1
kind: override
id: hotfix
waives: [{waives}]
release: "{release}"
clients: all
start: 2026-12-01T14:00Z
end: 2026-12-01T18:00Z
why: orders cannot be paid
signers: [dana, sam]
"""


def state(play: Play, release: str = TARGET, waives: str = "processor-move") -> OverrideState:
    play.freeze(TUESDAY, TUESDAY + DAY)
    (play.folder / "calendars" / "hotfix.yaml").write_text(OVERRIDE.format(release=release, waives=waives), encoding="utf-8")
    play.reopen()
    (found,) = overrides.states(play.world)
    return found


def test_an_override_is_pending_live_and_ended_by_the_clock(play: Play) -> None:
    play.go_to("previewed")
    assert (state(play).phase, state(play.at(TUESDAY)).phase, state(play.at(TUESDAY + 4 * HOUR)).phase) == ("pending", "live", "ended")
    found = state(play)
    assert (found.waives, found.used, found.dead) == (("processor-move",), False, False)


def test_it_is_used_once_everybody_for_whom_it_is_has_the_release(play: Play) -> None:
    play.go_to("delivered")
    found = state(play)
    assert (found.used, found.dead) == (True, False)
    assert f"used: all its clients have {TARGET}, 4 of them by deliveries that began while it held" in found.text


def test_it_is_dead_where_what_it_names_closes_nothing_of_its_time(play: Play) -> None:
    play.go_to("previewed")
    found = state(play, waives="year-end-freeze")
    assert (found.dead, found.idle) == (True, ("year-end-freeze",))
    assert "dead: nothing that it names closes any of its time" in found.text


def test_without_overrides_there_is_nothing_to_tell(play: Play) -> None:
    assert overrides.states(play.world) == ()


def test_lint_warns_of_a_signer_whom_nobody_knows(play: Play) -> None:
    play.go_to("previewed")
    state(play)
    file = play.folder / "calendars" / "hotfix.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("[dana, sam]", "[dana, samm]"), encoding="utf-8")
    play.reopen()
    (found,) = [one for one in look_over(play.world, Wanted()) if "signed by" in one.text]
    assert (found.text, found.hint) == ("hotfix is signed by samm, whom people.yaml does not know", "Did you mean sam?")
