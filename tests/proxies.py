"""nginx and Caddy as the examples set them up, on this computer with a certificate of its own, before a running service."""

import http.client
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from securemsg.cli.example import HOST, filled
from tests.http.browser import Answer, Outside, new_address
from tests.service import Service, free_port, until

PATHS = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])  # where Debian has nginx, and root's PATH alone


class Behind(Service):
    """The service with the settings of the example, of which only the places are this computer's."""

    @property
    def environ(self) -> dict[str, str]:
        places = {"/var/lib/securemsg-keys": f"{self.folder}/data.keys", "/var/lib/securemsg": f"{self.folder}/data",
                  "127.0.0.1:8000": f"127.0.0.1:{self.port}"}
        path = self.folder / "securemsg.toml"
        path.write_text(replaced(filled("securemsg.toml"), places))
        ours = {name: value for name, value in os.environ.items() if not name.startswith("SECUREMSG_")}
        return ours | {"PYTHONUNBUFFERED": "1", "SECUREMSG_CONFIG": str(path), "SECUREMSG_UNDO_SECONDS": "0"}


class Secured(Outside):
    """A browser that comes by https, through a proxy on this computer that has the service's name."""

    def __init__(self, port: int, certificate: Path, address: str = ""):
        super().__init__(f"https://{HOST}", address or new_address())
        self.port, self.context = port, ssl.create_default_context(cafile=str(certificate))

    def _send(self, method: str, path: str, body: bytes, headers: dict) -> Answer:
        return super()._send(method, path, body, {"Host": HOST, **headers})

    @contextmanager
    def connected(self, seconds: float = 15) -> Iterator[http.client.HTTPSConnection]:
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=seconds, source_address=(self.address, 0),
                                                 context=self.context)
        try:
            yield connection
        finally:
            connection.close()


class Proxy:
    """A proxy in front: `secured()` makes browsers that come through it, `port` speaks https, `plain` http."""

    def __init__(self, folder: Path, service: Service):
        self.folder, self.service = folder, service
        self.port, self.plain = service.port + 1, free_port()
        self.certificate, self.key = certified(folder)

    def secured(self, address: str = "") -> Secured:
        return Secured(self.port, self.certificate, address)


@contextmanager
def nginx(folder: Path, service: Service) -> Iterator[Proxy]:
    """nginx with its example, included as a distribution's own file includes it; it has checked it before."""
    proxy = Proxy(folder, service)
    own = {"listen 80;": f"listen 127.0.0.1:{proxy.plain};", "listen 443 ": f"listen 127.0.0.1:{proxy.port} ",
           "    listen [::]:80;\n": "", "    listen [::]:443 ssl http2;\n": "", "127.0.0.1:8000": f"127.0.0.1:{service.port}",
           f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(proxy.certificate),
           f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(proxy.key)}
    (folder / "securemsg.conf").write_text(replaced(filled("nginx.conf"), own))
    kept = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""  # who may go into the test's folder
    (folder / "nginx.conf").write_text(f"{user} daemon off; pid {folder}/pid; events {{ }}\n"
                                       f"http {{ {kept} include {folder}/securemsg.conf; }}\n")
    words = [program("nginx"), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*words, "-t"], capture_output=True, text=True)
    complaints = [line for line in checked.stderr.splitlines() if "[" in line and "is deprecated" not in line]
    assert checked.returncode == 0 and not complaints, checked.stderr
    with running(words, folder, proxy):
        yield proxy


@contextmanager
def caddy(folder: Path, service: Service) -> Iterator[Proxy]:
    """Caddy with its example, and the test's certificate for the one it would fetch; it has checked it before."""
    proxy = Proxy(folder, service)
    own = {f"\n{HOST} {{": f"\nhttps://{HOST}:{proxy.port} {{\n\tbind 127.0.0.1\n\ttls {proxy.certificate} {proxy.key}",
           "127.0.0.1:8000": f"127.0.0.1:{service.port}", "\n{\n": "\n{\n\tadmin off\n\tauto_https disable_redirects\n"}
    path = folder / "Caddyfile"
    path.write_text(replaced(filled("Caddyfile"), own))
    words = [program("caddy"), "run", "--config", str(path), "--adapter", "caddyfile"]
    checked = subprocess.run([words[0], "validate", *words[2:]], capture_output=True, text=True, env=home(folder))
    assert checked.returncode == 0 and "Valid configuration" in checked.stdout + checked.stderr, checked.stderr
    with running(words, folder, proxy):
        yield proxy


@contextmanager
def running(words: list[str], folder: Path, proxy: Proxy) -> Iterator[None]:
    """The program, until the end of the block; it has answered before that begins."""
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=home(folder))
    try:
        until(lambda: answers(proxy, process, folder), what="the proxy's first answer")
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()


def answers(proxy: Proxy, process: subprocess.Popen, folder: Path) -> bool:
    assert process.poll() is None, (folder / "log").read_text()
    try:
        return proxy.secured().get("/readyz").status == 200
    except OSError:
        return False


def home(folder: Path) -> dict[str, str]:
    return os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}


def program(name: str) -> str:
    found = shutil.which(name, path=PATHS)
    if not found:
        pytest.skip(f"{name} is not here, with which its example is tried: `make test` as root on Debian brings it")
    return found


def certified(folder: Path) -> tuple[Path, Path]:
    """A certificate for the service's name and this computer, signed by itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    names = [x509.DNSName(HOST), x509.IPAddress(ip_address("127.0.0.1"))]
    made = datetime.now(UTC)
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(made - timedelta(hours=1))
                   .not_valid_after(made + timedelta(days=1)).add_extension(x509.SubjectAlternativeName(names), False)
                   .sign(key, hashes.SHA256()))
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    return paths


def replaced(text: str, by: dict[str, str]) -> str:
    """Each of these, which must be there, by its other."""
    for old, new in by.items():
        assert old in text, old
        text = text.replace(old, new)
    return text
