"""A root key in shares, of which some together are the key again: SLIP-0039, by Trezor's library (an extra).

A share is 33 words that can be written down and read aloud; each has a checksum, and fewer than the threshold tell nothing.
"""

from collections.abc import Sequence
from typing import Any

from securemsg.crypto.roots import RootKey
from securemsg.crypto.roots.text import of
from securemsg.errors import Misconfigured, Refused

_MOST = 16  # SLIP-0039's limit


def split(root: RootKey, shares: int, threshold: int) -> list[str]:
    """`shares` lines of 33 words, any `threshold` of which are the key. Refused for numbers that make no sense."""
    if not 2 <= threshold <= shares <= _MOST:
        raise Refused(f"The threshold must be from 2 up to the number of shares, and there can be {_MOST} shares at most.")
    words: list[str] = _library().generate_mnemonics(1, [(threshold, shares)], root.secret)[0]
    return words


def join(lines: Sequence[str]) -> RootKey:
    """The key again. Refused with a sentence that says which share is wrong, or how many are missing."""
    library = _library()
    shares = [_share(library, number, line) for number, line in enumerate(lines, 1)]
    if not shares:
        raise Refused("No share was given.")
    if len({share.identifier for share in shares}) > 1:
        raise Refused("These shares are not of one key: each split makes shares that fit only each other.")
    different, needed = {(share.group_index, share.index): line for share, line in zip(shares, lines, strict=True)}, \
        shares[0].member_threshold
    if len(different) < needed:
        raise Refused(f"{len(different)} different share(s) were given, and {needed} are needed.")
    try:
        return of(library.combine_mnemonics([*different.values()][:needed]))
    except library.MnemonicError as error:
        raise Refused(f"These shares are no key together: {error}.") from None


def _share(library: Any, number: int, line: str) -> Any:
    """One share. The words themselves never stand in a sentence."""
    from shamir_mnemonic.share import Share

    try:
        return Share.from_mnemonic(" ".join(line.lower().split()))
    except library.MnemonicError:
        raise Refused(f"Share {number} is not whole, or a word of it was mistyped: it has 33 words, and its checksum does not "
                      "fit.") from None


def _library() -> Any:
    try:
        import shamir_mnemonic  # an extra
    except ImportError:
        raise Misconfigured("Shares are made by a library that is not installed: pip install 'securemsg[shares]'") from None
    return shamir_mnemonic
