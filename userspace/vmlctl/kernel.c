/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <string.h>

#include "kernel.h"

static const char *protocol_name(uint16_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return "unknown";
	}
}

/* Add the members of addition, which is given up. */
static int add(json_t *object, json_t *addition)
{
	int r = addition ? json_object_update(object, addition) : -1;

	json_decref(addition);
	return r;
}

static json_t *destination_json(const struct vml_destination *destination)
{
	const struct vml_destination_key *key = &destination->key;
	char text[VML_KEY_STRING_MAX];
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(key->family, &key->address, address, sizeof(address));
	return json_pack(
		"{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"destination", vml_destination_key_format(key, text),
		"address", address,
		"port", (int)key->port,
		"weight", (json_int_t)destination->weight,
		"scale", (json_int_t)destination->scale,
		"effective_weight", (json_int_t)destination->effective_weight,
		"active_connections",
		(json_int_t)destination->active_connections,
		"inactive_connections",
		(json_int_t)destination->inactive_connections,
		"persistent_connections",
		(json_int_t)destination->persistent_connections,
		"picks", (json_int_t)destination->picks);
}

static json_t *key_json(const struct vml_service_key *key)
{
	char text[VML_KEY_STRING_MAX];
	char address[INET6_ADDRSTRLEN] = "";
	const char *family = key->family == AF_INET6 ? "ipv6" : "ipv4";

	vml_service_key_format(key, text);
	if (key->fwmark)
		return json_pack("{s:s, s:s, s:I}", "key", text, "family",
				 family, "fwmark", (json_int_t)key->fwmark);
	inet_ntop(key->family, &key->address, address, sizeof(address));
	return json_pack("{s:s, s:s, s:s, s:s, s:i}", "key", text, "family",
			 family, "protocol", protocol_name(key->protocol),
			 "address", address, "port", (int)key->port);
}

json_t *kernel_service_json(const struct vml_service *service,
			    const struct vml_destination *destinations,
			    size_t n)
{
	_cleanup_(json_decrefp) json_t *object = key_json(&service->key);
	json_t *array, *lease;

	if (!object)
		return NULL;
	lease = service->has_lease ? json_integer(service->lease_ms) :
				     json_null();
	if (add(object, json_pack("{s:I, s:o, s:I, s:I, s:I, s:I}",
				  "generation", (json_int_t)service->generation,
				  "lease_ms", lease,
				  "picks", (json_int_t)service->picks,
				  "overload_skips",
				  (json_int_t)service->overload_skips,
				  "scans", (json_int_t)service->scans,
				  "no_destination",
				  (json_int_t)service->no_destination)) < 0)
		return NULL;
	array = json_array();
	if (json_object_set_new(object, "destinations", array) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, destination_json(
							 &destinations[i])) < 0)
			return NULL;
	return TAKE_PTR(object);
}

static int read_service(struct vml_client *client,
			const struct vml_service *service, json_t *array)
{
	_cleanup_free_ struct vml_destination *destinations = NULL;
	size_t n;
	int r;

	r = vml_destination_dump(client, &service->key, &destinations, &n);
	if (r < 0)
		return r;
	return json_array_append_new(array, kernel_service_json(
						    service, destinations, n));
}

int kernel_read(struct vml_client *client, const struct vml_service_key *only,
		json_t **ret_services)
{
	_cleanup_(json_decrefp) json_t *array = json_array();
	_cleanup_free_ struct vml_service *services = NULL;
	struct vml_service one;
	size_t n;
	int r;

	if (!array)
		return -ENOMEM;
	if (only) {
		r = vml_service_get(client, only, &one);
		if (r >= 0)
			r = read_service(client, &one, array);
		if (r < 0)
			return r;
	} else {
		r = vml_service_dump(client, &services, &n);
		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++) {
			r = read_service(client, &services[i], array);
			/* It may have gone since the dump. */
			if (r < 0 && r != -ENOENT)
				return r;
		}
	}
	*ret_services = TAKE_PTR(array);
	return 0;
}

enum exit_code kernel_open(struct vml_client **ret_client)
{
	int r = vml_client_open(ret_client);

	if (r < 0) {
		complain("cannot open a netlink socket: %s",
			 strerrordesc_np(-r));
		return EXIT_CODE_FAILED;
	}
	return EXIT_CODE_OK;
}

enum exit_code kernel_open_for(const struct arguments *arguments,
			       struct vml_client **ret_client,
			       const struct vml_service_key **ret_only)
{
	if (arguments->n_operands) {
		complain("name a service by its option, as with ipvsadm: -t ADDRESS:PORT");
		return EXIT_CODE_USAGE;
	}
	*ret_only = arguments->has_service ? &arguments->service : NULL;
	return kernel_open(ret_client);
}

void kernel_complain_empty(void)
{
	complain("no service has the scheduler vml: add one with \"ipvsadm -A ... -s vml\", or give it to one with \"ipvsadm -E ... -s vml\"");
}

static void list_services(struct vml_client *client)
{
	_cleanup_free_ struct vml_service *services = NULL;
	char text[VML_KEY_STRING_MAX];
	size_t n;

	if (vml_service_dump(client, &services, &n) < 0)
		return;
	if (!n) {
		kernel_complain_empty();
		return;
	}
	complain("the services with the scheduler vml are:");
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "  %s\n",
			vml_service_key_format(&services[i].key, text));
}

const char *kernel_absent_text(int error)
{
	if (error == -ENODEV)
		return "the kernel module ip_vs_vml is not loaded: load it with \"modprobe ip_vs_vml\"";
	return NULL;
}

enum exit_code kernel_complain(struct vml_client *client, int error,
			       const struct vml_service_key *service)
{
	char key[VML_KEY_STRING_MAX];

	switch (error) {
	case -ENODEV:
		complain("%s", kernel_absent_text(error));
		return EXIT_CODE_ABSENT;
	case -EPERM:
		complain("not permitted: CAP_NET_ADMIN is needed, try it as root");
		return EXIT_CODE_FAILED;
	case -ENOENT:
		complain("%s", vml_client_error(client));
		if (service && vml_service_get(client, service,
					       &(struct vml_service){ 0 }) ==
				       -ENOENT)
			list_services(client);
		return EXIT_CODE_FAILED;
	default:
		if (service)
			complain("service %s: %s",
				 vml_service_key_format(service, key),
				 vml_client_error(client));
		else
			complain("%s", vml_client_error(client));
		return EXIT_CODE_FAILED;
	}
}
