"""What staff prove themselves with, and what is kept of it."""

import re
from base64 import b32encode
from urllib.parse import parse_qs, urlsplit

import pytest
import segno

from securemsg.crypto import credentials

SECRET = b"12345678901234567890"


def test_a_password_fits_its_own_hash_and_no_other():
    phc = credentials.hash_password("four plain words here")
    assert credentials.password_fits("four plain words here", phc)
    assert not credentials.password_fits("four plain words Here", phc) and not credentials.password_fits("", phc)


def test_a_hash_is_argon2id_at_the_floor_with_its_own_salt():
    one, other = (credentials.hash_password("the same") for _ in range(2))
    assert one != other and one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_nobodys_password_is_checked_against_the_dummy_and_never_fits(monkeypatch):
    checked = []

    class Spy:
        verify_phc_encoded = staticmethod(lambda password, phc: checked.append(phc))  # says yes to anything

    monkeypatch.setattr(credentials, "Argon2id", Spy)
    monkeypatch.setattr(credentials, "dummy_hash", lambda: "the dummy")
    assert credentials.password_fits("anything", None) is False and checked == ["the dummy"]


@pytest.mark.parametrize("broken", ["x", "$argon2id$v=19$m=19456,t=2,p=1$", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAA"])
def test_a_hash_that_was_altered_lets_nobody_in_and_raises_nothing(broken):
    assert credentials.password_fits("anything", broken) is False


def test_a_code_counts_in_its_step_and_the_ones_beside_it():
    now = 1_000_000_020
    step = now // 30
    for drift, counts in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        found = credentials.totp_step(SECRET, credentials.totp_code(SECRET, step + drift), now, 0)
        assert found == (step + drift if counts else None)


def test_a_code_of_a_used_or_earlier_step_counts_no_more():
    now = 1_000_000_020
    step = now // 30
    for last in (step, step + 1):
        assert credentials.totp_step(SECRET, credentials.totp_code(SECRET, step), now, last) is None
    assert credentials.totp_step(SECRET, credentials.totp_code(SECRET, step + 1), now, step) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "۱۲۳۴۵۶", "' OR 1=1"])
def test_what_is_no_code_never_counts(code):
    assert credentials.totp_step(SECRET, code, 1_000_000_020, 0) is None


def test_the_app_is_told_the_secret_by_address_and_by_hand():
    secret = credentials.new_totp_secret()
    address = urlsplit(credentials.totp_uri(secret, "ana@elm.example", "Elm Street & Söhne"))
    asked = parse_qs(address.query)
    assert (address.scheme, address.netloc, asked["issuer"]) == ("otpauth", "totp", ["Elm Street & Söhne"])
    assert asked["secret"] == [credentials.totp_key(secret).replace(" ", "")] and len(secret) == 20


def test_recovery_codes_can_be_read_aloud_and_are_all_different():
    codes = credentials.new_recovery_codes()
    assert len(set(codes)) == 10 and all(re.fullmatch(r"[2-9a-hjkmnp-z]{5}-[2-9a-hjkmnp-z]{5}", code) for code in codes)
    assert len({credentials.new_recovery_codes()[0] for _ in range(50)}) == 50


def test_names_of_any_length_fit_in_a_code():
    address = credentials.totp_uri(SECRET, "😀" * 500 + "@elm.example", "😀" * 5000)
    assert segno.make(address).version and b32encode(SECRET).decode() in address
