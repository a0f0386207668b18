"""Keys, told, rotated and destroyed while everybody works. One command at a time; each may be killed, and run again."""

from securemsg.desk.keys.destroying import destroy_epoch, destroy_retired, destroy_version
from securemsg.desk.keys.of_clinic import rotate_clinic
from securemsg.desk.keys.rotating import rotate_epoch, rotate_root
from securemsg.desk.keys.shredding import shred
from securemsg.desk.keys.status import status

__all__ = ["destroy_epoch", "destroy_retired", "destroy_version", "rotate_clinic", "rotate_epoch", "rotate_root", "shred",
           "status"]
