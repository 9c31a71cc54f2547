/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake_machines.h"

#define NAME_MAX_LENGTH 32

/* ms of CPU time and of waiting that a vCPU has in a second */
#define RUN_MS 300
#define WAIT_MS 20
#define NEIGHBOUR_WAIT_MS 300

/* One of so many machines has a neighbour at a time, for so long */
#define NEIGHBOUR_ONE_OF 20
#define NEIGHBOUR_NS 8000000000ull

/* What KVM tells of each vCPU through QEMU, other than histograms. */
static const char *const kvm_figures[] = {
	"halt_successful_poll", "halt_attempted_poll", "halt_poll_invalid",
	"halt_wakeup", "halt_poll_success_ns", "halt_poll_fail_ns",
	"halt_wait_ns", "pf_taken", "pf_fixed", "pf_emulate", "pf_spurious",
	"pf_fast", "pf_mmio_spte_created", "pf_guest", "tlb_flush", "invlpg",
	"exits", "io_exits", "mmio_exits", "signal_exits", "irq_window",
	"nmi_window", "l1d_flush", "halt_exits", "request_irq", "irq_exits",
	"host_state_reload", "fpu_reload", "insn_emulation",
	"insn_emulation_fail", "hypercalls", "irq_injections",
	"nmi_injections", "req_event", "nested_run",
	"directed_yield_attempted", "directed_yield_successful",
	"preemption_reported", "preemption_other", "guest_mode",
};

#define N_KVM_FIGURES (sizeof(kvm_figures) / sizeof(*kvm_figures))

/* Where what changes lies in the answer. */
struct machine {
	uint64_t run_ns;
	uint64_t wait_ns;
	size_t vcpus;		/* the first of them; the others follow */
	size_t reads, read_ns;
	size_t updated;
};

struct vcpu {
	size_t run;
	size_t wait;
	size_t exits;		/* 0: not told */
};

struct fake_stats {
	struct fake_machines all;
	struct machine *machines;
	struct vcpu *vcpus;
	uint64_t begun_ns;
	uint64_t now_ns;
	struct fx answer;
};

static void *allocate(size_t n, size_t size)
{
	void *memory = calloc(n, size);

	if (!memory)
		abort();
	return memory;
}

static void add_domain(struct fx *xdr, unsigned int i)
{
	uint8_t uuid[VIR_UUID_BUFLEN] = {
		[0] = 0x6b, [6] = 0x40, [8] = 0x80,
		[12] = (uint8_t)(i >> 24), [13] = (uint8_t)(i >> 16),
		[14] = (uint8_t)(i >> 8), [15] = (uint8_t)i,
	};
	char name[NAME_MAX_LENGTH];

	snprintf(name, sizeof(name), "vm-%u", i);
	fx_text(xdr, name);
	fx_opaque(xdr, uuid, sizeof(uuid));
	fx_int(xdr, i + 1);
}

/* Each returns how many parameters it has added. */
static unsigned int add_vcpu(struct fx *xdr, unsigned int i, bool has_kvm,
			     struct vcpu *vcpu)
{
	unsigned int n = 4;

	fx_param_int(xdr, VIR_VCPU_RUNNING, "vcpu.%u.state", i);
	vcpu->run = fx_param_count(xdr, 0, "vcpu.%u.time", i);
	fx_param_count(xdr, 0, "vcpu.%u.wait", i);
	vcpu->wait = fx_param_count(xdr, 0, "vcpu.%u.delay", i);
	for (size_t j = 0; has_kvm && j < N_KVM_FIGURES; j++, n++)
		vcpu->exits = fx_param_count(xdr, 0, "vcpu.%u.%s.sum", i,
					      kvm_figures[j]);
	return n;
}

static unsigned int add_block(struct fx *xdr, unsigned int i,
			      struct machine *machine)
{
	char path[64];

	snprintf(path, sizeof(path), "/var/lib/libvirt/images/vm-%u.qcow2", i);
	fx_param_uint(xdr, 1, "block.count");
	fx_param_text(xdr, "vda", "block.0.name");
	fx_param_text(xdr, path, "block.0.path");
	fx_param_uint(xdr, 1, "block.0.backingIndex");
	machine->reads = fx_param_count(xdr, 0, "block.0.rd.reqs");
	fx_param_count(xdr, 4096, "block.0.rd.bytes");
	machine->read_ns = fx_param_count(xdr, 0, "block.0.rd.times");
	fx_param_count(xdr, 10, "block.0.wr.reqs");
	fx_param_count(xdr, 4096, "block.0.wr.bytes");
	fx_param_count(xdr, 1000000, "block.0.wr.times");
	fx_param_count(xdr, 10, "block.0.fl.reqs");
	fx_param_count(xdr, 1000000, "block.0.fl.times");
	fx_param_count(xdr, 1 << 30, "block.0.allocation");
	fx_param_count(xdr, 1ull << 34, "block.0.capacity");
	fx_param_count(xdr, 1 << 30, "block.0.physical");
	return 15;
}

static unsigned int add_balloon(struct fx *xdr, struct machine *machine)
{
	fx_param_count(xdr, 4194304, "balloon.current");
	fx_param_count(xdr, 4194304, "balloon.maximum");
	fx_param_count(xdr, 0, "balloon.swap_in");
	fx_param_count(xdr, 0, "balloon.swap_out");
	fx_param_count(xdr, 120, "balloon.major_fault");
	fx_param_count(xdr, 1200000, "balloon.minor_fault");
	fx_param_count(xdr, 1000000, "balloon.unused");
	fx_param_count(xdr, 4000000, "balloon.available");
	fx_param_count(xdr, 3000000, "balloon.usable");
	machine->updated = fx_param_count(xdr, 1, "balloon.last-update");
	fx_param_count(xdr, 500000, "balloon.disk_caches");
	fx_param_count(xdr, 0, "balloon.hugetlb_pgalloc");
	fx_param_count(xdr, 0, "balloon.hugetlb_pgfail");
	fx_param_count(xdr, 4000000, "balloon.rss");
	return 14;
}

