/* SPDX-License-Identifier: Apache-2.0 */
/* `gatehouse VERB`: finds the verb's row and hands it what the rooms below may not know.
 * A verb is a row; nothing else is decided here.
 * Source: house. */
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "main/configure.h"
#include "main/serve.h"
#include "policy/registry.h"

static const struct verb *const verbs[] = {
	&verb_serve,      &verb_check, &verb_import, &verb_deploy,
	&verb_mocktarget, &verb_user,  &verb_key,
};
enum { VERBS = sizeof verbs / sizeof *verbs };

int main(int argc, char **argv)
{
	const struct verb_env env = {
		.policy_find = policy_find,
		.config_check = configuration_check,
	};
	if (argc < 2) {
		verb_failed("say what to do: gatehouse VERB; `gatehouse --help` lists the verbs");
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		return puts("gatehouse " GATEHOUSE_VERSION) < 0 ? EXIT_FAILED : EXIT_OK;
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		verbs_help(verbs, VERBS);
		return EXIT_OK;
	}
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(argv[1], verbs[i]->name) == 0)
			return (int)verb_main(verbs[i], &env, argc - 2, argv + 2);
	verb_failed("unknown verb %s; `gatehouse --help` lists them", argv[1]);
	return EXIT_USAGE;
}
