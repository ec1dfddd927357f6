"""The settings of a workspace: what rollout.yaml says, checked part by part. Reads that one file; secrets are read where they are used."""

from rollout.settings.model import FILE, Settings
from rollout.settings.reading import load_settings
from rollout.settings.secret import Secret, SecretReader

__all__ = ["FILE", "Secret", "SecretReader", "Settings", "load_settings"]
