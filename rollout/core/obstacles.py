"""Obstacles: why an installation found no slot, window by window, and what would help. Words only; the proof is the matching's."""

from collections.abc import Sequence
from datetime import datetime

from rollout.core.coverage import Coverage, Request, Window
from rollout.core.delivery import span
from rollout.core.matching import bits
from rollout.core.plans import told
from rollout.core.values import Reason
from rollout.core.waves import Wave

SHOWN = 5


def obstacles(
    coverage: Coverage, request: Request, wave: Wave, windows: Sequence[Window], bound: datetime, usable: int, full: int
) -> tuple[Reason, ...]:
    """Every reason against the request's client: `usable` are the windows open to it, `full` those that would have to get room (as bits)."""
    left = [number for number, window in enumerate(windows) if window.end > bound]
    if not left:
        return (_no_window(coverage, request, wave, windows, bound),)
    shut = [windows[number] for number in left if not usable >> number & 1]
    reasons = [_full(wave, windows, usable, full & ~usable)] if usable else []
    return tuple(reasons + _closed(coverage, request, shut, bound))


def _no_window(coverage: Coverage, request: Request, wave: Wave, windows: Sequence[Window], bound: datetime) -> Reason:
    if windows:
        text = f"wave {wave.name} may start at {told(bound)}, when the last window, until {told(windows[-1].end)}, is over"
        return Reason(code="too-late", text=f"{text}; shorten the soaks, or start earlier")
    closed = coverage.verdict(request.model_copy(update={"parties": ()}), bound)
    why = f" ({closed.reasons[0].text})" if closed.reasons else ""
    text = f"the company's calendars open no window for {request.environment} from {told(bound)} on{why}; add coverage, or start later"
    return Reason(code="no-coverage", text=text, source=closed.reasons[0].source if closed.reasons else "")


def _full(wave: Wave, windows: Sequence[Window], usable: int, beyond: int) -> Reason:
    count = usable.bit_count()
    text = f"{_counted(count, 'window that is', 'windows that are')} open to it {'is' if count == 1 else 'are'} full: {_listed(windows, usable)}"
    if beyond:
        text += f". Whoever has a place there could go only to windows that are full too: {_listed(windows, beyond)}"
    return Reason(code="windows-full", text=f"{text}. Raise the capacity of wave {wave.name} ({wave.capacity} per window), or widen the windows")


def _closed(coverage: Coverage, request: Request, shut: Sequence[Window], bound: datetime) -> list[Reason]:
    """The windows of the company that the client cannot use: how many, and for the first of them why."""
    if not shut:
        return []
    verdict = coverage.verdict(request, max(shut[0].start, bound))
    why = "; ".join(reason.text for reason in verdict.reasons) or f"there is no moment to start {span(request.length + request.runway)} of work in"
    text = f"{_counted(len(shut), 'window is', 'windows are')} closed to it, as at {told(shut[0].start)}: {why}. Widen the client's windows"
    return [Reason(code="windows-closed", text=text, source=verdict.reasons[0].source if verdict.reasons else "")]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _listed(windows: Sequence[Window], numbers: int) -> str:
    shown = [told(windows[number].start) for number in bits(numbers)]
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more
