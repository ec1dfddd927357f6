"""/releases/VERSION : one release with every change, its evidence, and who has signed."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from rollout.console.looking import Looking
from rollout.steps import show


def add(app: FastAPI, looking: Looking) -> None:
    """Answer at /releases/VERSION."""

    @app.get("/releases/{version}", response_class=HTMLResponse)
    def release(version: str) -> str:
        with looking.world() as world:
            view = show.release(world, version)
        return looking.page("release.html.j2", title=f"Release {version}", release=view)
