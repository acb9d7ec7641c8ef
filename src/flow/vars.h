/* SPDX-License-Identifier: Apache-2.0 */
/* Flow variables: the ones that the exchange computes when asked, and the ones that policies set.
 * A name is bound at deploy time to a row of the table of computed names, or to a custom name with
 * its hash; nothing is looked up by text at run time but what a policy composes then.
 * Source: Apigee, "Flow variables reference". */
#pragma once

#include "http/message.h"
#include "lang/vars.h"

struct exchange;

enum { VARS_MAX = 1024 };

/* Binds a name for good, in the binder's arena; never fails: any text is a custom name. */
struct flowvar *flowvar_bind(struct arena *, str name);
str flowvar_name(const struct flowvar *);

struct value vars_get(struct exchange *, const struct flowvar *);
str vars_text(struct exchange *, const struct flowvar *); /* STR_NONE if null */
struct value vars_get_named(struct exchange *, str name); /* a name composed at run time */

/* Copies name and value into the exchange's arena.  ERR_DENIED: read-only.  ERR_LIMIT: over 1,024
 * variables.  ERR_NOT_FOUND: there is no such message now (response.* in the request flow). */
err vars_set(struct exchange *, const struct flowvar *, struct value) MUST_CHECK;
err vars_set_named(struct exchange *, str name, struct value) MUST_CHECK;
/* For the variables that a policy documents: "ratelimit.{policy}.allowed.count".  Ignores the limit's err
 * (the engine turns a full table into a fault between steps). */
void vars_put(struct exchange *, str prefix, str policy, str name, struct value);

/* Many variables at the price of none: fn is asked for every name under prefix ("developer."; "": any)
 * that nobody set later than this call.  It answers null for a name it does not know.  ctx lives as
 * long as the exchange; strings that fn answers must too. */
void vars_provide(struct exchange *, str prefix,
                  struct value (*fn)(struct exchange *, const void *ctx, str name),
                  const void *ctx);

/* Messages by name: request, response, message, error, or one that a policy made. NULL: none.
 * Setting message sets the one of the current position; NULL takes a message away. */
struct message *vars_message(struct exchange *, str name);
void vars_set_message(struct exchange *, str name, struct message *);
