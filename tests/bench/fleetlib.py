# SPDX-License-Identifier: GPL-2.0-or-later
"""A vmld whose hypervisors and whose kernel are not there: see
hypervisors/main.c and hypervisors/kernel.c. All that lies between is real."""
import atexit
import json
import os
import subprocess
import sys
import tempfile
import time

BUILD, TOOLS = os.environ["BENCH_BUILD"], os.environ["BENCH_TOOLS"]
POLL = 1.0


def result(**fields):
    """For the runner."""
    print(json.dumps(fields), flush=True)


class Hypervisors:
    """HOSTS with MACHINES of VCPUS each."""

    def __init__(self, hosts, machines, vcpus=2, kvm=False):
        self.hosts, self.machines = hosts, machines
        self.process = subprocess.Popen(
            [f"{TOOLS}/hypervisors", *map(str, (hosts, machines, vcpus)),
             *["kvm"] * kvm],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)

    def calls(self):
        """For each host: of stats, and all."""
        self.tell("calls")
        return [tuple(map(int, self.process.stdout.readline().split()))
                for _ in range(self.hosts)]

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


class Vmld:
    """The daemon, until it is stopped: one service with all machines, or one
    for those of each host."""

    def __init__(self, hypervisors, services=1, record=False, health=""):
        self.machines = hypervisors.hosts * hypervisors.machines
        self.directory = tempfile.TemporaryDirectory()
        self.configure(hypervisors.hosts, services, health)
        options = ["--record", self.path("recording")] if record else []
        fleet = f"{hypervisors.hosts} {hypervisors.machines} {services}"
        with open(self.path("log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [f"{TOOLS}/vmld", "--config", self.path("conf"), *options],
                stderr=log, env={**os.environ, "FLEET": fleet})
        atexit.register(self.process.kill)

    def path(self, name):
        return f"{self.directory.name}/{name}"

    def configure(self, hosts, services, health):
        lines = [f"poll-interval = {POLL}", "sink = module",
                 f'socket = "{self.path("socket")}"',
                 f'state-directory = "{self.path("state")}"']
        for host in range(hosts):
            lines.append(f'hypervisor "hv{host}" {{ uri = '
                         f'"qemu+tcp://127.1.0.{host + 1}/system" }}')
        for i in range(services):
            subnet = "10.0.0.0/16" if services == 1 else f"10.0.{i}.0/24"
            lines.append(f'service "s{i}" {{ protocol = tcp '
                         f'address = "192.0.2.{i + 1}" port = 80 '
                         'mode = weights '
                         f'members "vm-*" {{ subnet = "{subnet}" }} '
                         f'{health} }}')
        with open(self.path("conf"), "w", encoding="ascii") as file:
            print(*lines, sep="\n", file=file)

    def known(self):
        """The machines that it has found to run."""
        asked = subprocess.run(
            [f"{BUILD}/vmlctl", "status", "--json", "--socket",
             self.path("socket")], capture_output=True, check=False)
        if asked.returncode:
            return 0
        return sum(destination.get("vm_state") == "running"
                   for service in json.loads(asked.stdout)["services"]
                   for destination in service["destinations"])

    def wait(self, seconds=240):
        """Until it has found them all; returns how long it took."""
        begun = time.monotonic()
        while self.known() < self.machines:
            if (time.monotonic() > begun + seconds or
                    self.process.poll() is not None):
                with open(self.path("log"), encoding="utf-8") as log:
                    sys.stderr.write(log.read()[-2000:])
                raise TimeoutError("vmld does not find all machines")
            time.sleep(0.5)
        return time.monotonic() - begun

    def stop(self):
        self.process.terminate()
        assert self.process.wait() == 0
        self.directory.cleanup()


def cpu_seconds(pid):
    """That the process has used."""
    return time.clock_gettime(~pid << 3 | 2)


def peak_kib(pid):
    """Of the memory that it has had in use."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    raise ValueError("no VmHWM")
