"""A lock of the operating system on a file: the kernel releases it when the process ends, however it ends."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

from afsync.errors import StateError

if sys.platform == "win32":
    import msvcrt

    # Another process may not read a locked byte on Windows, so the byte lies far behind what is written.
    _BYTE = 1 << 30

    def _try_lock(fd: int) -> None:
        os.lseek(fd, _BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

    def _unlock(fd: int) -> None:
        os.lseek(fd, _BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(fd: int) -> None:
        # flock belongs to the open file: the same process taking it twice is refused too, unlike with lockf.
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)


HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}
FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class OsLock:
    """One open lock file. Not a lock yet: `take` and `wait` try to make it one."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd

    @classmethod
    def open(cls, path: Path) -> OsLock:
        """Open or make the file. OSError when that fails; a link is not followed."""
        fd = os.open(path, FLAGS | getattr(os, "O_NONBLOCK", 0), 0o600)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        return cls(path, fd)

    def take(self) -> bool:
        """Whether the lock is ours now. StateError where the file system knows no locks: without one it is
        unknown whether another run is in progress."""
        while True:
            taken = self._try()
            if self._still_there():
                return taken
            # The file was replaced (force-unlock): the one that is open here locks nothing any more.
            fd, self.fd = self.fd, os.open(self.path, FLAGS, 0o600)
            os.close(fd)

    def _try(self) -> bool:
        try:
            _try_lock(self.fd)
        except OSError as error:
            if error.errno in HELD:
                return False
            hint = "keep the state on a local disk: `state:` in afsync.yaml says where"
            why = error.strerror or str(error)
            raise StateError(f"The file system of {self.path} does not offer locks ({why}).", hint) from error
        return True

    def wait(self, seconds: float, *, clock: Callable[[], float] = time.monotonic, pause: float = 0.005) -> None:
        """Take it, trying again for that long. BlockingIOError when another process keeps it."""
        until = clock() + seconds
        while not self.take():
            if clock() >= until:
                raise BlockingIOError(errno.EAGAIN, "another process does not let go of it", str(self.path))
            time.sleep(pause)

    def close(self) -> None:
        """Let go. Explicitly, because a forked child may hold the same open file."""
        try:
            _unlock(self.fd)
        except OSError:
            pass
        finally:
            os.close(self.fd)

    def _still_there(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self.fd), self.path.lstat())
        except FileNotFoundError:
            return False
