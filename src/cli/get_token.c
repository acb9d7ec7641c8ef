/* SPDX-License-Identifier: Apache-2.0 */
/* `get_token`: prints an access token of the OAuth2 service, a kept one while it lives.
 * stdout has the token and nothing else, so that TOKEN=$(get_token) works.
 * Source: Apigee, "Using get_token"; oauth2-service reference, section 5. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "cli/access.h"

static const char usage[] =
	"Usage: get_token [-u USER[:PASSWORD]] [-m MFACODE] [-p PASSCODE] [OPTION]...\n"
	"Prints an access token of the SSO server at $SSO_LOGIN_URL.\n";
static const char options[] =
	"\n"
	"  -u USER[:PASSWORD]     Who you are; what is missing is asked for\n"
	"  -m MFACODE             The code of the second factor; '' when there is none: no "
	"question\n"
	"  -p PASSCODE            A passcode of $SSO_LOGIN_URL/passcode instead of a password\n"
	"  --force-basic-auth     Name and password, also where the server offers passcodes\n"
	"  --insecure             Do not check the server's certificate\n"
	"  --write-valid-token    Write the token to ~/.sso-cli/valid_token.dat as well\n"
	"  --print-sso-cache      Print the cache folder of this server, exit 3\n"
	"  --clear-sso-cache      Empty that folder, exit 2\n"
	"  --clear-all-sso-cache  Empty ~/.sso-cli, exit 2\n"
	"  -v                     Say on stderr what happens\n"
	"  -h                     This (after -v: all of it) on stderr, exit 1\n"
	"  --help, --version      On stdout, exit 0\n"
	"\n"
	"Environment: SSO_LOGIN_URL, the server; CLIENT_AUTH, base64 of client_id:secret (default: "
	"edgecli).\n"
	"Exit: 0 printed, 1 help, 2 cache cleared, 3 cache printed, 11 no SSO_LOGIN_URL, 12 "
	"something was not\n"
	"given, 13 bad characters, 14 token of another user, 21 no SSO server there, 22 refused, "
	"31 no cache\n"
	"folder, 32 cannot write. See get_token(1).\n";

static int run(struct access *x, int argc, char **argv)
{
	for (int i = 1, n; i < argc; i += n) {
		if (strcmp(argv[i], "--help") == 0)
			return printf("%s%s", usage, options) < 0;
		if (strcmp(argv[i], "--version") == 0)
			return puts("get_token " ACCESS_VERSION " (gatehouse " GATEHOUSE_VERSION
			            ")") < 0;
		if (strcmp(argv[i], "-h") == 0) {
			fprintf(stderr, "%s%s", usage,
			        x->verbose ? options : "get_token -v -h tells more.\n");
			return ACCESS_HELP;
		}
		n = access_option(x, argc - i, argv + i);
		n = n ? n : 1; /* what is unknown is left alone, as the shell tool did */
	}
	enum access_code code = access_run(x);
	if (code == ACCESS_PRINTED)
		printf("%.*s\n", STR(x->folder));
	if (code == ACCESS_DONE && (printf("%.*s\n", STR(x->token)) < 0 || fflush(stdout)))
		return ACCESS_NO_WRITE;
	return (int)code;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_create(0, 0);
	struct access x = { .arena = a, .program = "get_token" };
	curl_global_init(CURL_GLOBAL_DEFAULT);
	access_environment(&x);
	int code = run(&x, argc, argv);
	curl_global_cleanup();
	arena_destroy(&a);
	return code;
}
