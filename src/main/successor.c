/* SPDX-License-Identifier: Apache-2.0 */
/* The channel is a pair of packet sockets; the first packet has a line per descriptor, "lock" or
 * "NAME ADDRESS", below a line that says which form this is.
 * Another form, or a name that the new program does not know, ends it before it has touched anything.
 * Source: unix(7), cmsg(3), posix_spawn(3). */
#include "main/successor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/vec.h"
#include "rt/fiber.h"

#define FORM "gatehouse 1"
#define VARIABLE "GATEHOUSE_HANDOVER"
enum { CHANNEL = 3, TEXT_MAX = 8192, COMMAND_MAX = 64 * 1024 };

union control { /* room for the descriptors, aligned */
	struct cmsghdr head;
	char room[CMSG_SPACE(ACTIVATED_MAX * sizeof(int))];
};

/* ---- the one before ---- */

void bequest_add(struct bequest *b, str name, str address, int fd)
{
	if (fd < 0)
		return;
	must(b->n < ACTIVATED_MAX);
	b->fds[b->n++] = fd;
	buf_fmt(&b->text, "%.*s %.*s\n", STR(name), STR(address));
}

static bool send_all(int channel, struct bequest *b)
{
	union control c = { .room = { 0 } };
	str text = buf_str(&b->text);
	struct iovec bytes[] = { { FORM "\n", sizeof FORM }, { (char *)text.p, text.n } };
	struct msghdr m = { .msg_iov = bytes,
		            .msg_iovlen = 2,
		            .msg_control = &c,
		            .msg_controllen = CMSG_SPACE(b->n * sizeof(int)) };
	c.head = (struct cmsghdr){ CMSG_LEN(b->n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&c.head), b->fds, b->n * sizeof(int));
	return sendmsg(channel, &m, MSG_NOSIGNAL) >= 0;
}

/* What this process was started with, as NUL-ended words in an array: proc(5) has it as it was. */
static char **read_command(struct arena *a)
{
	VEC(char *) words = { 0 };
	char *text = arena_alloc(a, COMMAND_MAX, 1);
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, COMMAND_MAX) : -1;
	if (fd >= 0)
		close(fd);
	if (n <= 0 || n == COMMAND_MAX)
		return NULL;
	for (char *at = text; at < text + n; at += strlen(at) + 1)
		VEC_PUSH(a, &words, at);
	VEC_PUSH(a, &words, NULL);
	return words.v;
}

static char **environment(struct arena *a)
{
	VEC(char *) all = { 0 };
	for (char **e = environ; *e; e++)
		VEC_PUSH(a, &all, *e);
	VEC_PUSH(a, &all, (char *)str_z(a, str_fmt(a, VARIABLE "=%d", CHANNEL)));
	if (notify_address())
		VEC_PUSH(a, &all,
		         (char *)str_z(a, str_fmt(a, "NOTIFY_SOCKET=%s", notify_address())));
	VEC_PUSH(a, &all, NULL);
	return all.v;
}

/* With the signals of a program that a shell starts; the channel is its only descriptor above 2. */
static int spawn(char **argv, char **env, int channel, int *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, usual;
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, channel, CHANNEL);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &usual);
	int e = posix_spawnp(pid, argv[0], &files, &how, argv, env);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return e;
}

static int start_with(struct bequest *b, int mine, int theirs, int *pid)
{
	struct arena *a = arena_create(0, 0);
	char **argv = read_command(a);
	int e = 0;
	if (!send_all(mine, b))
		e = errno;
	else
		e = argv ? spawn(argv, environment(a), theirs, pid) : E2BIG;
	arena_destroy(&a);
	return e;
}

err successor_start(struct bequest *b, struct successor *s, const char **why)
{
	int ends[2];
	*s = (struct successor){ .pid = 0, .channel = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends)) {
		*why = strerrordesc_np(errno);
		return FAIL(ERR_IO);
	}
	int e = start_with(b, ends[0], ends[1], &s->pid);
	close(ends[1]);
	s->channel = ends[0];
	if (!e)
		return DONE;
	close(s->channel);
	s->channel = -1;
	*why = strerrordesc_np(e);
	return FAIL(ERR_IO);
}

struct end {
	int pid, status;
};

static void wait_for_end(void *arg)
{
	struct end *e = arg;
	while (waitpid(e->pid, &e->status, 0) < 0 && errno == EINTR)
		;
}

int successor_end(struct successor *s)
{
	struct end e = { .pid = s->pid };
	kill(s->pid, SIGKILL);
	if (offload(LANE_CPU, wait_for_end, &e).code)
		wait_for_end(&e); /* it is dead: this takes no time */
	close(s->channel);
	*s = (struct successor){ .pid = 0, .channel = -1 };
	return e.status;
}

/* ---- both ---- */

enum word channel_hear(int channel)
{
	char c;
	ssize_t n = recv(channel, &c, 1, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return WORD_NONE;
	return n == 1 && (c == WORD_READY || c == WORD_YOURS) ? (enum word)c : WORD_END;
}

/* Who has ended hears nothing: that is found out by listening. */
void channel_say(int channel, enum word w)
{
	char c = (char)w;
	(void)!send(channel, &c, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* ---- the successor ---- */

static size_t descriptors(struct msghdr *m, int *fds)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return 0;
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	return n;
}

static bool understand(struct arena *a, str text, const int *fds, size_t n, struct inheritance *in)
{
	str rest = text;
	size_t i = 0;
	if (!str_eq(str_cut(&rest, '\n'), S(FORM)))
		return false;
	while (i < n && rest.n) {
		str address = str_dup(a, str_cut(&rest, '\n')), name = str_cut(&address, ' ');
		if (str_eq(name, S("lock"))) {
			in->lock = fds[i++];
			continue;
		}
		in->sockets.v[in->sockets.n].name = name;
		in->sockets.v[in->sockets.n].address = address;
		in->sockets.v[in->sockets.n++].fd = fds[i++];
	}
	return i == n && !rest.n;
}

static bool receive(struct arena *a, struct inheritance *in)
{
	char text[TEXT_MAX];
	union control c;
	int fds[ACTIVATED_MAX];
	struct iovec bytes = { text, sizeof text };
	struct msghdr m = {
		.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c
	};
	ssize_t n = recvmsg(in->channel, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	return n > 0 && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
	       understand(a, str_from(text, (size_t)n), fds, descriptors(&m, fds), in);
}

err inheritance_read(struct diag *d, struct inheritance *in)
{
	const char *value = getenv(VARIABLE);
	uint64_t channel;
	*in = (struct inheritance){ .channel = -1 };
	if (!value)
		return DONE;
	bool named = str_to_u64(str_from_z(value), &channel) && channel < INT_MAX &&
	             fcntl((int)channel, F_SETFD, FD_CLOEXEC) == 0;
	unsetenv(VARIABLE);
	in->channel = named ? (int)channel : -1;
	if (named && receive(d->arena, in))
		return DONE;
	return diag_add(d, ERR_IO, 0,
	                VARIABLE ": what the server before hands over cannot be read");
}
