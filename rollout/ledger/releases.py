"""Releases, the changes in them, and their sign-offs."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, select, update

from rollout.core.releases import Membership, Release, ReleaseState, order
from rollout.core.signoffs import Signoff
from rollout.core.values import Version
from rollout.errors import Conflict
from rollout.ledger.part import Part, fields, texts
from rollout.ledger.tables import audit, memberships, releases, signoffs

_VERSION: BindParameter[str] = bindparam("version")
_RELEASE = select(*fields(Release, releases))
_ONE = _RELEASE.where(releases.c.version == _VERSION)
_MEMBERS = select(*fields(Membership, memberships)).where(memberships.c.version == _VERSION).order_by(memberships.c.key)
_SIGNOFFS = select(*fields(Signoff, signoffs)).where(signoffs.c.version == _VERSION).order_by(signoffs.c.id)


class Releases(Part):
    """The part of a transaction that knows releases."""

    def release(self, version: Version) -> Release | None:
        return self.value(Release, _ONE, version=version)

    def releases(self, states: Iterable[ReleaseState] | None = None) -> tuple[Release, ...]:
        wanted = _RELEASE if states is None else _RELEASE.where(releases.c.state.in_(texts(states)))
        return tuple(sorted(self.values(Release, wanted), key=lambda one: (order(one.version), one.version)))

    def save_release(self, release: Release) -> Release:
        stored = self.scalar(select(releases.c.row).where(releases.c.version == release.version)) or 0
        if stored != release.row:
            raise Conflict(self._overtaken(release, stored))
        saved = release.model_copy(update={"row": stored + 1})
        self.store(releases, [vars(saved)])
        return saved

    def members(self, version: Version) -> tuple[Membership, ...]:
        return self.values(Membership, _MEMBERS, version=version)

    def save_member(self, member: Membership) -> None:
        self.store(memberships, [vars(member)])

    def signoffs(self, version: Version) -> tuple[Signoff, ...]:
        return self.values(Signoff, _SIGNOFFS, version=version)

    def add_signoff(self, signoff: Signoff) -> None:
        self.write(signoffs.insert().values(**vars(signoff)))

    def void_signoffs(self, version: Version, at: datetime, why: str) -> int:
        live = update(signoffs).where(signoffs.c.version == version, signoffs.c.voided_at.is_(None))
        return self.write(live.values(voided_at=at, voided_why=why))

    def _overtaken(self, release: Release, stored: int) -> str:
        if not stored:
            return f"release {release.version} is not in the ledger, yet edit {release.row} of it was to be replaced. Read it again."
        last = self.connection.execute(
            select(audit.c.actor, audit.c.act, audit.c.at).where(audit.c.subject == release.version).order_by(audit.c.seq.desc()).limit(1)
        ).first()
        who = f"; last was {last.actor} at {last.at:%Y-%m-%d %H:%M} UTC ({last.act})" if last else ""
        read = f"since edit {release.row} was read, it is at edit {stored}" if release.row else f"it is there already, at edit {stored}"
        return f"release {release.version} was changed by somebody else: {read}{who}. Read it again, then repeat."
