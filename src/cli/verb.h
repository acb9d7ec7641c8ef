/* SPDX-License-Identifier: Apache-2.0 */
/* A verb of the command line: a row, an options table, one function.
 * --help of the program and of each verb is made from these, so it is always complete.
 * Source: house; exit codes as sysexits.h has them where they fit. */
#pragma once

#include "base/diag.h"
#include "base/field.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct verb_env { /* what main/ hands to every verb */
	const struct policy *(*policy_find)(str element);
	err (*config_check)(struct arena *, str text, struct diag *); /* of a file */
};

/* Options are fields: path is the name without dashes; T_BOOL a flag, T_STR takes a value, T_STRS may be
 * repeated; doc is "VALUE\twhat it does" (a flag: "\twhat it does"). */
struct verb {
	const char *name;
	const char *operands; /* "FILE|BUNDLE", "" for none */
	size_t min_operands, max_operands;
	const char *summary; /* one line */
	const char *help;    /* paragraphs, may be NULL */
	const struct field *options;
	size_t options_size;
	enum exit_code (*run)(struct arena *, const struct verb_env *, const void *options,
	                      struct strs operands);
};

/* Reads the arguments after the verb and runs it. */
enum exit_code verb_main(const struct verb *, const struct verb_env *, int argc, char **argv);
void verbs_help(const struct verb *const *verbs, size_t n);

/* "gatehouse: text" on stderr; answers EXIT_FAILED. */
enum exit_code verb_failed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Every finding, a line each. */
enum exit_code verb_findings(const struct diag *);

/* A whole file.  ERR_IO or ERR_LIMIT (over max bytes) with a finding that names it. */
err verb_read_file(struct arena *, str path, size_t max, struct diag *, str *out) MUST_CHECK;

/* A descriptor that becomes readable at SIGTERM or SIGINT, which no longer end the process by themselves. */
int verb_signals(void);

extern const struct verb verb_check, verb_import, verb_deploy, verb_mocktarget, verb_user, verb_key;
