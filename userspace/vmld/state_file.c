/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "state_file.h"
#include "util.h"

int state_directory_make(const char *directory)
{
	_cleanup_free_ char *path = strdup(directory);

	if (!path)
		return -ENOMEM;
	for (char *slash = path + 1; slash; *slash++ = '/') {
		slash = strchr(slash, '/');
		if (!slash)
			break;
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return -errno;
	}
	return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
}

int state_directory_lock(const char *directory, int *ret_fd)
{
	_cleanup_close_ int fd = -1;

	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int state_file_read(const char *directory, const char *name,
		    json_t **ret_object)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_(json_decrefp) json_t *object = NULL;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	file = fopen(path, "re");
	if (!file)
		return -errno;
	object = json_loadf(file, 0, NULL);
	if (ferror(file))
		return -EIO;
	if (!json_is_object(object))
		return -EBADMSG;
	*ret_object = TAKE_PTR(object);
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

int state_file_write(const char *directory, const char *name,
		     const json_t *object, bool durable)
{
	_cleanup_free_ char *path = NULL, *new = NULL, *text = NULL;
	_cleanup_close_ int fd = -1, directory_fd = -1;
	int r;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&new, "%s.new", path) < 0) {
		new = NULL;
		return -ENOMEM;
	}
	text = json_dumps(object, JSON_INDENT(2) | JSON_SORT_KEYS);
	if (!text)
		return -ENOMEM;
	directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory_fd < 0)
		return -errno;
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		  0644);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	if (r == 0 && durable && fsync(fd))
		r = -errno;
	if (r == 0 && rename(new, path))
		r = -errno;
	if (r < 0)
		unlink(new);
	/* Or the old one is back afterwards. */
	if (r == 0 && durable && fsync(directory_fd))
		r = -errno;
	return r;
}
