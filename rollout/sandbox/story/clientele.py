"""Forty made-up marinas and boat yards, the clients of every story."""

from rollout.sandbox.story.plot import Clientele

_PLACES = (
    ("Amber Quay", "Halifax", "ca-east", "America/Halifax"),
    ("Birch Harbour", "Kingston", "ca-east", "America/Toronto"),
    ("Cobalt Marina", "Toronto", "ca-east", "America/Toronto"),
    ("Driftwood Yard", "Vancouver", "ca-west", "America/Vancouver"),
    ("Eastgate Docks", "Boston", "us-east", "America/New_York"),
    ("Fairlead Boats", "Annapolis", "us-east", "America/New_York"),
    ("Gull Point", "Victoria", "ca-west", "America/Vancouver"),
    ("Hawser and Sons", "Quebec", "ca-east", "America/Toronto"),
    ("Inlet Moorings", "Seattle", "us-west", "America/Los_Angeles"),
    ("Juniper Basin", "Winnipeg", "ca-west", "America/Winnipeg"),
    ("Kelp Bay", "Nanaimo", "ca-west", "America/Vancouver"),
    ("Lantern Pier", "Portland", "us-east", "America/New_York"),
    ("Mizzen Marine", "Chicago", "us-central", "America/Chicago"),
    ("Northstar Berths", "Thunder Bay", "ca-east", "America/Toronto"),
    ("Osprey Landing", "Charlottetown", "ca-east", "America/Halifax"),
    ("Pebble Cove", "Duluth", "us-central", "America/Chicago"),
    ("Quarterdeck Club", "Newport", "us-east", "America/New_York"),
    ("Reedwater", "Ottawa", "ca-east", "America/Toronto"),
    ("Spinnaker House", "San Diego", "us-west", "America/Los_Angeles"),
    ("Tern Island", "Sydney", "ca-east", "America/Halifax"),
)
_SECOND = ("Sailing Club", "Dry Stack")
_CONTACTS = ("Ana", "Bruno", "Chidi", "Dora", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas")


def clientele() -> tuple[Clientele, ...]:
    """The forty: a third of them premium, three of them pilots."""
    made = []
    for number, (name, town, region, zone) in enumerate(_PLACES * 2):
        second = number >= len(_PLACES)
        full = f"{name} {_SECOND[number % 2]}" if second else f"{name} {town}"
        tags = ("pilot",) if number in (3, 12, 25) else ("early",) if number % 7 == 0 else ()
        tier = "premium" if number % 3 == 1 else "standard-plus"
        short = "-".join(full.lower().split())
        made.append(Clientele(short, full, tier, region, zone, tags, _CONTACTS[number % len(_CONTACTS)]))
    return tuple(made)
