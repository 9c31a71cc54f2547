/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmlctl: look at, and set by hand, what ip_vs_vml and vmld do. */
#include <curl/curl.h>
#include <signal.h>
#include <string.h>

#include "arguments.h"

static const struct verb *const verbs[] = {
	&verb_status, &verb_explain, &verb_show,  &verb_watch,
	&verb_set,    &verb_clear,   &verb_drain, &verb_undrain,
	&verb_snapshot, &verb_evacuate,
};

static void print_help(FILE *file)
{
	fputs("Usage: vmlctl VERB [ARGUMENTS]\n\nVerbs:\n", file);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(file, "  %-8s  %s\n", verbs[i]->name,
			verbs[i]->summary);
	fputs("\n\"vmlctl VERB --help\" tells about a verb.\n"
	      "Exit status: 0 done, 1 refused or failed, 2 bad usage, "
	      "3 daemon or module not there.\n", file);
}

static void print_verb_help(const struct verb *verb)
{
	printf("Usage: vmlctl %s %s\n\n%s.\n\n%s", verb->name, verb->synopsis,
	       verb->summary, verb->help);
	fputs("\n", stdout);
	if (verb->options & OPTION_SERVICE)
		fputs("  SERVICE as with ipvsadm:\n"
		      "    -t, --tcp-service ADDRESS:PORT\n"
		      "    -u, --udp-service ADDRESS:PORT\n"
		      "        --sctp-service ADDRESS:PORT\n"
		      "    -f, --fwmark-service MARK  (with -6, --ipv6: of IPv6)\n"
		      "    an IPv6 address in brackets: [2001:db8::1]:80\n",
		      stdout);
	if (verb->options & OPTION_JSON)
		fputs("  -j, --json         print JSON\n", stdout);
	if (verb->options & OPTION_SOCKET)
		fputs("      --socket PATH  of the daemon's socket "
		      "(default " DEFAULT_SOCKET ")\n", stdout);
	fputs("  -h, --help         print this\n", stdout);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	return NULL;
}

int main(int argc, char **argv)
{
	char error[ARGUMENTS_ERROR_MAX];
	struct arguments arguments;
	const struct verb *verb;
	enum exit_code code;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_help(stderr);
		return EXIT_CODE_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return EXIT_CODE_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("vmlctl " VML_VERSION);
		return EXIT_CODE_OK;
	}
	verb = find_verb(argv[1]);
	if (!verb) {
		complain("no verb \"%s\"; \"vmlctl --help\" lists them",
			 argv[1]);
		return EXIT_CODE_USAGE;
	}
	if (arguments_parse(verb, argc - 1, argv + 1, &arguments, error) < 0) {
		complain("%s; \"vmlctl %s --help\" tells more", error,
			 verb->name);
		return EXIT_CODE_USAGE;
	}
	if (arguments.help) {
		print_verb_help(verb);
		return EXIT_CODE_OK;
	}
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK) {
		complain("cannot initialise libcurl");
		return EXIT_CODE_FAILED;
	}
	code = verb->run(&arguments);
	curl_global_cleanup();
	return code;
}
