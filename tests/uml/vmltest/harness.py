# SPDX-License-Identifier: GPL-2.0-or-later
"""Collect tests, run them, and say so, line by line, after a plan."""
import sys
import time
import traceback

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def main():
    """Run all tests, or those whose names the arguments begin."""
    chosen = [function for function in TESTS if not sys.argv[1:] or
              function.__name__.startswith(tuple(sys.argv[1:]))]
    failed = 0
    print(f"1..{len(chosen)}", flush=True)
    for function in chosen:
        name = function.__doc__.split("\n")[0].rstrip(".")
        begin = time.monotonic()
        try:
            function()
        except Exception:  # pylint: disable=broad-except
            failed = 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}", flush=True)
            print(f"not ok - {name}", flush=True)
        else:
            seconds = time.monotonic() - begin
            print(f"ok - {name} # {seconds:.1f} s", flush=True)
    return failed


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} is not {expected!r}")


def between(least, found, most):
    if not least <= found <= most:
        raise AssertionError(f"{found!r} is not within {least!r} and {most!r}")


def eventually(function, seconds=10):
    """Wait until FUNCTION returns true: nothing tells when it will."""
    end = time.monotonic() + seconds
    while not function():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {function.__doc__ or function}")
        time.sleep(0.01)
