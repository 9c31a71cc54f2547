/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A libvirtd that has no machines but says that it has: it speaks libvirt's
 * remote protocol, as far as vmld uses it, so that vmld and libvirt's own
 * client are the real ones. Each is a hypervisor host, in a thread of its own.
 */
#ifndef TEST_FAKE_LIBVIRTD_H
#define TEST_FAKE_LIBVIRTD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Of libvirt's remote protocol: the procedures that can be counted. */
enum fake_procedure {
	FAKE_CONNECT_OPEN = 1,
	FAKE_CONNECT_CLOSE = 2,
	FAKE_CONNECT_GET_TYPE = 3,
	FAKE_NODE_GET_INFO = 6,
	FAKE_DOMAIN_GET_XML_DESC = 14,
	FAKE_CONNECT_SUPPORTS_FEATURE = 60,
	FAKE_AUTH_LIST = 66,
	FAKE_EVENT_REGISTER = 316,
	FAKE_EVENT_DEREGISTER = 317,
	FAKE_GET_ALL_DOMAIN_STATS = 344,
	FAKE_DOMAIN_INTERFACE_ADDRESSES = 353,
	FAKE_REGISTER_CLOSE_CALLBACK = 360,
	FAKE_UNREGISTER_CLOSE_CALLBACK = 361,
	_FAKE_PROCEDURE_MAX = 512
};

struct fake_machines {
	unsigned int n;
	unsigned int first;	/* the number of the first, see below */
	unsigned int vcpus;	/* of each */
	/*
	 * As with KVM on QEMU 7.1 or later, which tell some 40 figures more of
	 * each vCPU.
	 */
	bool has_kvm_figures;
	unsigned int xml_ms;	/* that telling its XML takes */
	/* The number of one whose address only its agent knows, which hangs. */
	unsigned int hung;
};

/*
 * Machine i is "vm-I" and has the address 10.X.Y.Z, of which XYZ are the low
 * bytes of i. Its vCPUs use 30 % of a CPU and wait for 2 %; a twentieth of the
 * machines at a time has a noisy neighbour, and then waits for 30 %.
 */
struct fake_libvirtd;

/* Asserts that all goes well. */
struct fake_libvirtd *fake_libvirtd_start(const struct sockaddr *address,
					  socklen_t length,
					  const struct fake_machines *machines);
void fake_libvirtd_stop(struct fake_libvirtd *fake);

/* While it refuses, calls for statistics fail. */
void fake_libvirtd_refuse(struct fake_libvirtd *fake, bool refuses);

/* While it hangs, connections stay open, and nobody is answered. */
void fake_libvirtd_hang(struct fake_libvirtd *fake, bool hangs);

/*
 * How often a procedure was called. A call that comes while it hangs counts
 * when it does not any more.
 */
unsigned int fake_libvirtd_calls(struct fake_libvirtd *fake,
				 enum fake_procedure procedure);
/* How many of them have had no answer, and never will. */
unsigned int fake_libvirtd_unanswered(struct fake_libvirtd *fake);
/* Of all procedures. */
unsigned int fake_libvirtd_all_calls(struct fake_libvirtd *fake);

#endif
