"""What leaves for other systems: mails and posts. No rows, no keys; whoever calls has decided that it may leave, and to whom."""


class Failed(Exception):
    """It did not arrive. `status` is the other side's answer (SMTP or HTTP), None when there was none; `permanent`: it makes no
    sense to try again."""

    def __init__(self, status: int | None = None, permanent: bool = False):
        super().__init__(status)
        self.status, self.permanent = status, permanent
