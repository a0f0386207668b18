"""Where it listens, what people see, and whether it answers there now."""

import json
import socket
from contextlib import suppress
from http.client import HTTPResponse
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from securemsg.checks.finding import Bad, Doubtful, Patient
from securemsg.setting_values import is_loopback
from securemsg.store.sqlite import Sqlite, is_claimed

_SECONDS = 3
_MOST_BYTES = 4_096  # of an answer


def fit(patient: Patient) -> str:
    """Public address, bind and proxies; what contradicts at once has stopped the settings already."""
    settings = patient.settings
    host, port = settings.bind
    if any(network.prefixlen == 0 for network in settings.trusted_proxies):
        raise Bad("SECUREMSG_TRUSTED_PROXIES names everybody, so that each could claim any address. Name the proxy's network.")
    if settings.https and not settings.trusted_proxies:
        raise Doubtful(f"{settings.public_url} needs a proxy in front that speaks TLS, and SECUREMSG_TRUSTED_PROXIES names none: "
                       "all visitors would share its address and its limits.")
    if not settings.https and not is_loopback(host):
        raise Doubtful(f"SECUREMSG_BIND is {host}:{port}, open to the network without encryption, while people should come by "
                       f"{settings.public_url}. Bind 127.0.0.1, or put a proxy with https in front.")
    return f"People come by {settings.public_url}; the service listens on {host}:{port}."


def metrics(patient: Patient) -> str:
    settings = patient.settings
    bind = settings.metrics_bind
    if bind and not settings.metrics_token and not is_loopback(bind[0]):
        raise Doubtful(f"SECUREMSG_METRICS_BIND is {bind[0]}:{bind[1]}, where everybody in the network reads the metrics. Bind "
                       "127.0.0.1, or set SECUREMSG_METRICS_TOKEN as well.")
    if not bind and not settings.metrics_token:
        return "Metrics are shown to nobody: neither a token nor an address of their own is set."
    return f"Metrics are shown at {f'{bind[0]}:{bind[1]}' if bind else '/metrics, for the token'}."


def serves(patient: Patient) -> str:
    """A process that serves answers; a port that something else holds is told before the start is."""
    patient.serving = holds = isinstance(patient.database, Sqlite) and is_claimed(patient.database)
    host, port = patient.settings.bind
    found = _asked(host, port)
    if found == "ours":
        patient.serving = True
        if part := _unready(host, port):
            raise Bad(f"The service answers on {host}:{port} and can serve nobody: {part}. Its log says more; start it anew when "
                      "that is mended.")
        return f"The service answers on {host}:{port}."
    if holds:
        raise Bad(f"A process serves this database but does not answer on {host}:{port}. Has it other settings, or does it hang?")
    if found == "foreign":
        raise Bad(f"Another program answers on {host}:{port}. End it, or choose another port with SECUREMSG_BIND.")
    return "No process serves just now."


def _asked(host: str, port: int) -> str:
    """ours, foreign or nobody."""
    try:
        with _opened(host, port, "/healthz") as answer:
            return "ours" if answer.read(64) == b'{"status":"ok"}' else "foreign"
    except HTTPError:
        return "foreign"
    except OSError:
        return "foreign" if _is_taken(host, port) else "nobody"


def _unready(host: str, port: int) -> str:
    """The part that does not work, by its own word; "" where it is ready."""
    try:
        with _opened(host, port, "/readyz"):
            return ""
    except HTTPError as error:
        with error, suppress(ValueError):
            return str(json.loads(error.read(_MOST_BYTES)).get("part", "it is not ready"))
    except OSError:
        pass
    return "it does not say whether it is ready"


def _opened(host: str, port: int, path: str) -> HTTPResponse:
    name = f"[{host}]" if ":" in host.strip("[]") else host
    request = Request(f"http://{'127.0.0.1' if host == '0.0.0.0' else name}:{port}{path}", headers={"Host": "localhost"})
    opened: HTTPResponse = build_opener(ProxyHandler({})).open(request, timeout=_SECONDS)
    return opened


def _is_taken(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host.strip("[]"), port), timeout=_SECONDS):
        return True
    return False
