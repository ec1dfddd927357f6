"""Runs flows inside this process, quickly: for a sandbox, where a month passes in a minute."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from prefect.context import SyncClientContext
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.advance import advance
from flows.collect import collect
from flows.cut import cut
from flows.notify import notify
from flows.publish import publish

Flow = Callable[..., Any]


@contextmanager
def in_process() -> Iterator[Mapping[str, Flow]]:
    """The flows by name. They share one connection to the server, and have no heartbeats, for which a flow that has ended waits up to a second."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}), SyncClientContext.get_or_create():
        yield {"collect": collect, "cut": cut, "advance": advance, "publish": publish, "notify": notify}
