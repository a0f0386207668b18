"""A disk of a few megabytes that can be filled, emptied, and made read-only.

It is a tmpfs in a mount namespace of its own: only programs started with its `words` in front see it, and it is gone with
the last of them, however the tests end. That takes root, or a kernel that lets users have namespaces of their own.
"""

import os
import subprocess
from pathlib import Path
from typing import Self

_AS_ROOT = os.geteuid() == 0
_NEW = ["unshare", "--mount"] if _AS_ROOT else ["unshare", "--mount", "--map-root-user"]
_ENTER = ["nsenter", "--mount"] if _AS_ROOT else ["nsenter", "--mount", "--user", "--preserve-credentials"]


class SmallDisk:
    """Mounted on `folder` while the block runs. `seen` is its content, for us who are outside."""

    def __init__(self, folder: Path, megabytes: int = 32):
        self._folder, self._megabytes = folder, megabytes

    def __enter__(self) -> Self:
        mount = f'mount -t tmpfs -o mode=0700,size={self._megabytes}m tmpfs "{self._folder}" && echo mounted && exec cat'
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._holder = subprocess.Popen([*_NEW, "sh", "-c", mount], text=True, **pipes)
        said = self._holder.stdout.readline().strip()
        assert said == "mounted", ("This test needs the right to mount a file system: root (in a container --cap-add=SYS_ADMIN),"
                                   f" or user namespaces. unshare says: {said}")
        self.words = [*_ENTER, "--target", str(self._holder.pid)]
        self.seen = Path(f"/proc/{self._holder.pid}/root{self._folder}")
        return self

    def __exit__(self, *error: object) -> None:
        self._holder.communicate("")

    def fill(self) -> None:
        """To the last byte."""
        with open(self.seen / "ballast", "wb", buffering=0) as ballast:
            try:
                while ballast.write(b"x" * 4096):
                    pass
            except OSError:
                return

    def empty(self) -> None:
        (self.seen / "ballast").unlink()

    def remount(self, how: str) -> None:
        """`ro` or `rw`; nobody may have a file of it open for writing."""
        subprocess.run([*self.words, "mount", "-o", f"remount,{how}", str(self._folder)], check=True)
