"""`securemsg serve` and `demo`."""

import os
import secrets
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import click

from securemsg.cli.at_hand import opened, speaker
from securemsg.cli.plugins import refuse_hidden
from securemsg.cli.staff import new_link
from securemsg.crypto import roots
from securemsg.demo import CLINIC, PLUGIN_SETTINGS, PLUGINS, SLUG, TEMPLATES
from securemsg.demo.site import start_site
from securemsg.desk import Desk, owner, people, plugin_settings
from securemsg.desk.access import FIRST
from securemsg.desk.canned import templates
from securemsg.desk.canned.templates import Template
from securemsg.desk.clinics import Clinic
from securemsg.desk.clinics import clinic as one_clinic
from securemsg.desk.desk import prepare
from securemsg.desk.owner import Card
from securemsg.errors import Misconfigured, Missing
from securemsg.settings import Settings, load
from securemsg.store import modernize
from securemsg.store.sqlite import Sqlite, claim

_SERVING = Path(__file__).parent.parent / "serving.py"
_SITE = "http://127.0.0.1:"
_OWNER = ("Maren Whitlock", "owner@harbour-lane.example", "Doctor")


@click.command()
def serve() -> None:
    """Serve until stopped. Brings the tables to the form that this program needs before, unless another process serves them."""
    settings = load()
    try:
        with opened(settings, modernize) as desk:
            refuse_hidden(desk.registry, click.get_current_context().find_root().command)
            _refuse_second(desk)
    except roots.Away as away:
        click.echo(f"{away.detail} The service starts all the same, and serves as soon as it answers.", err=True)
    _refuse_taken(*settings.bind, "SECUREMSG_BIND")
    if settings.metrics_bind:
        _refuse_taken(*settings.metrics_bind, "SECUREMSG_METRICS_BIND")
    _become_gunicorn(settings)


@click.command()
def demo() -> None:
    """Serve with a sample clinic and its website, both on this computer only. PORT chooses the port (8000)."""
    settings = _demo_settings()
    prepare(settings)
    _, port = settings.bind
    with opened(settings) as desk:
        _refuse_second(desk)
        _refuse_taken("127.0.0.1", port, "PORT")
        _refuse_taken("127.0.0.1", port + 1, "PORT")
        home = _sample_clinic(desk, port + 1)
        link = _sample_owner(desk, home)
    start_site(port + 1, settings.public_url, SLUG)
    click.echo(f"\n  The clinic's website   http://127.0.0.1:{port + 1}\n  The service            {settings.public_url}\n"
               f"  Its staff              {settings.public_url}/staff/{SLUG}/\n\n  {link}\n\n  Ctrl-C ends both.\n")
    _become_gunicorn(settings)


def _demo_settings() -> Settings:
    text = os.environ.get("PORT", "8000")
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65535:
        raise Misconfigured(f"PORT is {text!r}; it must be a number from 1 to 65534, since the website takes the next one.")
    here = {"SECUREMSG_PUBLIC_URL": f"http://localhost:{text}", "SECUREMSG_BIND": f"127.0.0.1:{text}", "SECUREMSG_LOG": "text",
            "SECUREMSG_PLUGINS": PLUGINS}
    return load(here | os.environ)


def _sample_clinic(desk: Desk, site_port: int) -> Clinic:
    """The sample clinic, made at the first start; its website's port may change from start to start."""
    origin = f"{_SITE}{site_port}"
    try:
        home = one_clinic(desk, SLUG)
    except Missing:
        home = owner.add_clinic(desk, SLUG, _sample_card(origin), desk.clock())
        for label, language, text in TEMPLATES:
            templates.save(desk, speaker(home.id), Template("", label, language, text), secrets.token_urlsafe(), desk.clock())
        for plugin, texts in PLUGIN_SETTINGS.items():
            if plugin in desk.registry.names:
                plugin_settings.change(desk, speaker(home.id), plugin, texts, desk.clock())
        return home
    if origin not in home.origins:
        others = (other for other in home.origins if not other.startswith(_SITE))
        card = replace(owner.card_of(home), origins=(origin, *others))
        owner.save_card(desk, speaker(home.id), home, card, home.version, desk.clock())
    return one_clinic(desk, SLUG)


def _sample_card(origin: str) -> Card:
    profile = {name: CLINIC[name] for name in ("name", "address", "phones", "doctors", "hours_text", "promise")}
    profile["emergency_text"] = CLINIC["emergency"]["text"]
    categories = tuple((c["id"], c["label"], True, c["contact"]) for c in CLINIC["categories"])
    return Card(profile, CLINIC["timezone"], CLINIC["locale"], CLINIC["emergency"]["number"], CLINIC["theme"]["color"], (origin,),
                categories, CLINIC["consent"])


def _sample_owner(desk: Desk, home: Clinic) -> str:
    """A one-time link while nobody has enrolled; afterwards only the command that makes another."""
    everyone = people.everyone(desk, home.id).values()
    if any(person.enrolled_at for person in everyone):
        return f"Sign in above. For a new one-time link: .venv/bin/securemsg staff link {SLUG} {_OWNER[1]}"
    name, email, title = _OWNER
    person = next(iter(everyone), None) or people.add(desk, speaker(home.id), home, name, email, title, FIRST, desk.clock())
    return f"First sign-in as {person.name} (once, within 24 hours):\n  {new_link(desk, home, person)}"


def _refuse_second(desk: Desk) -> None:
    if isinstance(desk.database, Sqlite):
        claim(desk.database).close()


def _refuse_taken(host: str, port: int, setting: str) -> None:
    """Told before anything is printed or started; gunicorn would try for five seconds, without a sentence."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host.strip("[]"), port))
        except OSError as error:
            raise Misconfigured(f"{host}:{port} cannot be used: {error.strerror}. Choose another with {setting}.") from error


def _become_gunicorn(settings: Settings) -> NoReturn:
    """Replace this process: gevent must patch before anything of the service is imported."""
    sys.stdout.flush()
    host, port = settings.bind
    arguments = ["gunicorn", "-c", str(_SERVING), "--bind", f"{host}:{port}", "securemsg.app:serve()"]
    os.execve(sys.executable, [sys.executable, "-m", *arguments], dict(settings.environ))
