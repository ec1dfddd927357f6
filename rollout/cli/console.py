"""rollout console"""

from pathlib import Path

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free one.")
@click.pass_obj
def console(folder: str, port: int) -> None:
    """Serve the console on loopback, for reading, until Ctrl-C. The address that it prints lets you in, and nobody else."""
    import socket

    import uvicorn

    from rollout.console.app import console as application
    from rollout.console.app import make_token
    from rollout.wiring import open_world

    with open_world(Path(folder), reading=True):
        pass
    token = make_token()
    with socket.create_server(("127.0.0.1", port)) as listening:
        click.echo(f"http://127.0.0.1:{listening.getsockname()[1]}/?token={token}")
        config = uvicorn.Config(application(Path(folder), token), log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])
