"""Which keystore each running process works with, by the id of its newest epoch. Rows of the service, not of a clinic."""

from securemsg.crypto.keyring import SERVICE
from securemsg.store.database import Row, Tx


def tell(tx: Tx, id: str, node: str, epoch: str, now: int, forget: int) -> None:
    """A process (`id`, on the computer `node`) has this epoch; who has told nothing since `forget` is gone."""
    tx.run("DELETE FROM keystores WHERE clinic_id = :clinic AND seen_at < :forget", clinic=SERVICE, forget=forget)
    if not tx.run("UPDATE keystores SET epoch = :epoch, seen_at = :now WHERE clinic_id = :clinic AND id = :id", epoch=epoch,
                  now=now, clinic=SERVICE, id=id):
        tx.insert("keystores", clinic_id=SERVICE, id=id, node=node, epoch=epoch, seen_at=now)


def end(tx: Tx, id: str) -> None:
    """This process tells nothing any more."""
    tx.run("DELETE FROM keystores WHERE clinic_id = :clinic AND id = :id", clinic=SERVICE, id=id)


def told(tx: Tx, since: int) -> list[Row]:
    """`node, epoch, seen_at` of each process that told it at or after `since`."""
    return tx.all("SELECT node, epoch, seen_at FROM keystores WHERE clinic_id = :clinic AND seen_at >= :since"
                  " ORDER BY node, id", clinic=SERVICE, since=since)
