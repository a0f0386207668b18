"""`securemsg openapi`."""

import click

from securemsg.settings import load


@click.command()
def openapi() -> None:
    """Print the API's OpenAPI 3.1 description, as the service answers it at /api/v1/openapi.json. Needs no database."""
    from securemsg.http import openapi as description  # all of the routes, which no other command needs
    from securemsg.http import routes

    click.echo(description.written(routes.bare(), load().public_url), nl=False)
