"""Roots whose key never is here: AWS KMS (moto's server), Vault (a fake, so labelled), PKCS #11 (SoftHSM)."""

import logging
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from securemsg.crypto import keystore, roots
from securemsg.errors import Misconfigured, Unavailable, Unverified
from tests.crypto.vault_fake import TOKEN, fake_vault

SECRET = bytes(range(32))
SOFTHSM = next((path for path in (Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib64/pkcs11/libsofthsm2.so"),
                                  Path("/usr/local/lib/softhsm/libsofthsm2.so")) if path.exists()), None)


@pytest.fixture(scope="module")
def kms() -> Iterator[str]:
    """The address of moto's server, in this process; AWS's own tools find it by AWS_ENDPOINT_URL."""
    from moto.server import create_backend_app

    server = make_server("127.0.0.1", 0, create_backend_app("kms"), threaded=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def aws(kms, monkeypatch) -> str:
    """A key of KMS, as SECUREMSG_ROOT_KEY names it."""
    import boto3

    for name, value in {"AWS_ENDPOINT_URL": kms, "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
                        "AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up"}.items():
        monkeypatch.setenv(name, value)
    return "awskms:" + boto3.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def vault(monkeypatch) -> Iterator[tuple]:
    with fake_vault() as server:
        yield "vault:transit/root", {"VAULT_ADDR": server.url, "VAULT_TOKEN": TOKEN}, server


@pytest.fixture
def token(tmp_path, monkeypatch) -> str:
    """A token of SoftHSM with an AES key, as SECUREMSG_ROOT_KEY names it."""
    assert SOFTHSM and shutil.which("softhsm2-util"), "SoftHSM is missing: `make test` installs it, or your system's softhsm2"
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    (tmp_path / "pin").write_text("1234567\n")
    (tmp_path / "pin").chmod(0o600)
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    label = tmp_path.name
    made = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", "1234567", "--so-pin", "7654321"]
    subprocess.run(made, check=True, capture_output=True)
    make_key(label)
    return f"pkcs11:token={label};object=securemsg-root?module-path={SOFTHSM}&pin-source=file:{tmp_path / 'pin'}"


def make_key(label: str) -> None:
    import pkcs11

    library = pkcs11.lib(str(SOFTHSM))
    library.reinitialize()
    with library.get_token(token_label=label).open(rw=True, user_pin="1234567") as session:
        session.generate_key(pkcs11.KeyType.AES, 256, label="securemsg-root", store=True)


def root(spec, environ=None, data=Path("/data")):
    return roots.read(spec, environ or {}, data)


def holds(one, other, folder):
    """What every root must do, whatever it is; `other` is one of the same kind with another key."""
    wrapped = one.wrap(SECRET, "epoch", "1")
    assert one.unwrap(wrapped, "epoch", "1") == SECRET and SECRET not in wrapped
    assert one.wrap(SECRET, "epoch", "1") != wrapped and one.id != other.id and len(one.id) == 16
    bad = [wrapped[:-1] + bytes([wrapped[-1] ^ 1]), wrapped[:-5], b"\1\2" + wrapped[2:], b"", b"\1\x63" + wrapped[2:]]
    for each in bad:
        with pytest.raises(Unverified):
            one.unwrap(each, "epoch", "1")
    with pytest.raises(Unverified):
        one.unwrap(wrapped, "epoch", "2")
    with pytest.raises((Unverified, Misconfigured)):  # a real KMS says that the key is another one, moto that it may not be used
        other.unwrap(wrapped, "epoch", "1")
    path = folder / "keys" / "keystore.json"
    keystore.create(path, one)
    made = keystore.read(path, (one,))
    assert keystore.rewrap(path, (other, one)) == [made.active] and keystore.read(path, (other,)) == made
    with pytest.raises(Misconfigured, match="This is the wrong key"):
        keystore.read(path, (one,))


def test_aws_kms_keeps_the_key(aws, tmp_path):
    import boto3

    holds(root(aws), root("awskms:" + boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]), tmp_path)


def test_what_aws_kms_refuses_is_said_and_what_is_away_may_be_tried_again(aws, monkeypatch):
    with pytest.raises(Misconfigured, match=r"refuses to encrypt with the root key .*: NotFoundException"):
        root("awskms:00000000-0000-0000-0000-000000000000").wrap(SECRET, "epoch", "1")
    with pytest.raises(Misconfigured, match="without a key"):
        root("awskms:")
    with monkeypatch.context() as nowhere, pytest.raises(Misconfigured, match=r"specify a region\. Name the key"):
        nowhere.delenv("AWS_REGION")
        nowhere.delenv("AWS_DEFAULT_REGION")
        root("awskms:alias/root")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="does not answer"):
        root(aws).wrap(SECRET, "epoch", "1")


