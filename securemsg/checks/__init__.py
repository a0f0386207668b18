"""What `securemsg doctor` looks at: each check answers with a sentence, whatever is broken."""

from securemsg.checks.examine import examined
from securemsg.checks.finding import Finding

__all__ = ["Finding", "examined"]
