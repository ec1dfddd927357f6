"""Coverage is tested with the bundled zone data, as it runs."""

from rollout.adapters.files.zones import force_bundled_zones

force_bundled_zones()
