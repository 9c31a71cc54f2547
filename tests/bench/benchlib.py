# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benchmarks that run in a user-mode kernel share."""
import ctypes
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "uml"))

NATIVE = ctypes.CDLL(os.environ["BENCH_NATIVE"])
for function in (NATIVE.bench_datagrams, NATIVE.bench_connections,
                 NATIVE.bench_request):
    function.restype = ctypes.c_int64
NATIVE.bench_request.argtypes = (ctypes.c_int, ctypes.c_char_p,
                                 ctypes.c_size_t, ctypes.c_bool)


def checked(nanoseconds):
    """What a function of NATIVE returns is a time or an error."""
    if nanoseconds < 0:
        raise OSError(-nanoseconds, os.strerror(-nanoseconds))
    return nanoseconds


def result(**fields):
    """One of the benchmark's results, for the runner."""
    print(json.dumps(fields), flush=True)


def load_modules(*schedulers):
    # many connections, and short chains
    subprocess.run(["modprobe", "ip_vs", "conn_tab_bits=18"], check=True)
    for scheduler in schedulers:
        subprocess.run(["modprobe", f"ip_vs_{scheduler}"], check=True)


def weight(i):
    """Some are heavier than others."""
    return 100 + i % 7 * 50


def take_turns(subjects, rounds, measure, fewest=3, seconds=12):
    """Other programs run on the same machine, so the subjects take turns, each
    round another being first. MEASURE returns what a subject takes in several
    batches, of which most are interrupted if there are many others: the lowest
    decile counts. Returns for each the least of the rounds. After SECONDS there
    are no more rounds than the fewest."""
    rounds_of = {subject: [] for subject in subjects}
    end = time.monotonic() + seconds
    for i in range(rounds):
        if i >= fewest and time.monotonic() > end:
            break
        first = i % len(subjects)
        for subject in subjects[first:] + subjects[:first]:
            batches = sorted(measure(subject))
            rounds_of[subject].append(batches[len(batches) // 10])
    return {subject: min(found) for subject, found in rounds_of.items()}
