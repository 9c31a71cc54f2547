/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VML_NETLINK_H
#define _VML_NETLINK_H

#include <linux/types.h>

struct vml_dest;
struct vml_service;

void vml_netlink_init(void);
void vml_netlink_exit(void);

void vml_notify_service_bound(const struct vml_service *service);
void vml_notify_service_unbound(const struct vml_service *service);
void vml_notify_destination_added(const struct vml_service *service,
				  const struct vml_dest *vdest, gfp_t gfp);
void vml_notify_destination_removed(const struct vml_service *service,
				    const struct vml_dest *vdest);
void vml_notify_lease_expired(const struct vml_service *service);

#endif /* _VML_NETLINK_H */