static void add_machine(struct fake_stats *stats, unsigned int i)
{
	struct machine *machine = &stats->machines[i];
	struct fx *xdr = &stats->answer;
	unsigned int n = 4;
	size_t n_at;

	add_domain(xdr, stats->all.first + i);
	n_at = xdr->length;
	fx_int(xdr, 0);
	fx_param_int(xdr, VIR_DOMAIN_RUNNING, "state.state");
	fx_param_int(xdr, VIR_DOMAIN_RUNNING_BOOTED, "state.reason");
	n += add_balloon(xdr, machine);
	fx_param_uint(xdr, stats->all.vcpus, "vcpu.current");
	fx_param_uint(xdr, stats->all.vcpus, "vcpu.maximum");
	machine->vcpus = (size_t)i * stats->all.vcpus;
	for (unsigned int j = 0; j < stats->all.vcpus; j++)
		n += add_vcpu(xdr, j, stats->all.has_kvm_figures,
			      &stats->vcpus[machine->vcpus + j]);
	n += add_block(xdr, stats->all.first + i, machine);
	fx_patch_int(xdr, n_at, n);
}

struct fake_stats *fake_stats_new(const struct fake_machines *machines)
{
	struct fake_stats *stats = allocate(1, sizeof(*stats));

	stats->all = *machines;
	stats->machines = allocate(machines->n + 1, sizeof(*stats->machines));
	stats->vcpus = allocate((size_t)machines->n * machines->vcpus + 1,
				sizeof(*stats->vcpus));
	fx_int(&stats->answer, machines->n);
	for (unsigned int i = 0; i < machines->n; i++)
		add_machine(stats, i);
	return stats;
}

struct fake_stats *fake_stats_free(struct fake_stats *stats)
{
	if (stats) {
		free(stats->machines);
		free(stats->vcpus);
		fx_done(&stats->answer);
	}
	free(stats);
	return NULL;
}

/* The same ones each time, and others after a while. */
static bool has_neighbour(unsigned int i, uint64_t ns)
{
	uint64_t x = (ns / NEIGHBOUR_NS) << 32 | i;

	x = (x ^ x >> 31) * 0x9e3779b97f4a7c15ull;
	return (x >> 40) % NEIGHBOUR_ONE_OF == 0;
}

static void advance(struct fake_stats *stats, unsigned int i, uint64_t ns,
		    uint64_t age_ns)
{
	bool noisy = has_neighbour(stats->all.first + i, age_ns);
	struct machine *machine = &stats->machines[i];
	struct fx *xdr = &stats->answer;

	machine->run_ns += ns / 1000 * RUN_MS;
	machine->wait_ns += ns / 1000 * (noisy ? NEIGHBOUR_WAIT_MS : WAIT_MS);
	for (unsigned int j = 0; j < stats->all.vcpus; j++) {
		const struct vcpu *vcpu = &stats->vcpus[machine->vcpus + j];

		fx_patch_hyper(xdr, vcpu->run, machine->run_ns);
		fx_patch_hyper(xdr, vcpu->wait, machine->wait_ns);
		if (vcpu->exits)
			fx_patch_hyper(xdr, vcpu->exits, age_ns / 1000);
	}
	fx_patch_hyper(xdr, machine->reads, age_ns / 10000000);
	fx_patch_hyper(xdr, machine->read_ns, age_ns / 100);
	fx_patch_hyper(xdr, machine->updated, 1 + age_ns / 1000000000);
}

const struct fx *fake_stats_now(struct fake_stats *stats, uint64_t now_ns)
{
	uint64_t ns = stats->now_ns ? now_ns - stats->now_ns : 0;

	if (!stats->now_ns)
		stats->begun_ns = now_ns;
	stats->now_ns = now_ns;
	for (unsigned int i = 0; i < stats->all.n; i++)
		advance(stats, i, ns, now_ns - stats->begun_ns);
	return &stats->answer;
}

void fake_machine_xml(unsigned int i, bool has_agent, char *text, size_t size)
{
	const char *agent = !has_agent ? "" :
		"    <channel type='unix'>\n      <target type='virtio'"
		" name='org.qemu.guest_agent.0' state='connected'/>\n"
		"    </channel>\n";

	snprintf(text, size,
		 "<domain type='kvm' id='%u'>\n  <name>vm-%u</name>\n"
		 "  <devices>\n    <interface type='bridge'>\n"
		 "      <mac address='52:54:%02x:%02x:%02x:%02x'/>\n"
		 "      <source bridge='br0'/>\n      <model type='virtio'/>\n"
		 "    </interface>\n%s  </devices>\n</domain>\n",
		 i + 1, i, i >> 24 & 255, i >> 16 & 255, i >> 8 & 255, i & 255,
		 agent);
}

void fake_machine_addresses(unsigned int i, struct fx *xdr)
{
	char text[NAME_MAX_LENGTH];

	fx_int(xdr, 1);
	fx_text(xdr, "vnet0");
	fx_int(xdr, 0);
	fx_int(xdr, 1);
	fx_int(xdr, VIR_IP_ADDR_TYPE_IPV4);
	snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16 & 255,
		 i >> 8 & 255, i & 255);
	fx_text(xdr, text);
	fx_int(xdr, 0);
}
