"""The survey: what runs where is what installations say themselves."""

from rollout.steps import survey
from tests.playing import AMBER, DRIFTWOOD, PREVIEW, PREVIOUS, PRODUCTION, TARGET, Play


def installed(play: Play) -> dict[tuple[str, str], str]:
    with play.world.ledger.read() as tx:
        return {(client, str(environment)): version for (client, environment), version in tx.installed().items()}


def test_every_installation_of_which_nobody_knows_is_asked_once(play: Play) -> None:
    assert survey.survey(play.world) == survey.Surveyed(known=8)
    assert set(installed(play).values()) == {PREVIOUS}
    assert play.audit("fleet") == [("installations surveyed", {"asked": 8, "answered": 8, "failed": 0})]
    assert survey.survey(play.world) == survey.Surveyed()
    assert len(play.audit("fleet")) == 1


def test_all_are_asked_if_that_is_wanted_and_the_probe_outranks_the_record(play: Play) -> None:
    survey.survey(play.world)
    play.fleet.add(AMBER, PRODUCTION, TARGET)
    assert survey.survey(play.world).known == 0
    assert installed(play)[AMBER, "production"] == PREVIOUS
    assert survey.survey(play.world, everything=True).known == 8
    assert installed(play)[AMBER, "production"] == TARGET


def test_what_does_not_answer_stays_unknown_is_named_and_keeps_no_other_waiting(play: Play) -> None:
    (play.fleet.installation(AMBER, PREVIEW).path / "version").unlink()
    play.change_client(DRIFTWOOD, installations=_elsewhere(play))
    found = survey.survey(play.world)
    assert found.known == 5
    assert sorted(problem.partition(" ")[0] for problem in found.problems) == [f"{AMBER}/preview", f"{DRIFTWOOD}/preview", f"{DRIFTWOOD}/production"]
    assert (AMBER, "preview") not in installed(play)
    (play.fleet.installation(AMBER, PREVIEW).path / "version").symlink_to("../../.scripts/version")
    assert survey.survey(play.world).known == 1


def _elsewhere(play: Play) -> list[dict[str, object]]:
    """Installations of which no server answers."""
    params = {"url": "http://127.0.0.1:9", "health_url": "http://127.0.0.1:9"}
    return [{"environment": one, "executor": "hook", "health": ["web"], "params": params} for one in ("preview", "production")]


def test_an_empty_installation_runs_nothing_that_could_be_known(play: Play) -> None:
    (play.fleet.installation(AMBER, PREVIEW).path / "VERSION").unlink()
    assert survey.survey(play.world) == survey.Surveyed(known=7)
