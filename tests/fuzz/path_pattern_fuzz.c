/* SPDX-License-Identifier: Apache-2.0 */
/* Path patterns: the first line is a pattern, the rest a path.
 * Invariant: the fast walk answers what the table of all positions answers.
 * Source: house. */
#include <stdint.h>

#include "lang/path_pattern.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str path = str_from(data, size), pattern = str_cut(&path, '\n');
	if (!path.p)
		path = S("");
	for (int style = PATH_ELEMENTS; style <= PATH_RESOURCE; style++) {
		struct path_pattern p;
		if (pattern.n > PATH_PATTERN_MAX)
			break;
		compile(&p, (enum path_style)style, pattern);
		if (p.root)
			continue;
		must(path_pattern_matches(&p, path) == matches_by_table(&p, path));
	}
	return 0;
}
