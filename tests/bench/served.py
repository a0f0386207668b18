"""The service as it is, with larger numbers in its table of limits.

A message a second by one visitor would soon be refused. So the amounts are multiplied; strategy, subjects
and the number of hits for each request stay what they are, and so does their cost.
"""

from dataclasses import replace

from flask import Flask

from securemsg import app
from securemsg.http import limits

_TIMES = 100_000


def serve() -> Flask:
    """What gunicorn loads in place of `securemsg.app:serve()`."""
    enlarge_limits()
    return app.serve()


def enlarge_limits() -> None:
    for rules in limits._RULES.values():
        rules[:] = [replace(rule, item=type(rule.item)(rule.item.amount * _TIMES, rule.item.multiples)) for rule in rules]
