// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults on demand, each of which a checker of the kernel must report. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *fault;
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "which fault to make");

static DEFINE_MUTEX(one);
static DEFINE_MUTEX(two);
static DEFINE_SPINLOCK(spinlock);
static int __rcu *pointer;
static volatile int width = 40;

static void fault_use_after_free(void)
{
	volatile char *memory = kmalloc(40, GFP_KERNEL);

	kfree((void *)memory);
	pr_info("read %d\n", memory[8]);
}

static void fault_out_of_bounds(void)
{
	volatile char *memory = kmalloc(40, GFP_KERNEL);

	pr_info("read %d\n", memory[40]);
	kfree((void *)memory);
}

static void fault_shift(void)
{
	pr_info("shifted %d\n", 1 << width);
}

static void fault_lock_order(void)
{
	mutex_lock(&one);
	mutex_lock(&two);
	mutex_unlock(&two);
	mutex_unlock(&one);
	mutex_lock(&two);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&two);
}

static void fault_sleep_in_atomic(void)
{
	spin_lock(&spinlock);
	msleep(1);
	spin_unlock(&spinlock);
}

static void fault_rcu(void)
{
	pr_info("pointer %p\n", rcu_dereference(pointer));
}

static void fault_leak(void)
{
	int i;

	/* several, since a stale copy of one's address may lie anywhere */
	for (i = 0; i < 10; i++)
		memset(kmalloc(64, GFP_KERNEL), 0, 64);
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "use-after-free", fault_use_after_free },
	{ "out-of-bounds", fault_out_of_bounds },
	{ "shift", fault_shift },
	{ "lock-order", fault_lock_order },
	{ "sleep-in-atomic", fault_sleep_in_atomic },
	{ "rcu", fault_rcu },
	{ "leak", fault_leak },
};

static int __init selftest_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strcmp(fault, faults[i].name))
			continue;
		faults[i].make();
		return 0;
	}
	return strcmp(fault, "none") ? -EINVAL : 0;
}

static void __exit selftest_exit(void)
{
}

module_init(selftest_init);
module_exit(selftest_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Faults for the checkers of the kernel to find");
