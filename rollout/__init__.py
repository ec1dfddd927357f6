"""Rollout: carries JIRA fixes from a release to every client, and tells each one on their own ticket.

Importing this package does no work.
"""

__version__ = "0.1.0"
