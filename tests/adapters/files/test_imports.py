"""A file is let in among the calendars whole, with its sidecar, or not at all."""

from pathlib import Path

import pytest

from rollout.adapters.files.calendars import load_calendars
from rollout.adapters.files.imports import IcsImport
from rollout.core.coverage import WindowRule
from rollout.core.values import ClientId
from rollout.errors import Refused, RolloutError
from rollout.ports.exchange import Wish

EVENT = "BEGIN:VEVENT\nUID:1\nDTSTART:20261209T140000Z\nDTEND:20261209T150000Z\nSUMMARY:Off\nEND:VEVENT\n"
ALL = Wish(
    kind="window",
    id="acme",
    timezone="Europe/Berlin",
    categories=frozenset({"A, B", "ü: #"}),
    clients=frozenset({ClientId("no"), ClientId("acme")}),
    transparent=True,
    why='their "hours": yes',
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "calendars").mkdir()
    return tmp_path / "calendars"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "acme.ics"
    path.write_text(f"BEGIN:VCALENDAR\n{EVENT}END:VCALENDAR\n")
    return path


def importing(file: Path, folder: Path) -> IcsImport:
    return IcsImport(file, folder, "calendars", "America/Toronto")


def test_a_sidecar_says_what_was_wished_in_words_that_are_read_back(file: Path, folder: Path) -> None:
    file.write_text(file.read_text().replace("SUMMARY:Off", "CATEGORIES:A\\, B,ü: #\nTRANSP:TRANSPARENT"), encoding="utf-8")
    incoming = importing(file, folder)
    read = incoming.read(ALL, replace=False)
    incoming.write()
    (rule,) = load_calendars(folder)
    assert rule == read.rule
    assert isinstance(rule, WindowRule)
    assert (rule.id, rule.timezone, rule.why, len(rule.events)) == ("acme", "Europe/Berlin", 'their "hours": yes', 1)
    assert rule.scope.clients == {"no", "acme"}


def test_what_is_written_is_what_was_read_even_if_the_file_has_changed_since(file: Path, folder: Path) -> None:
    incoming = importing(file, folder)
    incoming.read(Wish(), replace=False)
    text = file.read_text()
    file.write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    incoming.write()
    assert (folder / "acme.ics").read_text() == text


def test_a_file_that_came_meanwhile_is_not_written_over(file: Path, folder: Path) -> None:
    incoming = importing(file, folder)
    incoming.read(Wish(), replace=False)
    (folder / "acme.ics.yaml").write_text("theirs")
    with pytest.raises(Refused, match=r"acme\.ics\.yaml is there already; nothing was written over it"):
        incoming.write()
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"acme.ics.yaml": "theirs"}


def test_a_folder_that_cannot_be_written_is_told(file: Path, folder: Path) -> None:
    incoming = importing(file, folder)
    incoming.read(Wish(), replace=False)
    folder.rmdir()
    with pytest.raises(RolloutError, match="calendars cannot be written: No such file or directory"):
        incoming.write()


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        ({"acme.ics": EVENT}, "calendars/acme.ics is not of one rule acme alone"),
        ({"acme.ics.yaml": "version: 1\nkind: block\nid: other\ntimezone: UTC\n"}, "calendars/acme.ics.yaml is not of one rule acme alone"),
        ({"acme.ics.yaml": "- acme\n"}, "calendars/acme.ics.yaml is not of one rule acme alone"),
        ({"acme.ics.yaml": "id: acme\n---\nid: acme\n"}, "calendars/acme.ics.yaml is not of one rule acme alone"),
    ],
)
def test_another_rules_files_are_never_replaced(file: Path, folder: Path, standing: dict[str, str], told: str) -> None:
    for name, text in standing.items():
        (folder / name).write_text(text)
    with pytest.raises(Refused, match=told):
        importing(file, folder).read(Wish(), replace=True)
    with pytest.raises(Refused, match="is there already"):
        importing(file, folder).read(Wish(), replace=False)
    assert {path.name: path.read_text() for path in folder.iterdir()} == standing


def test_a_replaced_sidecar_keeps_what_nobody_spoke_of(file: Path, folder: Path) -> None:
    (folder / "acme.ics.yaml").write_text("# by hand\nkind: block\nid: acme\ntimezone: UTC\nhard: true\nscope: {tags: [pilot]}\n")
    read = importing(file, folder).read(Wish(why="stocktaking"), replace=True)
    assert (read.rule.why, getattr(read.rule, "hard", None)) == ("stocktaking", True)
    assert importing(file, folder).read(Wish(), replace=True).files == ("calendars/acme.ics",)


def test_a_file_among_the_calendars_is_not_brought_there_again(file: Path, folder: Path) -> None:
    inside = folder / "acme.ics"
    file.rename(inside)
    with pytest.raises(Refused, match="lies among the calendars already"):
        importing(inside, folder).read(Wish(), replace=True)


@pytest.mark.parametrize(
    ("name", "called"), [("Acme, hours (2027).ics", "Acme-hours-2027"), ("..ics", "imported"), ("é.ics", "imported"), ("a.b.ICS", "a.b")]
)
def test_a_rule_is_called_as_its_file(file: Path, folder: Path, name: str, called: str) -> None:
    other = file.with_name(name)
    file.rename(other)
    assert importing(other, folder).read(Wish(), replace=False).rule.id == called


def test_all_events_either_count_or_are_told_of(file: Path, folder: Path) -> None:
    odd = ["STATUS:CANCELLED", "STATUS:TENTATIVE", "TRANSP:TRANSPARENT", "CATEGORIES:B", "STATUS:CONFIRMED", "CATEGORIES:A"]
    events = "".join(EVENT.replace("UID:1", f"UID:{number}\n{line}") for number, line in enumerate(odd))
    file.write_text(f"BEGIN:VCALENDAR\n{events}END:VCALENDAR\n")
    for kind in ("window", "block"):
        for chosen in (frozenset(), frozenset({"A"})):
            for transparent in (True, False):
                wish = Wish(kind=kind, categories=chosen, transparent=transparent)  # type: ignore[arg-type]
                read = importing(file, folder).read(wish, replace=False)
                assert read.events == len(getattr(read.rule, "events", ()))
                assert read.events + len(read.skipped) == len(odd)
