"""Strategies and sign-off policies as the settings write them, and as the core reads them."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from rollout.core.clients import Environment
from rollout.core.releases import ReleaseKind
from rollout.core.signoffs import SignoffPolicy
from rollout.core.values import Value
from rollout.core.waves import Strategy, Tolerance, Wave
from rollout.settings.fields import Duration, Failures, Filled, Groups, Name


class WaveSettings(Value):
    """One wave. `needs: [preview]` keeps a client out of it until the client's own preview has soaked."""

    name: Name
    environment: Environment
    select: Groups
    soak: Duration = timedelta()
    capacity: int | None = Field(None, ge=1)
    concurrency: int = Field(4, ge=1)
    tolerance: Failures = Tolerance()
    expected: Duration = timedelta(minutes=15)
    needs: tuple[Literal["preview"], ...] = ()

    def wave(self) -> Wave:
        """The wave as the core has it."""
        values = {name: getattr(self, name) for name in Wave.model_fields if name != "needs_preview"}
        return Wave(**values, needs_preview=bool(self.needs))


class StrategySettings(Value):
    """One strategy, without its name."""

    waves: Annotated[tuple[WaveSettings, ...], Filled]
    preview_soak: Duration = timedelta()
    runway: Duration = timedelta()
    max_pause: Duration = timedelta(days=14)

    def strategy(self, name: str) -> Strategy:
        """The strategy as the core has it."""
        waves = tuple(each.wave() for each in self.waves)
        return Strategy(name=name, waves=waves, preview_soak=self.preview_soak, runway=self.runway, max_pause=self.max_pause)


class DefaultStrategies(Value):
    """Which strategy a kind of release uses unless its assessment says otherwise. A kind that is left out goes as monthly ones do."""

    monthly: str | None = None
    hotfix: str | None = None
    feature: str | None = None
    upgrade: str | None = None


class PolicySettings(Value):
    """Who must sign: how many people of each role."""

    need: Annotated[dict[str, Annotated[int, Field(ge=1)]], Filled]
    expires_after: Duration = timedelta(days=14)

    def policy(self) -> SignoffPolicy:
        """The policy as the core has it."""
        return SignoffPolicy(need=dict(self.need), expires_after=self.expires_after)


_USUAL = PolicySettings(need={"pm": 1, "qa": 1, "support": 1})


class SignoffSettings(Value):
    """The policy of each kind of release. Left out, it is one signature of pm, qa and support; for hotfixes, of on_call and escalation."""

    monthly: PolicySettings = _USUAL
    hotfix: PolicySettings = PolicySettings(need={"on_call": 1, "escalation": 1})
    feature: PolicySettings = _USUAL
    upgrade: PolicySettings = _USUAL

    def policies(self) -> dict[ReleaseKind, SignoffPolicy]:
        """The policies as the core has them."""
        return {kind: getattr(self, kind).policy() for kind in ReleaseKind}
