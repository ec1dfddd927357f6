"""The command line. Each noun has its own module, imported when its command is called: help needs none of them."""


def main() -> None:
    """Run the command that the process was started with; see `rollout.cli.app`."""
    from rollout.cli.app import run

    run()
