"""The stories that the demo plays: a made-up product with a year of history, or a real project's export."""

from rollout.sandbox.story.export import export_story
from rollout.sandbox.story.plot import Clientele, PlotIssue, Story
from rollout.sandbox.story.tidewater import tidewater

__all__ = ["Clientele", "PlotIssue", "Story", "export_story", "tidewater"]
