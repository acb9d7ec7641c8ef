/* SPDX-License-Identifier: Apache-2.0 */
/* What a struct looks like from outside: one table a struct, read by the XML binder, the validator,
 * the JSON and XML writers, the configuration reader and the documentation.
 * A table is data; it ends with an empty row and never depends on the order of elements.
 * Source: house ("declare the XML, do not walk it"). */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/vec.h"

/* The C type that a field of each kind fills. */
enum field_type {
	T_NONE,
	T_STR,      /* str: text content or attribute, white space trimmed                       */
	T_TEXT,     /* str: text content to the byte (payloads)                                  */
	T_BOOL,     /* bool: true or false                                                       */
	T_UINT,     /* uint64_t                                                                  */
	T_INT,      /* int64_t                                                                   */
	T_DOUBLE,   /* double                                                                    */
	T_ENUM,     /* int: index into .names                                                    */
	T_MS,       /* int64_t: UTC milliseconds since 1970                                      */
	T_STRS,     /* struct strs: one item per repeated element, or a JSON array of strings    */
	T_PRESENT,  /* bool: the element is there                                                */
	T_FLOWVAR,  /* struct flowvar *: the name of a flow variable; NULL if absent             */
	T_TEMPLATE, /* struct template *: a message template, trimmed; NULL if absent            */
	T_TEMPLATE_TEXT, /* the same, to the byte                                                */
	T_COND,    /* struct condition *; NULL if absent                                        */
	T_GROUP,   /* the nested struct itself; .sub is its table; zero if absent               */
	T_GROUPP,  /* pointer to a nested struct; .sub, .sub_size; NULL if absent               */
	T_LIST,    /* struct list of nested structs, one per repeated element; .sub, .sub_size  */
	T_CHOICE,  /* struct list of struct chosen, in document order: .choices are the elements
	             * that may stand here, each with its own table                              */
	T_OWN,     /* any type: .read fills it (durations, rates, address masks, ...)           */
	T_IGNORED, /* nothing: a harmless leftover that is accepted when empty                  */
	T_LINE,    /* unsigned: the line of the element itself; path is ""                      */
	T_NOTE,    /* nothing: text for people (DisplayName, Description), anything goes        */
	T_LATER,   /* nothing: documented, and refused as not supported yet by this gateway      */
};

struct strs {
	str *v;
	size_t n;
};

struct list {
	void *v; /* array of structs of the field's .sub_size */
	size_t n;
};

struct field_choice {
	const char *element;
	size_t size;
	const struct field *fields;
};

struct chosen {      /* an item of a T_CHOICE list */
	int which;   /* index into .choices */
	void *value; /* struct of that choice */
	unsigned line;
};

struct diag;
struct field;

/* Reads one value into at (the field's place in the struct); a problem goes into the diag. */
typedef err (*field_reader)(struct arena *, const struct field *, str text, void *at, struct diag *,
                            unsigned line);

struct field {
	const char *name; /* the C member; also the row's name in messages when path is empty */
	const char
		*path; /* XML: "Allow/@count", "Set/Headers/Header", "." is the element's own text;
	                   * JSON: the key, e.g. "displayName"                                     */
	enum field_type type;
	size_t offset;
	bool required;
	bool read_only;           /* JSON: written, not taken from a client */
	bool hidden;              /* JSON: neither written nor taken        */
	bool input_only;          /* JSON: taken from a client, never written */
	const char *dflt;         /* as it would stand in the XML */
	const char *const *names; /* T_ENUM: ends with NULL       */
	int64_t min, max;         /* T_UINT, T_INT: both 0 means unbounded */
	const struct field *sub;
	size_t sub_size;
	const struct field_choice *choices; /* ends with an empty one */
	field_reader read;
	const char *doc; /* half a sentence for the generated page */
};

#define FIELD(strct, member, xpath, ftype, ...)                       \
	{                                                             \
		.name = #member, .path = (xpath), .type = (ftype),    \
		.offset = offsetof(struct strct, member), __VA_ARGS__ \
	}
/* A row that fills nothing: T_IGNORED, T_NOTE, T_LATER. */
#define FIELD_BARE(xpath, ftype, ...)                                          \
	{                                                                      \
		.name = (xpath), .path = (xpath), .type = (ftype), __VA_ARGS__ \
	}
#define FIELDS_END             \
	{                      \
		.type = T_NONE \
	}
