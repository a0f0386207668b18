"""The frame's page, as its bytes are counted."""

import re


def without_card(page: bytes) -> bytes:
    """The page without what the clinic itself wrote into it."""
    bare = re.sub(rb'(id="card">).*?(?=</script>)', rb"\1", page, flags=re.DOTALL)
    assert len(bare) < len(page) - 300, "there is no card"
    return bare
