"""Plans, and how far each wave of them has come."""

from sqlalchemy import insert, select

from rollout.core.delivery import WaveProgress
from rollout.core.plans import Plan
from rollout.core.values import Version
from rollout.ledger.part import Part, fields
from rollout.ledger.tables import plans, waves


class Plans(Part):
    """The part of a transaction that knows plans. All plans are kept; the newest is in force."""

    def plan(self, version: Version) -> Plan | None:
        newest = select(plans.c.content).where(plans.c.version == version).order_by(plans.c.id.desc()).limit(1)
        content: str | None = self.scalar(newest)
        return None if content is None else Plan.model_validate_json(content)

    def save_plan(self, plan: Plan) -> None:
        self.write(insert(plans).values(version=plan.version, made_at=plan.made_at, content=plan.model_dump_json()))

    def waves(self, version: Version) -> tuple[WaveProgress, ...]:
        return self.values(WaveProgress, select(*fields(WaveProgress, waves)).where(waves.c.version == version).order_by(waves.c.index))

    def save_wave(self, wave: WaveProgress) -> None:
        self.store(waves, [vars(wave)])
