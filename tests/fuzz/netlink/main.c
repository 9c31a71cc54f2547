// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz the module through netlink: see docs/testing.md.
 *
 *	fuzz [--seed N] [--messages N] [--seconds N] [FILE...]
 *	fuzz --seed N --episode N
 *	fuzz --seed N --episode N --print
 *	fuzz --replay FILE
 *
 * First the steps of each FILE, then episodes from 0 on until there have been
 * that many messages, or seconds, and messages enough to reach everything.
 * --episode: that one alone. --print: do not carry its steps out, which takes no
 * kernel, but print them. --replay: the steps of one file, and nothing more is
 * asked of it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "execute.h"
#include "generate.h"
#include "tally.h"

/* In so many messages even what is rare happens several times. */
#define FEWEST 60000u

struct options {
	uint64_t seed, messages, seconds, episode;
	bool one_episode, print, replay;
};

static struct step step;

static uint64_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

/* Where it is stands in the kernel's log before what the kernel reports. */
__attribute__((format(printf, 1, 2)))
static void mark(const char *format, ...)
{
	va_list arguments;
	FILE *log = fopen("/dev/kmsg", "we");

	if (!log)
		die("/dev/kmsg");
	va_start(arguments, format);
	vfprintf(log, format, arguments);
	va_end(arguments);
	fclose(log);
}

static bool replay(const char *path, const struct families *families)
{
	FILE *file = fopen(path, "re");
	unsigned int line = 0;
	const char *why;
	bool good = true;
	int r;

	if (!file)
		die(path);
	mark("vml-fuzz: %s\n", path);
	execute_begin(families);
	while (good && (r = step_read(file, &line, &step, &why)) > 0)
		good = execute(&step);
	if (good && r < 0) {
		printf("# %s:%u: %s\n", path, line, why);
		exit(2);
	}
	fclose(file);
	if (good && execute_end())
		return true;
	printf("# in line %u of %s\n", line, path);
	return false;
}

static bool run_episode(const struct options *options, uint64_t episode,
			const struct families *families)
{
	static struct generator generator;
	uint64_t n = 0;
	bool good = true;

	generate_begin(&generator, options->seed, episode);
	if (options->print) {
		while (generate_next(&generator, &step))
			step_print(&step, stdout);
		return true;
	}
	mark("vml-fuzz: seed %" PRIu64 ", episode %" PRIu64 "\n",
	     options->seed, episode);
	execute_begin(families);
	for (; good && generate_next(&generator, &step); n++)
		good = execute(&step);
	if (good && execute_end())
		return true;
	printf("# in step %" PRIu64 " of --seed %" PRIu64 " --episode %" PRIu64
	       "\n", n, options->seed, episode);
	return false;
}

static bool is_time(const struct options *options, uint64_t begun)
{
	if (options->messages)
		return tally_messages >= options->messages;
	return tally_messages >= FEWEST &&
	       seconds() >= begun + options->seconds;
}

static bool run_episodes(const struct options *options,
			 const struct families *families)
{
	const uint64_t begun = seconds();
	uint64_t told = tally_messages;

	for (uint64_t episode = 0; !is_time(options, begun); episode++) {
		if (!run_episode(options, episode, families))
			return false;
		if (tally_messages / 1000000 != told / 1000000) {
			printf("# %" PRIu64 " messages\n", tally_messages);
			fflush(stdout);
		}
		told = tally_messages;
	}
	return true;
}

static bool run(const struct options *options, char **files)
{
	uint64_t begun = seconds(), took;
	struct families families;
	bool good = true;

	families_find(&families);
	if (options->replay)
		return replay(*files, &families);
	if (options->one_episode)
		return run_episode(options, options->episode, &families);
	for (; good && *files; files++)
		good = replay(*files, &families);
	good = good && run_episodes(options, &families);
	took = seconds() - begun;
	printf("# seed %" PRIu64 ": %" PRIu64 " messages in %" PRIu64
	       " s, %" PRIu64 " messages/s\n", options->seed, tally_messages,
	       took, tally_messages / (took ?: 1));
	return tally_print() && good;
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (!*text || *end) {
		fprintf(stderr, "not a number: %s\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "messages", required_argument, NULL, 'm' },
		{ "seconds", required_argument, NULL, 't' },
		{ "episode", required_argument, NULL, 'e' },
		{ "print", no_argument, NULL, 'p' },
		{ "replay", no_argument, NULL, 'r' },
		{ 0 },
	};
	struct options options = { .seed = 1 };
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		switch (option) {
		case 's':
			options.seed = number(optarg);
			break;
		case 'm':
			options.messages = number(optarg);
			break;
		case 't':
			options.seconds = number(optarg);
			break;
		case 'e':
			options.episode = number(optarg);
			options.one_episode = true;
			break;
		case 'p':
			options.print = true;
			break;
		case 'r':
			options.replay = true;
			break;
		default:
			return 2;
		}
	}
	if (options.replay && argc - optind != 1) {
		fprintf(stderr, "--replay takes one file\n");
		return 2;
	}
	if (options.print)
		return !run_episode(&options, options.episode, NULL);
	return !run(&options, argv + optind);
}
