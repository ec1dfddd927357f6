"""A help desk that stands in for Zendesk: the same routes, shapes and refusals over HTTP, with everything in memory.

What it does not know it answers with 501, never with a guess. It has no triggers, no views, no search and no mail.
"""

from rollout.sandbox.desk.helpdesk import HelpDesk
from rollout.sandbox.desk.records import PublicReply
from rollout.sandbox.desk.server import HelpDeskServer
from rollout.sandbox.desk.traffic import InjectedFault, Mishap, Traffic

__all__ = ["HelpDesk", "HelpDeskServer", "InjectedFault", "Mishap", "PublicReply", "Traffic"]
