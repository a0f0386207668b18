"""The service as it is, with larger amounts in its table of limits and streams that end by themselves within a moment: a program
that asks at random asks often, and reads every answer to its end."""

from flask import Flask

from securemsg.http import stream
from tests.bench import served
from tests.faults.generous import Generous


def serve() -> Flask:
    """What gunicorn loads in place of `securemsg.app:serve()`."""
    stream._LIFE_SECONDS = 0.05
    return served.serve()


class Hurried(Generous):
    """Such a service as its own process."""

    loads = "tests.fuzz.served:serve()"
