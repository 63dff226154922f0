/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The SMSC of tegata-handset (handset-sim/smsc.h), for phones that somebody else
 * plays, and told while it runs how to misbehave.
 *
 *   smsc --listen ADDRESS --control PATH --record FILE --first-id N
 *
 * Says "listening ADDRESS" first.  Each datagram to the Unix socket PATH is a command:
 *
 *   send NO FROM TEXT      a phone texts the service
 *   faults [LIST]          as tegata-handset --sms-faults, from now on
 *   cut                    every connection is closed, as a crash would
 *
 * FILE is added to, a line a thing, fields parted by tabs; in texts \n, \t and \\
 * stand for themselves, times are microseconds since 1970:
 *
 *   T TIME ID TO TEXT      the phone TO has read this, by this message id
 *   D TIME NO STATUS       the manager's answer to the text of this number
 *
 * T is in the kernel's hands before the manager is answered, so that the death of
 * this program loses none.  Message ids count up from N.  It ends with who started it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/logging.h>
#include <osmocom/core/select.h>
#include <osmocom/core/utils.h>

#include "handset-sim/smsc_faults.h"
#include "handset-sim/smsc_private.h"
#include "lib/log_category.h"

#define SERVICE "188"
#define COMMAND_SIZE 2048
#define LINE_SIZE (2 * SMS_TEXT_SIZE + 128)

static struct smsc *smsc;
static int record = -1;

/* --- the record ------------------------------------------------------------- */

static void escape(char *out, size_t size, const char *text)
{
	static const char *const special = "\\\n\t", *const letters = "\\nt";
	size_t n = 0;

	for (; *text && n + 2 < size; text++) {
		const char *found = strchr(special, *text);

		if (found)
			out[n++] = '\\';
		out[n++] = found ? letters[found - special] : *text;
	}
	out[n] = '\0';
}

/* A test that cannot write down what happened proves nothing. */
static void __attribute__((format(printf, 1, 2))) record_add(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line) || write(record, line, n) != n) {
		perror("smsc: record");
		exit(1);
	}
}

static int64_t wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* --- phones ------------------------------------------------------------------- */

static bool on_text(void *data, const char *to, const char *from, const char *utf8)
{
	char text[2 * SMS_TEXT_SIZE];

	escape(text, sizeof(text), utf8);
	record_add("T\t%" PRId64 "\t%08X\t%s\t%s\n", wall_us(), smsc->last_id, to, text);
	return true;
}

static void on_sent(void *data, int64_t status)
{
	record_add("D\t%" PRId64 "\t%ju\t%" PRId64 "\n", wall_us(), (uintmax_t)(uintptr_t)data,
		   status);
}

static const struct smsc_handler handler = { .text = on_text };

/* --- commands ------------------------------------------------------------------- */

static void do_send(char *words)
{
	char *save = NULL;
	const char *no = strtok_r(words, " ", &save), *from = strtok_r(NULL, " ", &save);
	const char *text = strtok_r(NULL, "", &save);
	uintptr_t number = no ? strtoul(no, NULL, 10) : 0;
	int rc = text ? smsc_send(smsc, from, SERVICE, text, on_sent, (void *)number) : -EINVAL;

	if (rc < 0)
		on_sent((void *)number, rc);
}

static void do_faults(const char *text)
{
	struct smsc_faults faults;

	if (smsc_faults_parse(&faults, text) < 0) {
		fprintf(stderr, "smsc: no such faults: %s\n", text);
		exit(2);
	}
	*smsc_faults(smsc) = faults;
}

static int on_command(struct osmo_fd *fd, unsigned int what)
{
	char command[COMMAND_SIZE];
	ssize_t n = recv(fd->fd, command, sizeof(command) - 1, 0);

	if (n < 0)
		return 0;
	command[n] = '\0';
	if (strncmp(command, "send ", 5) == 0)
		do_send(command + 5);
	else if (strncmp(command, "faults ", 7) == 0)
		do_faults(command + 7);
	else if (strcmp(command, "cut") == 0)
		smsc_cut(smsc);
	else
		fprintf(stderr, "smsc: no such command: %s\n", command);
	return 0;
}

static int control_listen(const char *path)
{
	static struct osmo_fd fd;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (s < 0 || OSMO_STRLCPY_ARRAY(sun.sun_path, path) >= sizeof(sun.sun_path))
		return -1;
	unlink(path);
	if (bind(s, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return -1;
	osmo_fd_setup(&fd, s, OSMO_FD_READ, on_command, NULL, 0);
	return osmo_fd_register(&fd);
}

/* --- life ------------------------------------------------------------------------- */

static int usage(void)
{
	fprintf(stderr, "usage: smsc --listen ADDRESS --control PATH --record FILE --first-id N\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "control", required_argument, NULL, 'c' },
		{ "record", required_argument, NULL, 'r' },
		{ "first-id", required_argument, NULL, 'i' },
		{ 0 },
	};
	struct smsc_config config = { 0 };
	const char *control = NULL;
	uint32_t first_id = 0;
	int c, error = 0;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'l')
			config.address = optarg;
		else if (c == 'c')
			control = optarg;
		else if (c == 'r')
			record = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		else if (c == 'i')
			first_id = strtoul(optarg, NULL, 10);
		else
			return usage();
	}
	if (!config.address || !control || record < 0)
		return usage();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (log_init(&tegata_log_info, NULL) < 0)
		return 1;
	smsc = smsc_open(NULL, &config, &handler, NULL, &error);
	if (!smsc || control_listen(control) < 0) {
		fprintf(stderr, "smsc: %s: %s\n", config.address, strerror(smsc ? errno : -error));
		return 1;
	}
	smsc->last_id = first_id;
	printf("listening %s\n", smsc_address(smsc));
	fflush(stdout);
	for (;;)
		osmo_select_main_ctx(0);
}
