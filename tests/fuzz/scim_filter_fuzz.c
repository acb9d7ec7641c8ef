/* SPDX-License-Identifier: Apache-2.0 */
/* SCIM filters: the text is a filter over one thing.
 * Invariant: what is accepted can be run, and is within the bounds; what is refused leaves nothing to run.
 * Source: house. */
#include <stdint.h>

#include "sso/filter.c"
#include "sso/iso_time.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct filter_value name(const void *thing)
{
	return (struct filter_value){ .given = true, .text = *(const str *)thing };
}
static struct filter_value number(const void *thing)
{
	return (struct filter_value){ .given = true, .n = (int64_t)((const str *)thing)->n };
}
static struct filter_value none(const void *thing)
{
	(void)thing;
	return (struct filter_value){ 0 };
}

static const struct filter_attribute table[] = {
	{ "a", FILTER_TEXT, name, false },  { "e", FILTER_EXACT, name, false },
	{ "b", FILTER_BOOL, number, true }, { "n", FILTER_NUMBER, number, false },
	{ "t", FILTER_TIME, number, false }, { "x", FILTER_TEXT, none, false },
	{ 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str text = str_from(data, size), thing = S("thing");
	struct filter *f;
	bool costs;
	if (!filter_parse(a, table, text, &f, &costs).code) {
		must(text.n <= FILTER_BYTES && f->n >= 1 && f->n < 2 * FILTER_TERMS);
		(void)filter_fits(f, &thing);
	}
	arena_destroy(&a);
	return 0;
}
