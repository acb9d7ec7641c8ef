/* SPDX-License-Identifier: Apache-2.0 */
/* `gatehouse user` and `gatehouse key`: what the owner of the data folder may do without logging in.
 * A password is read from standard input, never from the command line, which every process can see.
 * Source: house ("nobody can lock the last administrator out from outside"). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/operator_socket.h"
#include "cli/verb.h"

enum { ANSWER_S = 30 };

struct operator_options {
	str data;
};

static const struct field options[] = {
	FIELD(operator_options, data, "data", T_STR, .doc = "DIR\tThe data folder of the server"),
	FIELDS_END,
};

/* One line of standard input, unseen on a terminal. */
static bool line_read(char *out, size_t size)
{
	struct termios seen, unseen;
	bool terminal = tcgetattr(STDIN_FILENO, &seen) == 0;
	if (terminal) {
		unseen = seen;
		unseen.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
		fputs("New password: ", stderr);
	}
	bool got = fgets(out, (int)size, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen);
		fputc('\n', stderr);
	}
	return got;
}

static err send_all(int fd, str bytes)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			return FAIL(ERR_IO);
		bytes = str_sub(bytes, (size_t)n, STR_NPOS);
	}
	return DONE;
}

static str answer_read(struct arena *a, int fd)
{
	struct buf b = buf_in(a);
	ssize_t n;
	while (b.n < OPERATOR_LINE && (n = recv(fd, buf_room(&b, 512), 512, 0)) > 0)
		b.n += (size_t)n;
	return str_trim(buf_str(&b));
}

static enum exit_code ask(struct arena *a, const struct operator_options *o, const char *verb,
                          str line)
{
	if (!o->data.n)
		return verb_failed("%s: say --data DIR, the data folder of the server", verb);
	int fd = operator_connect(str_z(a, o->data));
	if (fd < 0)
		return verb_failed("%s: no server answers in %.*s: %s", verb, STR(o->data),
		                   strerror(errno));
	struct timeval patience = { .tv_sec = ANSWER_S };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	str answer = send_all(fd, line).code ? S("") : answer_read(a, fd);
	close(fd);
	if (str_starts(answer, S("ok "))) {
		printf("%.*s\n", STR(str_sub(answer, 3, STR_NPOS)));
		return EXIT_OK;
	}
	return str_starts(answer, S("error "))
	               ? verb_failed("%s: %.*s", verb, STR(str_sub(answer, 6, STR_NPOS)))
	               : verb_failed("%s: the server does not answer", verb);
}

static bool one_line(struct strs words)
{
	for (size_t i = 0; i < words.n; i++)
		if (!words.v[i].n || str_find_char(words.v[i], '\n') != STR_NPOS ||
		    str_find_char(words.v[i], ' ') != STR_NPOS)
			return false;
	return true;
}

static enum exit_code run_user(struct arena *a, const struct verb_env *env, const void *opts,
                               struct strs operands)
{
	char password[OPERATOR_LINE / 2] = "";
	(void)env;
	if (!one_line(operands))
		return verb_failed("user: a name has no spaces");
	struct buf line = buf_in(a);
	buf_fmt(&line, "user %.*s %.*s", STR(operands.v[0]), STR(operands.v[1]));
	if (str_eq(operands.v[0], S("password"))) {
		if (!line_read(password, sizeof password))
			return verb_failed("user: give the new password on standard input");
		buf_fmt(&line, " %.*s", STR(str_trim(str_from_z(password))));
	}
	buf_char(&line, '\n');
	enum exit_code code = ask(a, opts, "user", buf_str(&line));
	wipe(password, sizeof password);
	wipe(line.p, line.n);
	return code;
}

static enum exit_code run_key(struct arena *a, const struct verb_env *env, const void *opts,
                              struct strs operands)
{
	(void)env;
	if (!one_line(operands))
		return verb_failed("key: an algorithm has no spaces");
	bool all = operands.n == 1;
	return ask(a, opts, "key",
	           str_fmt(a, "key %.*s%s%.*s\n", STR(operands.v[0]), all ? "" : " ",
	                   STR(all ? S("") : operands.v[1])));
}

const struct verb verb_user = {
	.name = "user",
	.operands = "unlock|password|mfa-off NAME",
	.min_operands = 2,
	.max_operands = 2,
	.summary = "Unlock a user, set a password, take a second factor away",
	.help = "Asks the server that runs on --data DIR, through a socket that only the folder's "
		"owner "
		"opens.\n"
		"`password` reads the new one from standard input, and unlocks.",
	.options = options,
	.options_size = sizeof(struct operator_options),
	.run = run_user,
};

const struct verb verb_key = {
	.name = "key",
	.operands = "rotate [RS256|ES256]",
	.min_operands = 1,
	.max_operands = 2,
	.summary = "Make new keys that sign the OAuth2 service's tokens",
	.help = "Asks the server that runs on --data DIR. Tokens that live stay good: the key "
		"before "
		"verifies\n"
		"until the last of them has died.",
	.options = options,
	.options_size = sizeof(struct operator_options),
	.run = run_key,
};
