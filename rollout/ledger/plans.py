"""Plans, and how far each wave of them has come."""

from sqlalchemy import BindParameter, bindparam, insert, select

from rollout.core.delivery import WaveProgress
from rollout.core.plans import Plan
from rollout.core.values import Version
from rollout.ledger.part import Part, fields
from rollout.ledger.tables import plans, waves

_VERSION: BindParameter[str] = bindparam("version")
_NEWEST = select(plans.c.content).where(plans.c.version == _VERSION).order_by(plans.c.id.desc()).limit(1)
_WAVES = select(*fields(WaveProgress, waves)).where(waves.c.version == _VERSION).order_by(waves.c.index)


class Plans(Part):
    """The part of a transaction that knows plans. All plans are kept; the newest is in force."""

    def plan(self, version: Version) -> Plan | None:
        content: str | None = self.scalar(_NEWEST, version=version)
        return None if content is None else Plan.model_validate_json(content)

    def save_plan(self, plan: Plan) -> None:
        self.write(insert(plans).values(version=plan.version, made_at=plan.made_at, content=plan.model_dump_json()))

    def waves(self, version: Version) -> tuple[WaveProgress, ...]:
        return self.values(WaveProgress, _WAVES, version=version)

    def save_wave(self, wave: WaveProgress) -> None:
        self.store(waves, [vars(wave)])
