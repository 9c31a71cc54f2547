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


class Namespace:
    """A network namespace, entered by `with`, and gone when it's closed and no
    socket is left in it."""

    def __init__(self, *commands):
        before = os.open("/proc/self/ns/net", os.O_RDONLY)
        _checked(LIBC.unshare(CLONE_NEWNET))
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)
        _checked(LIBC.setns(before, CLONE_NEWNET))
        os.close(before)
        self.before = []
        self.ip("link set lo up", *commands)

    def __enter__(self):
        self.before.append(os.open("/proc/self/ns/net", os.O_RDONLY))
        _checked(LIBC.setns(self.fd, CLONE_NEWNET))
        return self

    def __exit__(self, *_):
        before = self.before.pop()
        _checked(LIBC.setns(before, CLONE_NEWNET))
        os.close(before)

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
        os.close(self.fd)
