/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the person at the terminal, for a while.
 * The terminal echoes again whatever happens: in time, late, or by a signal.
 * Source: termios(3); oauth2-service reference, 5.5 (30 and 90 seconds). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/access_inside.h"

enum { LINE_MAX_BYTES = 4096 };

static volatile sig_atomic_t signaled;
static const int signals[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP };
enum { SIGNALS = sizeof signals / sizeof *signals };

static void remember(int number) { signaled = number; }

/* Signals come only where the wait lets them in, so that none is missed between two waits. */
struct watch {
	struct sigaction before[SIGNALS], before_stop;
	sigset_t mask;
	struct termios tty;
	bool quiet; /* echo is off */
};

static void watch_begin(struct watch *w, bool hidden)
{
	struct sigaction to = { .sa_handler = remember };
	sigset_t held;
	signaled = 0;
	sigemptyset(&held);
	for (int i = 0; i < SIGNALS; i++)
		sigaddset(&held, signals[i]);
	pthread_sigmask(SIG_BLOCK, &held, &w->mask);
	for (int i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &w->before[i]);
		if (w->before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &to, NULL);
	}
	w->quiet = hidden && tcgetattr(STDIN_FILENO, &w->tty) == 0;
	if (!w->quiet)
		return;
	/* Stopped here and continued, the terminal would show what is typed. */
	sigaction(SIGTSTP, &(struct sigaction){ .sa_handler = SIG_IGN }, &w->before_stop);
	struct termios t = w->tty;
	t.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &t);
}

static void watch_end(struct watch *w)
{
	if (w->quiet) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &w->tty);
		fputc('\n', stderr);
		sigaction(SIGTSTP, &w->before_stop, NULL);
	}
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &w->before[i], NULL);
	if (signaled)
		raise(signaled); /* as if it had never been held back */
	pthread_sigmask(SIG_SETMASK, &w->mask, NULL);
}

/* Waits for the next byte; false at the end of the input, of the time, or at a signal. */
static bool byte_read(const struct watch *w, deadline until, char *c)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	for (;;) {
		int64_t left = deadline_left_ms(until);
		struct timespec t = { left / 1000, left % 1000 * 1000000 };
		int n = left ? ppoll(&p, 1, &t, &w->mask) : 0;
		if (n < 0 && errno == EINTR && !signaled)
			continue;
		return n > 0 && read(STDIN_FILENO, c, 1) == 1;
	}
}

/* Byte by byte: what follows the line belongs to whoever reads next (acurl's curl). */
str access_ask(struct access *x, const char *prompt, int seconds, bool hidden)
{
	struct watch w;
	deadline until = deadline_in(seconds * 1000L);
	char line[LINE_MAX_BYTES];
	size_t n = 0;
	watch_begin(&w,
	            hidden); /* before the prompt: what answers it at once is not shown either */
	fputs(prompt, stderr);
	fflush(stderr);
	for (char c; n < sizeof line && byte_read(&w, until, &c) && c != '\n';)
		line[n++] = c;
	bool late = deadline_passed(until);
	watch_end(&w);
	str got = late ? S("") : str_dup(x->arena, str_from(line, n));
	wipe(line, sizeof line);
	if (late && !hidden)
		fputc('\n', stderr);
	if (str_ends(got, S("\r")))
		got.n--;
	return hidden ? got : str_trim(got);
}
