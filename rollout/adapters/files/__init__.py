"""Files that people write: the workspace's settings, clients, people and calendars."""
