"""What was reported, wished for and mended in a year of Tidewater, the made-up software for marinas."""

FIXES: dict[str, tuple[str, ...]] = {
    "Berths": (
        "Berth map shows a boat twice after it moves to another pontoon",
        "Draft limits are ignored when a berth is booked for a second boat",
        "Deleting a pontoon leaves its berths without a price",
        "Berth search is case-sensitive for boat names with accents",
        "Two clerks can assign the same berth within a few seconds",
        "The plan of the basin does not print on a single sheet",
        "Seasonal berths cannot be extended past the end of March",
        "A berth that is out of service can still be booked online",
    ),
    "Reservations": (
        "Arrival time jumps by one hour when the clocks change",
        "A cancelled reservation keeps its deposit open",
        "Waiting list forgets the order after an import",
        "Guests get two confirmations when they book from a phone",
        "Reservations over New Year are counted in the wrong year",
        "The arrivals list leaves out boats that come after midnight",
        "Editing a group reservation drops the last boat",
        "Booking a mooring by the hour charges a whole day",
    ),
    "Billing": (
        "Invoice total differs by a cent from the sum of its lines",
        "Credit notes are numbered twice when two are printed at once",
        "The sales tax of New Brunswick is rounded before the discount",
        "Invoices in French show dates in the English order",
        "Reminder letters go to the old address of a boat's owner",
        "Paying a bill by instalments closes it after the first one",
        "The ledger export stops at 65,536 rows",
        "A refund to an expired card stays pending for ever",
    ),
    "Fuel dock": (
        "The pump's meter is read twice after the connection drops",
        "Fuel prices entered on a Sunday take effect on Monday",
        "Members get the visitor's price when they pay at the pump",
        "The daily fuel report counts cancelled sales",
        "A fuel sale without a boat cannot be corrected",
        "The tank level alarm does not go off below ten percent",
    ),
    "Gates": (
        "A gate card works for one day longer than it should",
        "The gate log shows times in the server's zone",
        "Lost cards can be activated again by the old owner",
        "The gate stays open when the network is down",
        "Opening a gate from the phone takes half a minute",
        "Visitors' codes stop working at noon",
    ),
    "Reports": (
        "The occupancy report counts the day of departure",
        "Monthly revenue is empty for marinas without a fuel dock",
        "Exporting a report to a spreadsheet loses the currency",
        "The harbour master's report cannot be opened on a tablet",
        "The report of overdue payments is sorted by given name",
        "Charts have no labels when printed in black and white",
    ),
}

FEATURES: dict[str, tuple[str, ...]] = {
    "Reservations": ("Book a berth for a whole regatta in one go", "Offer a free berth to the waiting list by text message"),
    "Billing": ("Pay an invoice by a link in the mail", "Send invoices as structured electronic invoices"),
    "Gates": ("Open the gate with a phone instead of a card", "Let a guest's code open one gate only"),
    "Berths": ("Draw the basin with drag and drop", "Show tides and wind on the berth map"),
    "Reports": ("Compare two seasons side by side", "Send the week's figures by mail every Monday"),
    "Fuel dock": ("Sell fuel from the phone at the pump", "Warn before a tank runs dry, from its use so far"),
}

UPGRADES = (
    "Upgrade the payment library, which the card schemes require",
    "Move the gate controller to its supported firmware",
    "Upgrade the database driver",
    "Replace the map tiles, whose supplier closes down",
)

CHORES = (
    "Remove the old importer's code",
    "Speed up the nightly build",
    "Rotate the signing key of the updates",
    "Rename the tables of the berth module",
    "Move the test data out of the repository",
)
