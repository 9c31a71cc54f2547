/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept in the state directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "drains.h"
#include "state_file.h"
#include "util.h"

static char directory[40];
static unsigned int synced_files, synced_directories;

/* In place of libc's. */
int fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	if (S_ISDIR(st.st_mode))
		synced_directories++;
	else
		synced_files++;
	return (int)syscall(SYS_fsync, fd);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/vmld-state-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static void write_text(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static bool exists(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return access(path, F_OK) == 0;
}

static void directories_are_made_whole(void **state)
{
	char path[64];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/a/b/c", directory);
	assert_int_equal(state_directory_make(path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(state_directory_make(path), 0);
	write_text("file", "");
	snprintf(path, sizeof(path), "%s/file/x", directory);
	assert_int_equal(state_directory_make(path), -ENOTDIR);
}

static void one_process_has_it(void **state)
{
	int first, second;

	(void)state;
	assert_int_equal(state_directory_lock(directory, &first), 0);
	assert_int_equal(state_directory_lock(directory, &second), -EBUSY);
	close(first);
	assert_int_equal(state_directory_lock(directory, &second), 0);
	close(second);
}

static void files_are_replaced_whole(void **state)
{
	json_t *object = json_pack("{s:i}", "a", 1), *read;

	(void)state;
	assert_int_equal(state_file_read(directory, "f", &read), -ENOENT);
	assert_int_equal(state_file_write(directory, "f", object, true), 0);
	assert_false(exists("f.new"));
	json_object_set_new(object, "a", json_integer(2));
	/* What a crash has left half written is in nobody's way. */
	write_text("f.new", "{\"a\": ");
	assert_int_equal(state_file_read(directory, "f", &read), 0);
	assert_int_equal(json_integer_value(json_object_get(read, "a")), 1);
	json_decref(read);
	assert_int_equal(state_file_write(directory, "f", object, false), 0);
	assert_int_equal(state_file_read(directory, "f", &read), 0);
	assert_true(json_equal(read, object));
	json_decref(read);
	json_decref(object);
}

/* The new name of a file is kept by its directory. */
static void what_is_durable_is_synced_whole(void **state)
{
	json_t *object = json_object();

	(void)state;
	synced_files = synced_directories = 0;
	assert_int_equal(state_file_write(directory, "f", object, false), 0);
	assert_int_equal(synced_files, 0);
	assert_int_equal(synced_directories, 0);
	assert_int_equal(state_file_write(directory, "f", object, true), 0);
	assert_int_equal(synced_files, 1);
	assert_int_equal(synced_directories, 1);
	json_decref(object);
}

static void files_that_are_no_objects_are_bad(void **state)
{
	static const char *const bad[] = { "", "[]", "{", "{} x", "1" };
	json_t *read;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		write_text("f", bad[i]);
		assert_int_equal(state_file_read(directory, "f", &read),
				 -EBADMSG);
	}
}

static void drains_outlive_the_process(void **state)
{
	struct drains *drains;
	json_t *list;

	(void)state;
	assert_int_equal(drains_load(directory, false, &drains), 0);
	assert_false(drains_contain(drains, "web 1/\"x\""));
	assert_false(drains_contain(drains, NULL));
	assert_int_equal(drains_set(drains, "web 1/\"x\"", true), 0);
	assert_int_equal(drains_set(drains, "web-2", true), 0);
	assert_int_equal(drains_set(drains, "web-2", true), 0);
	drains_free(drains);

	assert_int_equal(drains_load(directory, false, &drains), 0);
	assert_true(drains_contain(drains, "web 1/\"x\""));
	list = drains_to_json(drains);
	assert_int_equal(json_array_size(list), 2);
	json_decref(list);
	assert_int_equal(drains_set(drains, "web-2", false), 0);
	assert_int_equal(drains_set(drains, "web-2", false), 0);
	drains_free(drains);

	assert_int_equal(drains_load(directory, false, &drains), 0);
	assert_false(drains_contain(drains, "web-2"));
	assert_true(drains_contain(drains, "web 1/\"x\""));
	drains_free(drains);
}

/* They end with the process, but for those who look on. */
static void drains_of_operations_are_not_kept(void **state)
{
	struct drains *drains, *others;
	json_t *list;

	(void)state;
	assert_int_equal(drains_load(directory, false, &drains), 0);
	assert_int_equal(drains_set(drains, "web-1", true), 0);
	assert_int_equal(drains_set_operation(drains, "web-1",
					      POLICY_DRAIN_SNAPSHOT), 0);
	assert_int_equal(drains_set_operation(drains, "web-2",
					      POLICY_DRAIN_EVACUATION), 0);
	assert_int_equal(drains_find(drains, "web-1"),
			 POLICY_DRAIN_ADMINISTRATOR);
	assert_int_equal(drains_find(drains, "web-2"), POLICY_DRAIN_EVACUATION);
	assert_int_equal(drains_find(drains, "web-3"), POLICY_DRAIN_NONE);
	assert_false(drains_are_kept(drains, "web-2"));
	list = drains_to_json(drains);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);

	assert_int_equal(drains_load(directory, true, &others), 0);
	assert_int_equal(drains_find(others, "web-2"), POLICY_DRAIN_EVACUATION);
	drains_free(others);

	/* An administrator's is another one. */
	assert_int_equal(drains_set(drains, "web-1", false), 0);
	assert_int_equal(drains_find(drains, "web-1"), POLICY_DRAIN_SNAPSHOT);
	assert_int_equal(drains_set(drains, "web-1", true), 0);
	assert_int_equal(drains_set_operation(drains, "web-1",
					      POLICY_DRAIN_NONE), 0);
	assert_int_equal(drains_find(drains, "web-1"),
			 POLICY_DRAIN_ADMINISTRATOR);
	drains_free(drains);

	/* As after a crash. */
	assert_int_equal(drains_load(directory, false, &drains), 0);
	assert_true(drains_contain(drains, "web-1"));
	assert_false(drains_contain(drains, "web-2"));
	assert_int_equal(drains_load(directory, true, &others), 0);
	assert_false(drains_contain(others, "web-2"));
	drains_free(others);
	drains_free(drains);
}

static void drains_that_cannot_be_kept_are_not_made(void **state)
{
	struct drains *drains;
	char path[64];

	(void)state;
	assert_int_equal(drains_load(directory, false, &drains), 0);
	assert_int_equal(drains_set(drains, "web-1", true), 0);
	/* In the way of the file that is to replace the old one. */
	snprintf(path, sizeof(path), "%s/drains.json.new", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(drains_set(drains, "web-2", true), -EISDIR);
	assert_false(drains_contain(drains, "web-2"));
	assert_int_equal(drains_set(drains, "web-1", false), -EISDIR);
	assert_true(drains_contain(drains, "web-1"));
	assert_int_equal(drains_set(drains, "\xff", true), -EINVAL);
	drains_free(drains);
}

/* As with a full disk after a crash. */
static void what_operations_have_left_keeps_nobody_from_starting(void **state)
{
	struct drains *drains;
	char path[64];

	(void)state;
	assert_int_equal(drains_load(directory, false, &drains), 0);
	assert_int_equal(drains_set(drains, "web-1", true), 0);
	assert_int_equal(drains_set_operation(drains, "web-2",
					      POLICY_DRAIN_SNAPSHOT), 0);
	drains_free(drains);
	snprintf(path, sizeof(path), "%s/drains.json.new", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(drains_load(directory, false, &drains), 0);
	assert_true(drains_contain(drains, "web-1"));
	assert_false(drains_contain(drains, "web-2"));
	drains_free(drains);
}

static void unreadable_drains_are_an_error(void **state)
{
	static const char *const bad[] = {
		"{", "{}", "{\"drains\": {}}", "{\"drains\": [1]}",
	};
	struct drains *drains;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		write_text("drains.json", bad[i]);
		assert_int_equal(drains_load(directory, false, &drains),
				 -EBADMSG);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(directories_are_made_whole),
		TEST(one_process_has_it),
		TEST(files_are_replaced_whole),
		TEST(what_is_durable_is_synced_whole),
		TEST(files_that_are_no_objects_are_bad),
		TEST(drains_outlive_the_process),
		TEST(drains_of_operations_are_not_kept),
		TEST(drains_that_cannot_be_kept_are_not_made),
		TEST(what_operations_have_left_keeps_nobody_from_starting),
		TEST(unreadable_drains_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
