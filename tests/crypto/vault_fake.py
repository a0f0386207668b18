"""A FAKE of Vault's transit engine: no Vault server can be had here. It does what the API's documentation says of `encrypt` and
`decrypt` with associated data, for one key and one token; what a real one does beyond that is not tried.
"""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "a token of the fake"


class FakeVault(ThreadingTCPServer):
    """`status` other than 200 is what it answers to everything, as 503 while a real one is sealed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key, self.status, self.calls = secrets.token_bytes(32), 200, 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FakeVault

    def do_POST(self) -> None:
        self.server.calls += 1
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status != 200:
            return self._answer(self.server.status, {"errors": ["Vault is sealed"]})
        if self.headers["X-Vault-Token"] != TOKEN:
            return self._answer(403, {"errors": ["permission denied"]})
        verb = {"/v1/transit/encrypt/root": self._encrypt, "/v1/transit/decrypt/root": self._decrypt}.get(self.path)
        if verb is None:
            return self._answer(404, {"errors": []})
        try:
            return self._answer(200, {"data": verb(said)})
        except (InvalidTag, ValueError):
            return self._answer(400, {"errors": ["cipher: message authentication failed"]})

    def _encrypt(self, said: dict) -> dict:
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self.server.key).encrypt(nonce, b64decode(said["plaintext"]), b64decode(said["associated_data"]))
        return {"ciphertext": "vault:v1:" + b64encode(nonce + sealed).decode(), "key_version": 1}

    def _decrypt(self, said: dict) -> dict:
        sealed = b64decode(said["ciphertext"].removeprefix("vault:v1:"), validate=True)
        text = AESGCM(self.server.key).decrypt(sealed[:12], sealed[12:], b64decode(said["associated_data"]))
        return {"plaintext": b64encode(text).decode()}

    def _answer(self, status: int, told: dict) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def fake_vault() -> Iterator[FakeVault]:
    server = FakeVault()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
