/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VML_SCHED_H
#define _VML_SCHED_H

int vml_sched_init(void);
void vml_sched_exit(void);

#endif /* _VML_SCHED_H */
