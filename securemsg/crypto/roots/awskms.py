"""A root key in AWS KMS: `awskms:KEY`, an ARN, an id or `alias/NAME`.

Region, credentials and endpoint are found as the AWS tools find them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from securemsg.crypto.roots.root import AWSKMS, Away, boxed, remote_id, unboxed
from securemsg.errors import Misconfigured, Unverified

_SECONDS = 5  # to connect, and to answer
_AWAY = ("InternalException", "DependencyTimeoutException", "KeyUnavailableException", "ThrottlingException",
         "KMSInternalException", "ServiceUnavailable", "RequestLimitExceeded")
_STRANGE = ("InvalidCiphertextException", "IncorrectKeyException")


def root(target: str, environ: Mapping[str, str], data: Path) -> "AwsKms":
    """Misconfigured where the extra is not installed, or no region is named anywhere."""
    if not target:
        raise Misconfigured("SECUREMSG_ROOT_KEY says awskms: without a key; give its ARN, its id, or alias/NAME.")
    try:
        import boto3  # an extra
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise Misconfigured("SECUREMSG_ROOT_KEY names AWS KMS, whose client is not installed: pip install 'securemsg[awskms]'") \
            from None
    region = target.split(":")[3] if target.startswith("arn:") and target.count(":") > 4 else None
    config = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 2})
    try:
        return AwsKms(target, boto3.session.Session(region_name=region).client("kms", config=config))
    except BotoCoreError as error:
        said = str(error).rstrip(".")
        raise Misconfigured(f"AWS KMS cannot be used: {said}. Name the key by its ARN, or set AWS_REGION.") from error


@dataclass(frozen=True)
class AwsKms:
    """A symmetric key of KMS (SYMMETRIC_DEFAULT, AES-256-GCM). The place of what is wrapped is its encryption context."""

    key: str
    client: Any = field(repr=False)

    @property
    def id(self) -> str:
        return remote_id("awskms", self.key)

    def wrap(self, secret: bytes, *place: str) -> bytes:
        answer = self._asked("encrypt", Plaintext=secret, **self._about(place))
        return boxed(AWSKMS, answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, *place: str) -> bytes:
        answer = self._asked("decrypt", CiphertextBlob=unboxed(AWSKMS, wrapped), **self._about(place))
        return bytes(answer["Plaintext"])

    def _about(self, place: tuple[str, ...]) -> dict[str, object]:
        return {"KeyId": self.key, "EncryptionContext": {f"securemsg-{number}": part for number, part in enumerate(place)}}

    def _asked(self, verb: str, **words: object) -> dict[str, Any]:
        """Unverified, Away or Misconfigured, by what KMS says; never with a word of what was sent."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            answer: dict[str, Any] = getattr(self.client, verb)(**words)
            return answer
        except NoCredentialsError:
            raise Misconfigured("AWS KMS holds the root key, and no AWS credentials were found for it.") from None
        except BotoCoreError as error:
            raise Away("AWS KMS, which holds the root key, does not answer.") from error
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _STRANGE:
                raise Unverified from None
            if code in _AWAY or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
                raise Away("AWS KMS, which holds the root key, cannot answer just now.") from None
            raise Misconfigured(f"AWS KMS refuses to {verb} with the root key {self.key}: {code}.") from None
