"""`securemsg openapi`."""

import click

from securemsg.registry import Registry
from securemsg.settings import load


@click.command()
def openapi() -> None:
    """Print the API's OpenAPI 3.1 description, as the service answers it at /api/v1/openapi.json. Needs no database."""
    from securemsg.http import openapi as description  # all of the routes, which no other command needs
    from securemsg.http import routes

    settings = load()
    kinds = Registry.load(settings.plugins, settings.of_plugins).kinds
    click.echo(description.written(routes.bare(), settings.public_url, kinds), nl=False)
