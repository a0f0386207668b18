"""serving.py with deadlines of two seconds, for tests that cannot wait for the real ones: gunicorn reads it in its place."""

from securemsg import deadlines
from securemsg.serving import *  # noqa: F403

deadlines.DEADLINES = deadlines.Deadlines(idle=2, head=2, body=2, piece=2)
