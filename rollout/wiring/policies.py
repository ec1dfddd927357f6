"""From the settings to what the steps decide by."""

import re
from collections.abc import Callable, Mapping

from rollout.core.changes import ReadinessRules, version_pattern
from rollout.core.placeholders import template
from rollout.core.signoffs import Person
from rollout.core.trains import Train
from rollout.core.values import PersonId, Version
from rollout.ports import Policies
from rollout.settings import Settings

_NUMBERS = r"\d+(?:\.\d+)*"


def policies_of(settings: Settings, people: Mapping[PersonId, Person]) -> Policies:
    """What the workspace decides as data."""
    notify, work, train = settings.notify, settings.work, settings.train
    return Policies(
        product=settings.product,
        timezone=settings.timezone,
        version_of=_reader(settings),
        fix_version_of=_writer(settings.jira[0].fix_version_name if settings.jira else "{version}"),
        tag_of=_writer(_tag(settings)),
        projects=tuple(dict.fromkeys(project for jira in settings.jira for project in jira.projects)),
        readiness=_readiness(settings),
        train=Train(pattern=train.pattern, day=train.day, cut_days=train.cut_days, contains_older=train.contains_older),
        strategies=settings.strategies,
        default_strategy=settings.default_strategies(),
        signoff=settings.signoff.policies(),
        people=people,
        review_tiers=frozenset(notify.review_tiers),
        call_tiers=frozenset(notify.call_tiers),
        mail_contacts=notify.contacts,
        ready_to_try=notify.ready_to_try,
        eta_moves_by=notify.eta_moves_by,
        write_back=settings.write_back,
        notice_attempts=notify.attempts,
        lease=work.lease,
        batch=work.batch,
        workers=work.workers,
    )


def _readiness(settings: Settings) -> ReadinessRules:
    rules = settings.readiness
    names = frozenset(name.casefold() for name in rules.shipping_resolutions)
    return ReadinessRules(shipping_resolutions=names, needs_quality=rules.quality, needs_evidence=rules.evidence)


def _tag(settings: Settings) -> str:
    return settings.git.tag if settings.git else "rel/{version}"


def _reader(settings: Settings) -> Callable[[str], Version | None]:
    """Finds our version in the name of a fix version, or in a tag of the configured form; None in any other name."""
    tag = re.escape(_tag(settings)).replace(re.escape("{version}"), f"(?P<version>{_NUMBERS})")
    readers = [version_pattern(pattern) for pattern in (*(jira.fix_version for jira in settings.jira), rf"\A{tag}\Z")]
    return lambda name: next((version for read in readers if (version := read(name)) is not None), None)


def _writer(text: str) -> Callable[[Version], str]:
    form = template(text)
    return lambda version: form.fill({"version": version}, "a version")
