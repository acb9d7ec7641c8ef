/* SPDX-License-Identifier: Apache-2.0 */
/* XML: trees from any bytes.
 * Invariant: a tree is sound, its markup reads as XML again, and a refusal says why.
 * Source: house. */
#include <stdint.h>

#include "codec/xml.h"

static unsigned walk(struct arena *a, const struct xml_node *n, unsigned depth)
{
	unsigned count = 1;
	must(depth <= XML_DEPTH_MAX && n->name.n && n->line);
	must(str_given(n->markup) == (n->first != NULL));
	for (const struct xml_node *c = n->first; c; c = c->next) {
		must(c->parent == n);
		count += walk(a, c, depth + 1);
	}
	return count;
}

static void again(struct arena *a, const struct xml_node *n, unsigned count)
{
	struct diag diag = { .arena = a };
	struct xml_node *root;
	str text = str_fmt(a, "<r>%.*s</r>", STR(n->markup));
	must(!xml_read(a, text, &diag, &root).code);
	must(walk(a, root, 1) == count && str_eq(root->text, n->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	struct xml_node *root;
	if (xml_read(a, str_from(data, size), &diag, &root).code) {
		must(diag.findings.n == 1);
	} else {
		unsigned count = walk(a, root, 1);
		if (str_given(root->markup))
			again(a, root, count);
	}
	arena_destroy(&a);
	return 0;
}
