/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VML_CLIENT_H
#define VML_CLIENT_H

#include "family.h"
#include "libvml.h"

struct vml_client {
	struct vml_socket sock;
	struct vml_family family;	/* id 0: not looked up */
	unsigned int timeout_ms;
	char error[512];
};

/* Set the reason of an error, and return the error. */
int vml_client_fail(struct vml_client *client, int error, const char *format,
		    ...) _printf_(3, 4);

/* Until when a call that begins now may take. */
uint64_t vml_client_deadline(const struct vml_client *client);

/*
 * Send a request to the family, looking it up first if need be, and take in
 * the answer, all of it before the deadline. A refusal of the kernel and an error of reply->take() are
 * returned, with the client's error set; a torn dump is no error here.
 */
int vml_client_request(struct vml_client *client, struct nl_msg *message,
		       struct vml_reply *reply, uint64_t deadline);

/* Say why a request could not be built. */
int vml_client_bad_request(struct vml_client *client, int error);

/*
 * Dump elements of one type into an array that the caller frees. A torn dump
 * is begun anew, a few times. parse reads one message into one element.
 */
int vml_client_dump(struct vml_client *client, uint8_t command,
		    const struct vml_service_key *service, size_t element_size,
		    int (*parse)(const struct nlmsghdr *message, void *element),
		    void **ret_elements, size_t *ret_n);

#endif