def test_a_security_module_keeps_the_key(token, tmp_path):
    here = root(token)
    assert "1234567" not in repr(here)
    wrapped = here.wrap(SECRET, "epoch", "1")
    assert here.unwrap(wrapped, "epoch", "1") == SECRET
    for each in (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), wrapped[:-5], b"\1\2" + wrapped[2:], b""):
        with pytest.raises(Unverified):
            here.unwrap(each, "epoch", "1")
    with pytest.raises(Unverified):
        here.unwrap(wrapped, "epoch", "2")
    keystore.create(tmp_path / "keys" / "keystore.json", here)
    fresh = keystore.read(tmp_path / "keys" / "keystore.json", (root(token),))
    assert len(fresh.epochs[fresh.active]) == 32


def test_each_fault_of_a_security_module_has_its_own_sentence(token, tmp_path):
    pin = tmp_path / "pin"
    with pytest.raises(Misconfigured, match="holds no secret key named other"):
        root(token.replace("securemsg-root", "other")).wrap(SECRET, "epoch", "1")
    with pytest.raises(Unavailable, match="which holds the root key, is not there"):
        root(token.replace(f"token={tmp_path.name}", "token=nowhere")).wrap(SECRET, "epoch", "1")
    with pytest.raises(Misconfigured, match="cannot be loaded"):
        root(token.replace(str(SOFTHSM), "/no/module.so")).wrap(SECRET, "epoch", "1")
    with pytest.raises(Misconfigured, match="says pkcs11: without pin-source"):
        root(token.partition("&")[0])
    pin.write_text("7777777")
    with pytest.raises(Misconfigured, match="does not take the PIN"):
        root(token).wrap(SECRET, "epoch", "1")
    pin.chmod(0o644)
    with pytest.raises(Misconfigured, match=r"PIN file .* can be read or written by others"):
        root(token)


def test_vault_keeps_the_key_as_far_as_a_fake_can_tell(vault, tmp_path):
    spec, environ, server = vault
    with fake_vault() as another:
        other = root(spec, environ | {"VAULT_ADDR": another.url})
        here = root(spec, environ)
        wrapped = here.wrap(SECRET, "epoch", "1")
        assert here.unwrap(wrapped, "epoch", "1") == SECRET
        for each in (wrapped[:-1] + b"!", wrapped[:-5], b"\1\2" + wrapped[2:], b"", b"\1\x11\xff"):
            with pytest.raises(Unverified):
                here.unwrap(each, "epoch", "1")
        for one, place in ((here, "2"), (other, "1")):
            with pytest.raises(Unverified):
                one.unwrap(wrapped, "epoch", place)
    server.status = 503
    with pytest.raises(Unavailable, match="cannot answer just now"):
        here.unwrap(wrapped, "epoch", "1")
    server.status = 200
    with pytest.raises(Misconfigured, match=r"refuses to encrypt .* status 403"):
        root(spec, environ | {"VAULT_TOKEN": "another"}).wrap(SECRET, "epoch", "1")
    with pytest.raises(Misconfigured, match="status 404"):
        root("vault:transit/nothing", environ).wrap(SECRET, "epoch", "1")
    with pytest.raises(Unavailable, match="does not answer"):
        root(spec, environ | {"VAULT_ADDR": "http://127.0.0.1:9"}).wrap(SECRET, "epoch", "1")


@pytest.mark.parametrize(("spec", "environ", "words"), [
    ("vault:root", {}, "without MOUNT/KEY"), ("vault:transit/root", {}, "does not name it by an https address"),
    ("vault:transit/root", {"VAULT_ADDR": "http://vault.example"}, "does not name it by an https address"),
    ("vault:transit/root", {"VAULT_ADDR": "https://vault.example"}, "neither VAULT_TOKEN nor VAULT_TOKEN_FILE")])
def test_what_vault_lacks_is_told_before_it_is_asked(spec, environ, words):
    with pytest.raises(Misconfigured, match=words):
        root(spec, environ)


def test_vaults_token_may_stand_in_a_file_and_is_read_anew(vault, tmp_path):
    spec, environ, _ = vault
    path = tmp_path / "token"
    here = root(spec, {"VAULT_ADDR": environ["VAULT_ADDR"], "VAULT_TOKEN_FILE": str(path)})
    with pytest.raises(Misconfigured, match="token cannot be read from"):
        here.wrap(SECRET, "epoch", "1")
    path.write_text(TOKEN + "\n")
    assert here.unwrap(here.wrap(SECRET, "epoch", "1"), "epoch", "1") == SECRET


@pytest.mark.parametrize(("spec", "module", "extra"), [
    ("awskms:alias/root", "boto3", "awskms"),
    ("pkcs11:token=a;object=b?module-path=/c&pin-source=file:/d", "pkcs11", "pkcs11")])
def test_an_extra_that_is_not_installed_is_named(spec, module, extra, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(Misconfigured, match=rf"pip install 'securemsg\[{extra}\]'"):
        root(spec)
