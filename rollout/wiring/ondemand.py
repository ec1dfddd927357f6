"""Things that are made when they are first used: a command that needs no JIRA neither imports its library nor reads its token."""

from collections.abc import Callable, Iterator, Mapping
from threading import RLock
from typing import Any, Generic, TypeVar, cast

Thing = TypeVar("Thing")


class OnDemand(Mapping[str, Thing], Generic[Thing]):
    """Names to things; each is made once, by whichever thread asks first. What cannot be made raises each time that it is asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Thing]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Thing] = {}
        self._lock = RLock()

    def __getitem__(self, name: str) -> Thing:
        if name not in self._made:
            with self._lock:
                if name not in self._made:
                    self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class _Deferred:
    """Stands for a thing that is made at the first use of anything but what is `known` of it already."""

    def __init__(self, make: Callable[[], Any], known: Mapping[str, Any]) -> None:
        self._only = OnDemand({"thing": make})
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._only["thing"], name)


def deferred(make: Callable[[], Thing], **known: Any) -> Thing:
    """What `make` would return, made at its first use. `known` are attributes that can be told without."""
    return cast(Thing, _Deferred(make, known))
