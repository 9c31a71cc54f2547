/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmld: balance IPVS by what the hypervisors say. */
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "config.h"
#include "loop.h"
#include "replay/replay.h"
#include "serve/server.h"

static const char help[] =
	"Usage: vmld [--config FILE] [--record FILE] [--shadow] [--socket PATH]\n"
	"            [--verbose]\n"
	"       vmld --replay FILE [--config FILE]\n"
	"       vmld --check FILE\n"
	"\n"
	"Balance IPVS services over virtual machines by what their hypervisors say.\n"
	"\n"
	"  -c, --config FILE  read FILE instead of " CONFIG_DEFAULT_FILE "\n"
	"      --record FILE  append what hypervisors and the kernel say to FILE\n"
	"      --replay FILE  print the scales that FILE would have led to, and exit\n"
	"      --shadow       compute and explain, but change nothing\n"
	"      --socket PATH  listen at PATH instead of where the configuration says\n"
	"      --check FILE   say what is wrong with FILE, and exit\n"
	"  -v, --verbose      log every event\n"
	"      --version      print the version, and exit\n"
	"  -h, --help         print this, and exit\n"
	"\n"
	"SIGHUP reads the configuration again; SIGTERM and SIGINT leave traffic on the\n"
	"administrator's weights and exit.\n";

struct options {
	const char *config;
	const char *check;
	const char *replay;
	struct daemon_options daemon;
	int level;
};

enum {
	OPTION_CHECK = 256,
	OPTION_RECORD,
	OPTION_REPLAY,
	OPTION_SHADOW,
	OPTION_SOCKET,
	OPTION_VERSION,
};

/* The exit status, or -1 to go on. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", required_argument, NULL, OPTION_CHECK },
		{ "record", required_argument, NULL, OPTION_RECORD },
		{ "replay", required_argument, NULL, OPTION_REPLAY },
		{ "shadow", no_argument, NULL, OPTION_SHADOW },
		{ "socket", required_argument, NULL, OPTION_SOCKET },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	*options = (struct options){
		.config = CONFIG_DEFAULT_FILE,
		.level = LOG_INFO,
	};
	while ((c = getopt_long(argc, argv, "c:vh", table, NULL)) >= 0) {
		switch (c) {
		case 'c':
			options->config = optarg;
			break;
		case OPTION_CHECK:
			options->check = optarg;
			break;
		case OPTION_RECORD:
			options->daemon.record = optarg;
			break;
		case OPTION_REPLAY:
			options->replay = optarg;
			break;
		case OPTION_SHADOW:
			options->daemon.shadow = true;
			break;
		case OPTION_SOCKET:
			options->daemon.socket = optarg;
			break;
		case 'v':
			options->level = LOG_DEBUG;
			break;
		case OPTION_VERSION:
			puts("vmld " VML_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs("Try \"vmld --help\".\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vmld: unexpected argument \"%s\"\n",
			argv[optind]);
		return 2;
	}
	if (options->replay && (options->daemon.record ||
				options->daemon.shadow ||
				options->daemon.socket)) {
		fputs("vmld: a replay takes no option but --config\n", stderr);
		return 2;
	}
	return -1;
}

/* Read the configuration, and print all that is wrong with it. */
static int load_config(const char *path, struct config **ret_config)
{
	_cleanup_(config_errors_clear) struct config_errors errors = {};
	_cleanup_free_ char *text = NULL;
	int r;

	r = config_load(path, ret_config, &errors);
	if (r == 0)
		return 0;
	if (errors.n)
		text = config_errors_format(&errors, path);
	if (text)
		fputs(text, stderr);
	else
		fprintf(stderr, "%s: %s\n", path, strerror(-r));
	return r;
}

static int check_config(const char *path)
{
	_cleanup_(config_freep) struct config *config = NULL;

	if (load_config(path, &config) < 0)
		return EXIT_FAILURE;
	printf("%s: ok\n", path);
	return EXIT_SUCCESS;
}

static int replay(const struct options *options)
{
	/* What scales and reasons do not say already. */
	const struct log log = { .level = LOG_WARNING };
	_cleanup_free_ char *error = NULL;
	struct config *config;
	int r;

	if (load_config(options->config, &config) < 0)
		return EXIT_FAILURE;
	r = replay_run(options->replay, config, &log, stdout, &error);
	if (r == 0 && (fflush(stdout) || ferror(stdout))) {
		r = -errno;
		perror("vmld: can't write the trace");
	} else if (r < 0) {
		fprintf(stderr, "%s\n", error ?: "out of memory");
	}
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int on_exit_signal(sd_event_source *source,
			  const struct signalfd_siginfo *info, void *userdata)
{
	(void)source;
	(void)info;
	return daemon_stop(userdata);
}

static int on_reload_signal(sd_event_source *source,
			    const struct signalfd_siginfo *info, void *userdata)
{
	_cleanup_free_ char *errors = NULL;

	(void)source;
	(void)info;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   (unsigned long long)(now_ns() / 1000));
	/* It says by itself what is wrong. */
	daemon_reload(userdata, &errors);
	sd_notify(0, "READY=1");
	return 0;
}

static int add_signals(sd_event *event, struct daemon *daemon)
{
	int r;

	r = sd_event_add_signal(event, NULL, SIGTERM, on_exit_signal,
				daemon);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, on_exit_signal,
					daemon);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGHUP, on_reload_signal,
					daemon);
	return r;
}

/* Before any thread is there: they must not get them. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int run(struct config *config, sd_event *event, const struct log *log,
	       const struct daemon_options *options)
{
	_cleanup_(daemon_freep) struct daemon *daemon = NULL;
	_cleanup_(server_freep) struct server *server = NULL;
	int r;

	r = daemon_new(config, event, log, options, &daemon);
	if (r < 0)
		return r;
	r = server_new(daemon_config(daemon)->socket, event, daemon, log,
		       &server);
	if (r < 0)
		return r;
	r = add_signals(event, daemon);
	if (r >= 0)
		r = sd_event_set_watchdog(event, true);
	if (r >= 0)
		r = daemon_start(daemon);
	if (r < 0) {
		log_error(log, "can't start: %s", strerror(-r));
		return r;
	}
	log_notice(log, "vmld " VML_VERSION " %s %zu services",
		   options->shadow ? "is a shadow, and watches" : "balances",
		   daemon_n_services(daemon));
	sd_notify(0, "READY=1");
	r = sd_event_loop(event);
	sd_notify(0, "STOPPING=1");
	if (r < 0)
		log_error(log, "the event loop failed: %s", strerror(-r));
	daemon_restore(daemon);
	return r;
}

int main(int argc, char **argv)
{
	sd_event *event = NULL;
	struct options options;
	struct config *config;
	struct log log;
	int r;

	r = parse_options(argc, argv, &options);
	if (r >= 0)
		return r;
	if (options.check)
		return check_config(options.check);
	if (options.replay)
		return replay(&options);
	if (load_config(options.config, &config) < 0)
		return EXIT_FAILURE;
	log_open(&log, options.level);
	block_signals();
	r = sd_event_default(&event);
	if (r < 0) {
		log_error(&log, "no event loop: %s", strerror(-r));
		config_free(config);
		return EXIT_FAILURE;
	}
	r = run(config, event, &log, &options.daemon);
	sd_event_unref(event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
