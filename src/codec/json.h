/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in, by jansson into a tree that lives in an arena's hands; JSON out, by a writer of our own
 * that keeps the order and the exact spacing asked for.
 * Depth is at most 100 and a duplicate key is refused: both ends read the same document.
 * Source: RFC 8259. */
#pragma once

#include "base/diag.h"

typedef struct json_t json_t; /* jansson's */
struct strs;

enum { JSON_DEPTH_MAX = 100, JSON_VALUES_MAX = 1000000 };

/* The tree is released with the arena.  A syntax error names line and column in the diag.
 * ERR_LIMIT over the depth or the number of values.  \u0000 is refused: no string holds a NUL. */
err json_read(struct arena *, str text, struct diag *, json_t **out) MUST_CHECK;
str json_text(const json_t *);                              /* STR_NONE unless a string; borrowed */
str json_member_str(const json_t *object, const char *key); /* STR_NONE unless a string; borrowed */

/* Appends to a buf.  Objects and arrays are opened and closed; commas are the writer's. */
struct json_writer {
	struct buf *out;
	bool pretty;    /* Apigee's management style: two spaces, "key" : value */
	unsigned depth; /* of objects: what indents  */
	unsigned open;  /* objects and arrays        */
	bool more;      /* a member stands before    */
	bool keyed;     /* a key waits for its value */
};
struct json_writer json_to(struct buf *out, bool pretty);
void json_open(struct json_writer *, char bracket); /* '{' or '[' */
void json_close(struct json_writer *, char bracket);
void json_key(struct json_writer *, str key);
void json_str(struct json_writer *, str value); /* STR_NONE writes null */
void json_int(struct json_writer *, int64_t value);
void json_double(struct json_writer *, double value); /* null if not finite */
void json_bool(struct json_writer *, bool value);
void json_nil(struct json_writer *);
void json_tree(struct json_writer *, const json_t *);
/* A key and what stands under it. */
void json_pair_str(struct json_writer *, const char *key, str value);
void json_pair_given(struct json_writer *, const char *key, str value); /* left out when absent */
void json_pair_int(struct json_writer *, const char *key, int64_t value);
void json_pair_bool(struct json_writer *, const char *key, bool value);
void json_pair_strs(struct json_writer *, const char *key, const struct strs *);

/* The text of a JSON string without the quotes; slashes escaped as Apigee's faults have them. */
str json_escape(struct arena *, str s, bool slashes);

/* A double as Java prints it, in the fewest digits that read back the same: 1.0, 0.1, 1.0E10. */
enum { JSON_DOUBLE_MAX = 40 };
str json_double_text(double, char out[JSON_DOUBLE_MAX]);
