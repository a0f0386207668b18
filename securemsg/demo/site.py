"""The demo clinic's website: a program of its own, on another site than the service, as is usual.

It knows nothing of the service but its address, which stands in one script tag and one link of every page.
"""

import os
import signal
import subprocess
import sys

import gevent
from flask import Flask, Response, render_template
from gevent.pywsgi import WSGIServer

from securemsg.demo import CLINIC

PAGES = {
    "home": ("/", "Home"),
    "team": ("/our-team", "Our team"),
    "hours": ("/hours-and-contact", "Hours & contact"),
    "prescriptions": ("/prescriptions", "Prescriptions"),
    "new_patients": ("/new-patients", "New patients"),
    "privacy": ("/messages-and-privacy", "Messages & privacy"),
}
# As strict as a careful clinic could write it: the widget needs only the two places where its address stands.
POLICY = (
    "default-src 'none'",
    "script-src 'self' {service}",
    "frame-src {service}",
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)


def start_site(port: int, service_origin: str, slug: str) -> subprocess.Popen[bytes]:
    """Serve the website in a process of its own, which ends when this one does."""
    return subprocess.Popen([sys.executable, "-m", __name__, str(port), service_origin, slug])


def serve_site(port: int, service_origin: str, slug: str) -> None:
    """Serve the website on 127.0.0.1 until a signal comes or the process that started this one is gone."""
    server = WSGIServer(("127.0.0.1", port), make_site(service_origin, slug), log=None)
    for name in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(name, server.stop)
    gevent.spawn(_stop_when_orphaned, server, os.getppid())
    try:
        server.serve_forever()
    except OSError as error:
        sys.exit(f"The clinic's website cannot be served on port {port}: {error.strerror}. Choose another PORT.")


def make_site(service_origin: str, slug: str) -> Flask:
    """The website as a WSGI application."""
    site = Flask(__name__, static_folder="assets", static_url_path="/assets", template_folder="pages")
    policy = "; ".join(POLICY).format(service=service_origin)
    shared = {"clinic": CLINIC, "pages": PAGES, "service": service_origin, "slug": slug}

    def page(name: str) -> str:
        return render_template(f"{name}.html", here=name, **shared)

    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    for name, (path, _) in PAGES.items():
        site.add_url_rule(path, name, page, defaults={"name": name})
    site.register_error_handler(404, lambda error: (page("not_found"), 404))
    site.after_request(protect)
    return site


def _stop_when_orphaned(server: WSGIServer, parent: int) -> None:
    # An orphan is handed to another parent, whatever way its own one ended; no signal tells of a SIGKILL.
    while os.getppid() == parent:
        gevent.sleep(0.25)
    server.stop()


if __name__ == "__main__":
    serve_site(int(sys.argv[1]), sys.argv[2], sys.argv[3])
