"""Somebody who can write to the database and has no keys."""

from securemsg.store.ids import new_id


def flipped(value: bytes, at: int = -1) -> bytes:
    """The same bytes with one bit turned."""
    changed = bytearray(value)
    changed[at] ^= 1
    return bytes(changed)


class Hand:
    """Somebody with SQL and one conversation before them."""

    def __init__(self, clinic, conversation):
        self.clinic, self.conversation = clinic, conversation
        self.rows = sorted(clinic.rows("messages", conversation_id=conversation), key=lambda row: row.seq)

    def sets(self, number, /, **values):
        columns = ", ".join(f"{name} = :{name}" for name in values)
        sql = f"UPDATE messages SET {columns} WHERE id = :row_id"
        assert self.clinic.sql(sql, row_id=self.rows[number - 1].id, **values) == 1

    def deletes(self, seq):
        assert self.clinic.sql("DELETE FROM messages WHERE id = :id", id=self.rows[seq - 1].id) == 1

    def sets_conversation(self, **values):
        columns = ", ".join(f"{name} = :{name}" for name in values)
        assert self.clinic.sql(f"UPDATE conversations SET {columns} WHERE id = :id", id=self.conversation, **values) == 1

    def sealed(self, seq):
        return bytes(self.rows[seq - 1].sealed)

    def head(self, seq):
        return bytes(self.rows[seq - 1].head)

    def swaps_places(self, first, second):
        self.sets(first, seq=1_000_000)
        self.sets(second, seq=first)
        self.sets(first, seq=second)

    def swaps(self, first, second, *columns):
        one, other = self.rows[first - 1], self.rows[second - 1]
        self.sets(first, **{name: getattr(other, name) for name in columns})
        self.sets(second, **{name: getattr(one, name) for name in columns})

    def copies(self, seq, to):
        """A copy of a message as the newest, with what the conversation counts adjusted."""
        row = self.rows[seq - 1]._asdict() | {"id": new_id(), "seq": to}
        names = ", ".join(row)
        self.clinic.sql(f"INSERT INTO messages ({names}) VALUES ({', '.join(':' + name for name in row)})", **row)
        self.sets_conversation(last_seq=to)
