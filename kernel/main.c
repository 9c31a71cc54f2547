// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include <uapi/linux/ip_vs_vml.h>

#include "netlink.h"
#include "random.h"
#include "registry.h"
#include "sched.h"

static int __init ip_vs_vml_init(void)
{
	int err;

	vml_random_init();
	err = vml_registry_init();
	if (err)
		return err;
	err = vml_sched_init();
	if (err)
		goto err_registry;
	vml_netlink_init();
	return 0;

err_registry:
	vml_registry_exit();
	return err;
}

static void __exit ip_vs_vml_exit(void)
{
	vml_netlink_exit();
	vml_sched_exit();
	vml_registry_exit();
}

module_init(ip_vs_vml_init);
module_exit(ip_vs_vml_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-vml developers");
MODULE_DESCRIPTION("IPVS scheduler by weights that a hypervisor's controller scales");
MODULE_VERSION("0.1.0");
MODULE_ALIAS_GENL_FAMILY(IP_VS_VML_GENL_NAME);
