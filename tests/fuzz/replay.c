/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of the corpus folders (or files) named on the command line.
 * Invariant: an input that cannot be read fails the run; no corpus at all is not a pass.
 * Source: house.                                                                            */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static long replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		exit(2);
	}
	/* Exactly as large as the input, so that ASan sees a read of one byte too many. */
	struct stat st;
	if (fstat(fileno(f), &st) != 0) {
		perror(path);
		exit(2);
	}
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, f) != size) {
		perror(path);
		exit(2);
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static long replay(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		return replay_file(path);
	long inputs = 0;
	const struct dirent *e;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		char below[4096];
		snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
		inputs += replay_file(below);
	}
	closedir(dir);
	return inputs;
}

int main(int argc, char **argv)
{
	long inputs = 0;
	for (int i = 1; i < argc; i++)
		inputs += replay(argv[i]);
	printf("%ld inputs\n", inputs);
	return inputs > 0 ? 0 : 1;
}
