"""The page on which a person looks at a ticket in a browser: subject, status, conversation."""

import html

from rollout.sandbox.desk.helpdesk import HelpDesk
from rollout.sandbox.desk.records import Audit, Comment, Ticket

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933; background: #fff }
.status { display: inline-block; padding: 0 .6rem; border-radius: 1rem; background: #e4e7eb; font-size: .9rem }
.solved { background: #d3f0dc } .closed { background: #cbd2d9 }
article { border-left: 4px solid #cbd2d9; padding: .2rem 0 .2rem 1rem; margin: 1.2rem 0 }
article.agent { border-color: #2f6fde } article.internal { background: #fff6d6 }
article p { white-space: pre-wrap; margin: .3rem 0 } small { color: #616e7c }
"""


def ticket_page(desk: HelpDesk, ticket: Ticket) -> str:
    """The whole page. All text is escaped: what a requester wrote is never markup."""
    title = f"#{ticket.id} {ticket.subject}"
    requester = desk.user_of(ticket.requester_id)
    organization = ", ".join(one.name for one in desk.organizations([ticket.organization_id]))
    asked = " · ".join(part for part in (requester.name, requester.email, organization) if part)
    said = "\n".join(_article(desk, audit, comment) for audit, comment in ticket.comments)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>
<style>{_STYLE}</style></head>
<body><h1>{html.escape(title)}</h1>
<p><span class="status {ticket.status}">{ticket.status}</span> <small>{html.escape(asked)}</small></p>
{said}
</body></html>
"""


def _article(desk: HelpDesk, audit: Audit, comment: Comment) -> str:
    author = desk.user_of(comment.author_id)
    kinds = ("agent" if author.role != "end-user" else "requester", "" if comment.public else "internal")
    when = audit.at.strftime("%Y-%m-%d %H:%M UTC")
    head = f"<small>{html.escape(author.name)} · {when}{'' if comment.public else ' · internal'}</small>"
    return f'<article class="{" ".join(kinds).strip()}">{head}<p dir="auto">{html.escape(comment.plain)}</p></article>'
