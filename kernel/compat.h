/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between kernels, and nothing else. Kbuild includes this
 * file before each source, and probes for what a macro can't tell.
 */
#ifndef _VML_COMPAT_H
#define _VML_COMPAT_H

#include <linux/netlink.h>
#include <net/genetlink.h>
#include <net/ip_vs.h>

/*
 * AVAILABLE has moved from the flags, which packets change, to the flags of
 * the configuration.
 */
static inline bool vml_dest_is_linked(const struct ip_vs_dest *dest)
{
#ifdef IP_VS_DEST_CF_AVAILABLE
	return READ_ONCE(dest->cflags) & IP_VS_DEST_CF_AVAILABLE;
#else
	return dest->flags & IP_VS_DEST_F_AVAILABLE;
#endif
}

/* Once IPVS counted inactive connections, and now it counts all. */
static inline u32 vml_dest_inactive_connections(const struct ip_vs_dest *dest)
{
#ifdef VML_HAVE_IP_VS_DEST_INACTCONNS
	return ip_vs_dest_inactconns(dest);
#else
	return max(atomic_read(&dest->inactconns), 0);
#endif
}

/* The attributes of a dump's request. */
static inline struct nlattr **vml_dump_attrs(struct netlink_callback *cb)
{
#ifdef VML_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* _VML_COMPAT_H */
