"""A root key in a hardware security module: `pkcs11:…`, a URI of RFC 7512 with the token, the key, the module and the PIN's file:

    pkcs11:token=clinic;object=securemsg-root?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/securemsg/pin
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from securemsg.crypto.canonical import canonical
from securemsg.crypto.roots.file import text_in
from securemsg.crypto.roots.root import PKCS11, Away, boxed, remote_id, unboxed
from securemsg.errors import Misconfigured, Unverified

_NONCE_BYTES = 12  # 96 bits, as in wraps.py
_TAG_BITS = 128


def root(target: str, environ: Mapping[str, str], data: Path) -> "Pkcs11":
    """Misconfigured where a part of the URI is missing, or the extra is not installed."""
    path, _, query = target.partition("?")
    named, asked = _parts(path, ";"), _parts(query, "&")
    for part, where in (("token", named), ("object", named), ("module-path", asked), ("pin-source", asked)):
        if not where.get(part):
            raise Misconfigured(f"SECUREMSG_ROOT_KEY says pkcs11: without {part}=…; it takes token and object, then ? and "
                                "module-path and pin-source.")
    try:
        import pkcs11  # noqa: F401  an extra
    except ImportError:
        raise Misconfigured("SECUREMSG_ROOT_KEY names PKCS #11, whose client is not installed: pip install 'securemsg[pkcs11]'") \
            from None
    source = asked["pin-source"].removeprefix("file:")
    pin = text_in(Path(source).absolute(), data, "PIN file", "without it the token stays closed").strip()
    return Pkcs11(named["token"], named["object"], asked["module-path"], pin)


@dataclass(frozen=True)
class Pkcs11:
    """An AES key of a token, used by AES-GCM (CKM_AES_GCM); the place of what is wrapped is the associated data."""

    token: str
    object: str
    module: str
    pin: str = field(repr=False)

    @property
    def id(self) -> str:
        return remote_id("pkcs11", f"token={self.token};object={self.object}")

    def wrap(self, secret: bytes, *place: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return boxed(PKCS11, nonce + self._asked("encrypt", secret, nonce, place))

    def unwrap(self, wrapped: bytes, *place: str) -> bytes:
        stored = unboxed(PKCS11, wrapped)
        return self._asked("decrypt", stored[_NONCE_BYTES:], stored[:_NONCE_BYTES], place)

    def _asked(self, verb: str, value: bytes, nonce: bytes, place: tuple[str, ...]) -> bytes:
        """Unverified, Away or Misconfigured, by what the module says. Each call is a session of its own."""
        import pkcs11
        from pkcs11 import exceptions as said

        try:
            about = pkcs11.GCMParams(nonce, canonical(*place), _TAG_BITS)
            with self._token(pkcs11).open(user_pin=self.pin) as session:
                key = session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, label=self.object)
                return bytes(getattr(key, verb)(value, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=about))
        except (said.PinIncorrect, said.PinInvalid, said.PinLenRange, said.PinLocked) as error:
            raise Misconfigured(f"The token {self.token} does not take the PIN ({type(error).__name__}). Look at it before "
                                "you start again: a token locks after some wrong ones.") from None
        except said.NoSuchKey:
            raise Misconfigured(f"The token {self.token} holds no secret key named {self.object}.") from None
        except said.PKCS11Error as error:
            raise self._judged(verb, error) from error

    def _judged(self, verb: str, error: Exception) -> Exception:
        from pkcs11 import exceptions as said

        gone = said.NoSuchToken, said.TokenNotPresent, said.TokenNotRecognised, said.DeviceRemoved, said.DeviceError
        if isinstance(error, gone):
            return Away(f"The token {self.token}, which holds the root key, is not there.")
        away = said.SessionCount, said.DeviceMemory, said.HostMemory, said.OperationNotInitialized
        if verb == "decrypt" and not isinstance(error, away):
            return Unverified()  # modules differ in what they call a tag that does not fit
        return Away(f"The token {self.token}, which holds the root key, cannot answer: {type(error).__name__}.")

    def _token(self, pkcs11: Any) -> Any:
        try:
            module = pkcs11.lib(self.module)
        except RuntimeError as error:
            raise Misconfigured(f"The module {self.module} of PKCS #11 cannot be loaded: {error}.") from None
        return module.get_token(token_label=self.token)


def _parts(text: str, separator: str) -> dict[str, str]:
    return {name: unquote(value) for name, _, value in (part.partition("=") for part in text.split(separator) if part)}
