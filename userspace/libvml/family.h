/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where generic netlink families are to be found. */
#ifndef VML_FAMILY_H
#define VML_FAMILY_H

#include "socket.h"

/* The group in which the controller tells of families that come and go. */
#define VML_CONTROLLER_GROUP GENL_ID_CTRL

/*
 * Look the family ip_vs_vml up, which loads its module if that can be. A
 * module that has been loaded just now registers its family a moment later:
 * that is waited for, up to the deadline. -ENODEV: there is no such family.
 */
int vml_family_resolve(struct vml_socket *sock, uint64_t deadline,
		       struct vml_family *ret_family);

#endif
