"""A root key in Vault's transit engine, or OpenBao's: `vault:MOUNT/KEY`. Address and token as Vault's own tools find them:
VAULT_ADDR, VAULT_TOKEN (or VAULT_TOKEN_FILE, read anew for each call), VAULT_NAMESPACE, VAULT_CACERT.
"""

import json
import ssl
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from securemsg.crypto.canonical import canonical
from securemsg.crypto.roots.root import VAULT, Away, boxed, remote_id, unboxed
from securemsg.errors import Misconfigured, Unverified
from securemsg.setting_values import is_loopback

_SECONDS = 5
_LONGEST_ANSWER = 65536  # bytes


def root(target: str, environ: Mapping[str, str], data: Path) -> "Vault":
    """Misconfigured where address, token or key are not named, or the address is not https (loopback may be http)."""
    mount, _, key = target.rpartition("/")
    if not mount or not key:
        raise Misconfigured("SECUREMSG_ROOT_KEY says vault: without MOUNT/KEY, for example vault:transit/securemsg.")
    address = environ.get("VAULT_ADDR", "")
    parts = urlsplit(address)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))):
        raise Misconfigured("Vault holds the root key, and VAULT_ADDR does not name it by an https address; name it as "
                            "https://vault.example:8200.")
    if not environ.get("VAULT_TOKEN") and not environ.get("VAULT_TOKEN_FILE"):
        raise Misconfigured("Vault holds the root key, and neither VAULT_TOKEN nor VAULT_TOKEN_FILE lets us ask it; "
                            "name one of them.")
    return Vault(mount, key, address.rstrip("/"), environ)


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A standby node redirects; the token goes to nobody but who was named."""


@dataclass(frozen=True)
class Vault:
    """A key of the transit engine, of a type that takes associated data (aes256-gcm96, the default)."""

    mount: str
    key: str
    address: str
    environ: Mapping[str, str] = field(repr=False)

    @property
    def id(self) -> str:
        return remote_id("vault", f"{self.mount}/{self.key}")

    def wrap(self, secret: bytes, *place: str) -> bytes:
        return boxed(VAULT, self._asked("encrypt", plaintext=b64encode(secret).decode(), **_about(place))["ciphertext"].encode())

    def unwrap(self, wrapped: bytes, *place: str) -> bytes:
        try:
            ciphertext = unboxed(VAULT, wrapped).decode("ascii")
        except UnicodeDecodeError:
            raise Unverified from None
        return b64decode(self._asked("decrypt", ciphertext=ciphertext, **_about(place))["plaintext"])

    def _asked(self, verb: str, **words: str) -> dict[str, str]:
        url = f"{self.address}/v1/{quote(self.mount)}/{verb}/{quote(self.key)}"
        request = Request(url, json.dumps(words).encode(), self._headers(), method="POST")
        opener = build_opener(_Stay, ProxyHandler({}), HTTPSHandler(context=self._trusted()))
        try:
            with opener.open(request, timeout=_SECONDS) as answer:
                told: dict[str, str] = json.loads(answer.read(_LONGEST_ANSWER))["data"]
                return told
        except HTTPError as error:
            with error:
                raise self._judged(verb, error.code) from None
        except (OSError, ValueError, KeyError) as error:
            raise Away("Vault, which holds the root key, does not answer.") from error

    def _judged(self, verb: str, status: int) -> Exception:
        """400 for what does not decrypt; 403 for a token that may not; 404 for no such key; 503 while it is sealed."""
        if status == 400 and verb == "decrypt":
            return Unverified()
        if status in (400, 403, 404, 405):
            return Misconfigured(f"Vault refuses to {verb} with the root key {self.mount}/{self.key}: status {status}. "
                                 "Look at the token's policy and at the key.")
        return Away(f"Vault, which holds the root key, cannot answer just now (status {status}).")

    def _headers(self) -> dict[str, str]:
        token = self.environ.get("VAULT_TOKEN") or self._token_in_file()
        space = self.environ.get("VAULT_NAMESPACE")
        return {"X-Vault-Token": token, "X-Vault-Request": "true", "Content-Type": "application/json",
                **({"X-Vault-Namespace": space} if space else {})}

    def _token_in_file(self) -> str:
        path = Path(self.environ["VAULT_TOKEN_FILE"])
        try:
            return path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise Misconfigured(f"Vault's token cannot be read from {path}.") from None

    def _trusted(self) -> ssl.SSLContext | None:
        if not self.address.startswith("https:"):
            return None
        try:
            return ssl.create_default_context(cafile=self.environ.get("VAULT_CACERT"))
        except OSError:
            raise Misconfigured("The certificates that VAULT_CACERT names cannot be read.") from None


def _about(place: tuple[str, ...]) -> dict[str, str]:
    return {"associated_data": b64encode(canonical(*place)).decode()}
