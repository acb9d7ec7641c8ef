/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of one message: its headers, its query, its form body.
 * The framing of a body (Content-Length, Transfer-Encoding) is no header that a policy copies or removes.
 * Source: Apigee, "AssignMessage policy"; RFC 9112 §6. */
#pragma once

#include "policy/assign_conf.h"
#include "policy/params.h"

typedef str (*params_edit)(struct arena *, str raw, str name, str value);

void edit_query(struct assigning *, params_edit, str name, str value);
void copy_query(struct assigning *, const struct message *from, str name, unsigned nth);
void remove_query(struct assigning *, str name, unsigned nth);

/* A form is a request's body that says so by its Content-Type; an empty body becomes one. */
enum verdict edit_form(struct assigning *, params_edit, str name, str value);
enum verdict copy_form(struct assigning *, struct message *from, const struct assign_items *);
enum verdict remove_form(struct assigning *, const struct assign_items *);

/* nth counts values, also those that share a line with commas; 0: all. */
void copy_header(struct assigning *, const struct message *from, str name, unsigned nth);
void copy_all_headers(struct assigning *, const struct message *from);
void remove_header(struct assigning *, str name, unsigned nth);
void remove_all_headers(struct assigning *);
