/* SPDX-License-Identifier: Apache-2.0 */
/* `acurl`: curl with a Bearer token, got as get_token gets it and in this very process.
 * The token reaches curl through a file in memory that curl inherits: no argument and no file name shows it.
 * Source: Apigee, "Using acurl"; oauth2-service reference, 5.7; curl(1), -H @file; memfd_create(2). */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/vec.h"
#include "cli/access.h"

enum { EXIT_BAD_ARGUMENT = 2, EXIT_TESTED = 100, EXIT_NO_CURL = 127 };

static const char usage[] =
	"Usage: acurl API_URL [CURL OPTION]... [-u USER[:PASSWORD]] [-m MFACODE] [-p PASSCODE]\n"
	"Runs curl with an access token of the SSO server at $SSO_LOGIN_URL.\n"
	"\n"
	"  -u, -m, -p             As get_token has them; of curl's, write --user, --max-time, "
	"--proxytunnel\n"
	"  --force-basic-auth     Name and password, also where the server offers passcodes\n"
	"  --write-valid-token    Write the token to ~/.sso-cli/valid_token.dat as well\n"
	"  -H 'Authorization: X'  Left out: the token's takes its place\n"
	"  -v                     Say on stderr what happens; curl's -v as well\n"
	"  -h                     This on stderr, exit 1; --help: on stdout, exit 0\n"
	"\n"
	"Everything else is curl's. Exits as curl does, or as get_token when there is no token. "
	"See acurl(1).\n";

struct split {
	struct access access;
	VEC(char *) curl;
};

static bool is_authorization(const char *header)
{
	return str_istarts(str_from_z(header), S("authorization:"));
}

/* How many arguments make a header of our own's name, which is left out; 0: none. */
static int left_out(int argc, char **argv)
{
	bool apart = strcmp(argv[0], "-H") == 0 || strcmp(argv[0], "--header") == 0;
	if (apart)
		return argc > 1 && is_authorization(argv[1]) ? 2 : 0;
	return strncmp(argv[0], "-H", 2) == 0 && is_authorization(argv[0] + 2);
}

static bool takes_value(const char *one)
{
	return one[0] == '-' && one[1] && !one[2] && strchr("ump", one[1]);
}

/* What is get_token's: 1 or 2 arguments; 0: curl's; below 0: it cannot be understood. */
static int taken(struct split *s, int argc, char **argv)
{
	if (takes_value(argv[0]) && (argc < 2 || argv[1][0] == '-')) {
		access_warn(&s->access, "%s needs a value", argv[0]);
		return -1;
	}
	if (takes_value(argv[0]) || strcmp(argv[0], "--force-basic-auth") == 0 ||
	    strcmp(argv[0], "--write-valid-token") == 0)
		return access_option(&s->access, argc, argv);
	return left_out(argc, argv);
}

static int split(struct split *s, int argc, char **argv)
{
	for (int i = 0, n; i < argc; i += n) {
		if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
			fputs(usage, argv[i][1] == 'h' ? stderr : stdout);
			return argv[i][1] == 'h' ? ACCESS_HELP : -1;
		}
		if ((n = taken(s, argc - i, argv + i)) < 0)
			return EXIT_BAD_ARGUMENT;
		if (n)
			continue;
		s->access.verbose |= strcmp(argv[i], "-v") == 0;
		VEC_PUSH(s->access.arena, &s->curl, argv[i]);
		n = 1;
	}
	return 0;
}

/* ACURL_TEST: what went where; a password is not printed. */
static void say_split(const struct split *s)
{
	const struct access *x = &s->access;
	access_say(x, "get_token: user=%.*s password=%s mfa=%s passcode=%s", STR(x->user),
	           x->password ? "(given)" : "", x->mfa_answered ? "(given)" : "",
	           x->passcode ? "(given)" : "");
	for (size_t i = 0; i < s->curl.n; i++)
		access_say(x, "curl: %s", s->curl.v[i]);
}

/* A descriptor that curl inherits, holding the header; below 0: trouble. */
static int header_file(struct access *x)
{
	str line = str_fmt(x->arena, "Authorization: Bearer %.*s\n", STR(x->token));
	int fd = memfd_create("acurl", 0);
	if (fd >= 0 && write(fd, line.p, line.n) == (ssize_t)line.n)
		return fd;
	access_warn(x, "cannot hand the token to curl: %s", strerror(errno));
	return -1;
}

static int curl_run(struct split *s)
{
	struct access *x = &s->access;
	int fd = header_file(x);
	if (fd < 0)
		return ACCESS_NO_WRITE;
	char **argv = arena_array(x->arena, char *, s->curl.n + 4);
	size_t n = 0;
	argv[n++] = "curl";
	argv[n++] = "-H";
	argv[n++] = (char *)str_z(x->arena, str_fmt(x->arena, "@/dev/fd/%d", fd));
	for (size_t i = 0; i < s->curl.n; i++)
		argv[n++] = s->curl.v[i];
	fflush(NULL);
	execvp("curl", argv);
	access_warn(x, "cannot run curl: %s", strerror(errno));
	close(fd);
	return EXIT_NO_CURL;
}

static int run(struct split *s, int argc, char **argv)
{
	const char *test = getenv("ACURL_TEST");
	int code = split(s, argc, argv);
	if (code)
		return code > 0 ? code : 0;
	if (argc < 1) {
		fputs(usage, stderr);
		return ACCESS_HELP;
	}
	if (test && *test)
		say_split(s);
	if (test && strcmp(test, "exit") == 0)
		return EXIT_TESTED;
	enum access_code got = access_run(&s->access);
	return got ? (int)got : curl_run(s);
}

int main(int argc, char **argv)
{
	struct arena *a = arena_create(0, 0);
	struct split s = { .access = { .arena = a, .program = "acurl" } };
	curl_global_init(CURL_GLOBAL_DEFAULT);
	access_environment(&s.access);
	int code = run(&s, argc - 1, argv + 1);
	curl_global_cleanup();
	arena_destroy(&a);
	return code;
}
