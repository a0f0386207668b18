"""Settings with commas between: who is named there is as it was written, and an address that no mail can reach is refused."""

import pytest

from securemsg import addresses, names


def test_names_roles_and_addresses_stand_beside_each_other():
    assert names("desk@clinic.example, Nurse,\nDr  Wu\n\nowner,, Nurse") == ("desk@clinic.example", "Nurse", "Dr Wu", "owner")
    assert names("") == names(" ,\n") == addresses("") == ()


def test_addresses_alone():
    assert addresses("desk@clinic.example, night+desk@mail.clinic.example") == (
        "desk@clinic.example", "night+desk@mail.clinic.example")
    with pytest.raises(ValueError, match="“Nurse” must be one email address"):
        addresses("desk@clinic.example, Nurse")


@pytest.mark.parametrize("wrong", [
    "desk@", "@clinic.example", "desk@clinic", "desk @clinic.example", "a@b.example c@d.example", "a@b@c.example",
    "Desk <desk@clinic.example>", "desk@clinic.example;", "bücher@clinic.example", "desk@bücher.example",
    "\"a\x01\"@clinic.example", "a\0@clinic.example", "d" * 250 + "@clinic.example"])
def test_what_is_no_address_is_named(wrong):
    for read in (names, addresses):
        with pytest.raises(ValueError, match="must be one email address, like desk@clinic") as error:
            read(f"Nurse@clinic.example,{wrong}")
        assert str(error.value).startswith(f"“{wrong[:80]}")
