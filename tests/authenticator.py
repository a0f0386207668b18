"""An authenticator as people have one in their pocket: it makes passkeys and uses them, as a browser would hand them on."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from securemsg.crypto.passkeys import bytes_of, text

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags of the authenticator's data (Web Authentication, 6.1)


@dataclass
class Authenticator:
    """One passkey. `counts`: whether it counts its uses, as things on a key ring do; those in a phone's cloud do not."""

    origin: str
    counts: bool = True
    verifies: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    user: bytes = b""
    used: int = 0

    def makes(self, asked: dict, **changes: object) -> str:
        """The answer to PublicKeyCredentialCreationOptions, as a form brings it; `changes` of what the browser says of itself."""
        self.user = bytes_of(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(asked["rp"]["id"], ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._told({"clientDataJSON": text(self._client("webauthn.create", asked, changes)),
                           "attestationObject": text(attestation), "transports": ["internal"]})

    def uses(self, asked: dict, **changes: object) -> str:
        """The answer to PublicKeyCredentialRequestOptions."""
        self.used += self.counts
        data, client = self._data(asked["rpId"]), self._client("webauthn.get", asked, changes)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._told({"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature),
                           "userHandle": text(self.user)})

    def _data(self, host: str, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(host.encode()).digest() + struct.pack(">BI", flags, self.used)

    def _client(self, kind: str, asked: dict, changes: dict) -> bytes:
        return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin} | changes).encode()

    def _told(self, response: dict) -> str:
        told = {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "clientExtensionResults": {}}
        return json.dumps(told | {"response": response})
