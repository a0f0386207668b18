"""How an address or a number is compared, however it was typed."""

from securemsg.desk.desk import Desk


def normal(channel: str, value: str) -> str:
    """Of a phone number the digits, in any script, and a leading +; of anything else all of it, without case and space around."""
    value = value.strip().lower()
    digits = "".join(str(int(sign)) for sign in value if sign.isdecimal()) if channel == "phone" else ""
    return ("+" if value.startswith("+") else "") + digits if digits else value


def indexes(desk: Desk, clinic_id: str, channel: str, value: str) -> list[bytes]:
    """The blind indexes it may lie under: as it is compared, and as it was typed, which older rows have."""
    forms = dict.fromkeys((normal(channel, value), value.strip().lower()))
    return [index for form in forms for index in desk.keys.blind_indexes(clinic_id, f"contact.{channel}", form)]
