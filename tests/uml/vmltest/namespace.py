# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces, of which a process can have several at hand."""
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _current():
    return open("/proc/self/ns/net", encoding="ascii")


def _enter(file):
    _checked(LIBC.setns(file.fileno(), CLONE_NEWNET))


class Namespace:
    """A network namespace, entered by `with`, and gone when it's closed and no
    socket is left in it."""

    def __init__(self, *commands):
        with _current() as before:
            _checked(LIBC.unshare(CLONE_NEWNET))
            self.file = _current()
            _enter(before)
        self.before = []
        self.ip("link set lo up", *commands)

    def __enter__(self):
        self.before.append(_current())
        _enter(self.file)
        return self

    def __exit__(self, *_):
        with self.before.pop() as before:
            _enter(before)

    def ip(self, *commands):
        """Run the arguments of ip(8), all in one process."""
        if commands:
            with self:
                subprocess.run(["ip", "-batch", "-"], check=True, text=True,
                               input="\n".join(commands))

    def sysctl(self, **settings):
        """Write under /proc/sys/net; two underscores stand for a slash."""
        with self:
            for name, value in settings.items():
                path = "/proc/sys/net/" + name.replace("__", "/")
                with open(path, "w", encoding="ascii") as file:
                    file.write(str(value))

    def close(self):
        self.file.close()
