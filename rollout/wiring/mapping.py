"""How one JIRA's settings are told to its adapter."""

from rollout.adapters.jira import FieldNames, JiraMapping, QualityRule, TicketUrl
from rollout.settings.sources import FieldSettings, JiraSettings, QualitySettings


def jira_mapping(settings: JiraSettings, tickets_desk: str) -> JiraMapping:
    """The mapping of that JIRA's issues to changes; ids in its tickets field are of that desk."""
    return JiraMapping(
        fields=_fields(settings.fields),
        kinds=settings.kinds,
        internal_labels=frozenset(settings.internal_labels),
        internal_types=frozenset(settings.internal_types),
        staging_labels=frozenset(settings.staging_labels),
        public_projects=frozenset(settings.public_projects),
        ticket_urls=tuple(TicketUrl(desk=each.desk, pattern=each.pattern) for each in settings.ticket_urls),
        tickets_desk=tickets_desk if settings.fields.tickets else "",
    )


def _fields(names: FieldSettings) -> FieldNames:
    plain = {name: getattr(names, name) or "" for name in ("severity", "note", "workaround", "tickets", "downtime")}
    return FieldNames(quality=_quality(names.quality or QualitySettings.model_construct()), **plain)


def _quality(rule: QualitySettings) -> QualityRule:
    lists = ("passed", "failed", "passed_labels", "failed_labels", "passed_statuses", "failed_statuses")
    return QualityRule(field=rule.field or "", **{name: frozenset(getattr(rule, name)) for name in lists})
