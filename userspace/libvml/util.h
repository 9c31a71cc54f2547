/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small helpers shared by the library and the programs. */
#ifndef VML_UTIL_H
#define VML_UTIL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _unused_ __attribute__((unused))
#define _printf_(text, first) __attribute__((format(printf, text, first)))

/*
 * Define function##p(), for _cleanup_(), which calls function() on a variable
 * that is not empty when the variable goes out of scope.
 */
#define DEFINE_TRIVIAL_CLEANUP(type, function, empty)			\
	static inline void function##p(type *variable)			\
	{								\
		if (*variable != (empty))				\
			function(*variable);				\
	}								\
	struct trivial_cleanup_needs_a_semicolon
#define DEFINE_TRIVIAL_CLEANUP_FUNC(type, function)			\
	DEFINE_TRIVIAL_CLEANUP(type, function, NULL)

static inline void free_pointer_at(void *variable)
{
	free(*(void **)variable);
}

static inline void close_at(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void fclose_at(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define _cleanup_free_ _cleanup_(free_pointer_at)
#define _cleanup_close_ _cleanup_(close_at)
#define _cleanup_fclose_ _cleanup_(fclose_at)

/* Hand a pointer over: its variable is NULL afterwards. */
#define TAKE_PTR(pointer)						\
	({								\
		__typeof__(pointer) *_variable = &(pointer);		\
		__typeof__(pointer) _taken = *_variable;		\
		*_variable = NULL;					\
		_taken;							\
	})

/* The same of a file descriptor, which is -1 afterwards. */
#define TAKE_FD(fd)							\
	({								\
		int *_variable = &(fd);					\
		int _taken = *_variable;				\
		*_variable = -1;					\
		_taken;							\
	})

#define ARRAY_SIZE(array)						\
	(sizeof(array) / sizeof((array)[0]) +				\
	 0 * sizeof(char[1 - 2 * !!__builtin_types_compatible_p(	\
		__typeof__(array), __typeof__(&(array)[0]))]))

#define MIN(a, b)							\
	({								\
		__typeof__(a) _a = (a);					\
		__typeof__(b) _b = (b);					\
		_a < _b ? _a : _b;					\
	})
#define MAX(a, b)							\
	({								\
		__typeof__(a) _a = (a);					\
		__typeof__(b) _b = (b);					\
		_a > _b ? _a : _b;					\
	})
#define CLAMP(value, low, high) MIN(MAX(value, low), high)

/* Order of two numbers, for comparison functions: -1, 0 or 1. */
#define COMPARE(a, b)							\
	({								\
		__typeof__(a) _a = (a);					\
		__typeof__(b) _b = (b);					\
		(_a > _b) - (_a < _b);					\
	})

/* Of which either may be NULL. */
static inline bool texts_equal(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

#define NSEC_PER_SEC UINT64_C(1000000000)
#define NSEC_PER_MSEC UINT64_C(1000000)
#define USEC_PER_SEC UINT64_C(1000000)
#define MSEC_PER_SEC UINT64_C(1000)

/* CLOCK_MONOTONIC in nanoseconds. */
static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

#endif
