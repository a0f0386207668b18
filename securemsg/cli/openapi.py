"""`securemsg openapi`."""

import click

from securemsg.registry import Registry
from securemsg.settings import load


@click.command()
def openapi() -> None:
    """Print the API's OpenAPI 3.1 description, as the service answers it at /api/v1/openapi.json. Needs no database."""
    from securemsg.http import openapi as description  # all of the routes, which no other command needs
    from securemsg.http import resources, routes

    settings, app = load(), routes.bare()
    registry = Registry.of_service(settings)
    resources.init(app, registry)
    click.echo(description.written(app, settings.public_url, registry.kinds), nl=False)
