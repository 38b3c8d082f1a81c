// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the guest: runs the tests of /plan one after another and reports in
 * KTAP on a port that nothing else writes to, so that no console text can be
 * taken for a verdict: the virtio port named "ktap", or what the kernel's command
 * line names with ktap=ttyS1.
 *
 * A line of /plan: name, timeout in seconds, settings ("path=value ..."),
 * command; separated by tabs. The command "kunit SUITE" runs a suite of the
 * kernel's own unit tests, which become subtests. A line of /check: "path=value",
 * or a path that can be opened: what the machine must look like for the results
 * to mean anything.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_TESTS	128
#define MAX_SETTINGS	16
#define KSFT_SKIP	4

struct setting {
	char path[160];
	char value[96];
};

struct test {
	char *name;
	int timeout;
	char *settings;
	char *command;
};

/* What a test may leave changed behind it. */
static struct setting defaults[] = {
	{ .path = "/sys/kernel/mm/lru_gen/enabled" },
	{ .path = "/sys/kernel/mm/lru_gen/min_ttl_ms" },
	{ .path = "/sys/kernel/mm/transparent_hugepage/enabled" },
	{ .path = "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled" },
	{ .path = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages" },
	{ .path = "/sys/kernel/tracing/tracing_on" },
	{ .path = "/sys/kernel/tracing/events/enable" },
	{ .path = "/proc/sys/vm/swappiness" },
};

static FILE *ktap;
static char *plan_text;
static struct test tests[MAX_TESTS];
static int nr_tests;

static void power_off(void)
{
	sync();
	if (ktap) {
		fflush(ktap);
		tcdrain(fileno(ktap));
	}
	reboot(RB_POWER_OFF);
	pause();
}

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	FILE *out = ktap ? ktap : stderr;
	va_list args;

	fprintf(out, "Bail out! ");
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fprintf(out, "\n");
	power_off();
	_exit(1);
}

/* A note in the console log tells which test a warning belongs to. */
static void note(const char *what)
{
	int fd = open("/dev/kmsg", O_WRONLY);
	char line[256];

	/* Not with dprintf(), which wants to seek. */
	snprintf(line, sizeof(line), "init: %s\n", what);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		die("cannot write to the console's log: %s", strerror(errno));
	close(fd);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static bool write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
	close(fd);
	return ok;
}

/* First line; of "always [madvise] never" the choice in brackets. */
static bool read_file(const char *path, char *value, size_t size)
{
	char *begin, *end;
	int fd = open(path, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, value, size - 1);
	close(fd);
	if (len < 0)
		return false;
	value[len] = '\0';
	value[strcspn(value, "\n")] = '\0';
	begin = strchr(value, '[');
	end = strchr(value, ']');
	if (begin && end > begin) {
		*end = '\0';
		memmove(value, begin + 1, end - begin);
	}
	return true;
}

static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = 0;
	char *text = NULL;

	if (!file)
		die("the initramfs has no %s", path);
	if (getdelim(&text, &size, '\0', file) < 0)
		text = strdup("");
	fclose(file);
	return text;
}

static void mount_at(const char *type, const char *where, const char *options)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, options))
		die("cannot mount %s on %s: %s", type, where, strerror(errno));
}

static void mount_all(void)
{
	mount_at("proc", "/proc", NULL);
	mount_at("sysfs", "/sys", NULL);
	mount_at("devtmpfs", "/dev", NULL);
	mount_at("tmpfs", "/tmp", NULL);
	mount_at("tmpfs", "/dev/shm", NULL);
	mount_at("debugfs", "/sys/kernel/debug", NULL);
	mount_at("tracefs", "/sys/kernel/tracing", NULL);
	mount_at("cgroup2", "/sys/fs/cgroup", NULL);
	if (!write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory"))
		die("the memory controller cannot be delegated: %s", strerror(errno));
}

static FILE *open_virtio_port(const char *wanted)
{
	char path[300], name[32];
	struct dirent *port;
	FILE *file = NULL;
	DIR *dir = opendir("/sys/class/virtio-ports");

	while (dir && (port = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", port->d_name);
		if (!read_file(path, name, sizeof(name)) || strcmp(name, wanted))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", port->d_name);
		file = fopen(path, "w");
		break;
	}
	if (dir)
		closedir(dir);
	return file;
}

static FILE *open_serial_port(const char *name)
{
	struct termios line;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/dev/%s", name);
	file = fopen(path, "w");
	if (!file || tcgetattr(fileno(file), &line))
		die("the machine has no serial port %s", path);
	cfmakeraw(&line);
	cfsetspeed(&line, B115200);
	tcsetattr(fileno(file), TCSANOW, &line);
	return file;
}

static void open_ktap_port(void)
{
	/* The kernel puts parameters that it does not know into the environment. */
	const char *serial = getenv("ktap");

	ktap = serial ? open_serial_port(serial) : open_virtio_port("ktap");
	if (!ktap)
		die("the machine has no virtio port named ktap");
	setvbuf(ktap, NULL, _IOLBF, 4096);
}

/* Swap on compressed memory: half a gigabyte for the tests that reclaim. */
static void swap_on(void)
{
	static char header[65536];
	const int page_size = sysconf(_SC_PAGESIZE);
	unsigned int *info = (unsigned int *)(header + 1024);
	int fd;

	if (!write_file("/sys/block/zram0/disksize", "512M"))
		die("zram0 cannot be set up: %s", strerror(errno));
	info[0] = 1;				/* version */
	info[1] = (512 << 20) / page_size - 1;	/* last page */
	memcpy(header + page_size - 10, "SWAPSPACE2", 10);
	fd = open("/dev/zram0", O_WRONLY);
	if (fd < 0 || write(fd, header, page_size) != page_size)
		die("zram0 cannot be written: %s", strerror(errno));
	close(fd);
	if (swapon("/dev/zram0", 0))
		die("zram0 cannot be used for swap: %s", strerror(errno));
}

static void check_machine(void)
{
	char *line, *text = read_whole("/check"), *rest = text;
	char value[96];

	while ((line = strsep(&rest, "\n"))) {
		char *want = strchr(line, '=');

		if (!*line)
			continue;
		if (!want) {
			int fd = open(line, O_RDONLY);

			if (fd < 0)
				die("not the machine asked for: %s cannot be opened: %s", line, strerror(errno));
			close(fd);
			continue;
		}
		*want++ = '\0';
		if (!read_file(line, value, sizeof(value)))
			die("the machine has no %s", line);
		if (strcmp(value, want))
			die("not the machine asked for: %s is %s, not %s", line, value, want);
	}
	free(text);
}

static void read_plan(void)
{
	char *line, *rest = plan_text = read_whole("/plan");

	while ((line = strsep(&rest, "\n"))) {
		struct test *test = &tests[nr_tests];

		if (!*line)
			continue;
		if (nr_tests == MAX_TESTS)
			die("/plan has more than %d tests", MAX_TESTS);
		test->name = strsep(&line, "\t");
		test->timeout = atoi(strsep(&line, "\t") ?: "");
		test->settings = strsep(&line, "\t");
		test->command = line;
		if (!test->command || test->timeout <= 0)
			die("/plan: test %s has no command or no timeout", test->name);
		nr_tests++;
	}
}

static void save_defaults(void)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
		read_file(defaults[i].path, defaults[i].value, sizeof(defaults[i].value));
}

static void restore(const struct setting *settings, int count)
{
	char value[96];

	while (count--) {
		const struct setting *s = &settings[count];

		if (!*s->value || !read_file(s->path, value, sizeof(value)) || !strcmp(value, s->value))
			continue;
		if (!write_file(s->path, s->value))
			fprintf(ktap, "# %s stays %s: %s\n", s->path, value, strerror(errno));
	}
}

/* Returns how many settings were made, those in @old being what was before. */
static int apply_settings(char *text, struct setting *old, bool *ok)
{
	char *one;
	int count = 0;

	*ok = true;
	while ((one = strsep(&text, " "))) {
		char *value = strchr(one, '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (count < MAX_SETTINGS &&
		    read_file(one, old[count].value, sizeof(old[count].value))) {
			snprintf(old[count].path, sizeof(old[count].path), "%s", one);
			count++;
		}
		if (!write_file(one, value)) {
			fprintf(ktap, "# cannot set %s to %s: %s\n", one, value, strerror(errno));
			*ok = false;
		}
	}
	return count;
}

static bool is_kunit(const char *command)
{
	return !strncmp(command, "kunit ", strlen("kunit "));
}

/*
 * The kernel keeps the results as KTAP with a single test, the suite. Only what
 * is below it is written, as subtests of the test of the plan. Returns the exit
 * status.
 */
static int run_kunit(const char *suite)
{
	char path[160], *line = NULL;
	int status = -1;
	size_t size = 0;
	FILE *results;

	/* A suite that runs at boot only has no such file. */
	snprintf(path, sizeof(path), "/sys/kernel/debug/kunit/%s/run", suite);
	if (!write_file(path, "1") && errno != ENOENT) {
		printf("# cannot run the KUnit suite %s: %s\n", suite, strerror(errno));
		return 1;
	}
	snprintf(path, sizeof(path), "/sys/kernel/debug/kunit/%s/results", suite);
	results = fopen(path, "r");
	while (results && getline(&line, &size, results) > 0) {
		if (*line == ' ')
			fputs(line, stdout);
		else if (!strncmp(line, "not ok ", 7))
			status = 1;
		else if (!strncmp(line, "ok ", 3))
			status = strstr(line, "# SKIP") ? KSFT_SKIP : 0;
	}
	if (status < 0)
		printf("# %s has no verdict\n", path);
	return status < 0 ? 1 : status;
}

static void exec_command(char *command, int out)
{
	char *argv[64], *word;
	int argc = 0;

	setsid();
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (is_kunit(command))
		exit(run_kunit(command + strlen("kunit ")));
	while ((word = strsep(&command, " ")) && argc < 63)
		if (*word)
			argv[argc++] = word;
	argv[argc] = NULL;
	if (chdir("/tests"))
		_exit(127);
	execv(argv[0], argv);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/*
 * Copies the program's output to the port, as diagnostics with a @prefix, until
 * the program has ended or its time is up. @skip gets the reason of the last skip.
 */
static bool copy_output(int fd, const char *prefix, pid_t pid, double deadline,
			int *status, char *skip, size_t size)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char line[1024], buf[4096], *reason;
	bool ended = false;
	size_t used = 0;
	ssize_t len = 1;

	while (len > 0) {
		/* A child that outlives the program must not keep it waiting. */
		if (!ended && waitpid(pid, status, WNOHANG) == pid)
			ended = true;
		if (!ended && now() > deadline)
			return false;
		if (poll(&poll_fd, 1, 50) == 0) {
			if (ended)
				break;
			continue;
		}
		len = read(fd, buf, sizeof(buf));
		for (ssize_t i = 0; i < len; i++) {
			if (buf[i] != '\n') {
				/* The end of a line that is too long is lost. */
				if (used < sizeof(line) - 1)
					line[used++] = buf[i];
				continue;
			}
			line[used] = '\0';
			used = 0;
			fprintf(ktap, "%s%s\n", prefix, line);
			reason = strstr(line, "SKIP");
			if (reason) {
				reason += strlen("SKIP");
				reason += strspn(reason, " -:");
				snprintf(skip, size, "%.*s", (int)size - 1, reason);
			}
		}
	}
	if (used)
		fprintf(ktap, "# %.*s\n", (int)used, line);
	while (!ended) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		if (now() > deadline)
			return false;
		usleep(1000);
	}
	return true;
}

static void run_test(int number, struct test *test)
{
	struct setting old[MAX_SETTINGS];
	char skip[160] = "", verdict[256];
	double start = now();
	int fds[2], status = 0, count;
	bool ok, in_time;
	pid_t pid;

	note(test->name);
	count = apply_settings(test->settings, old, &ok);
	if (!ok) {
		snprintf(verdict, sizeof(verdict), "not ok %d %s # its settings were refused", number, test->name);
		goto out;
	}

	if (pipe2(fds, O_CLOEXEC))
		die("no pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("no process: %s", strerror(errno));
	if (!pid)
		exec_command(test->command, fds[1]);
	close(fds[1]);
	in_time = copy_output(fds[0], is_kunit(test->command) ? "" : "# ", pid,
			      start + test->timeout, &status, skip, sizeof(skip));
	close(fds[0]);

	if (!in_time)
		snprintf(verdict, sizeof(verdict), "not ok %d %s # TIMEOUT after %d s", number, test->name, test->timeout);
	else if (WIFSIGNALED(status))
		snprintf(verdict, sizeof(verdict), "not ok %d %s # killed by signal %d (%s)", number, test->name,
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == KSFT_SKIP)
		snprintf(verdict, sizeof(verdict), "ok %d %s # SKIP %s", number, test->name, *skip ? skip : "no reason given");
	else if (WEXITSTATUS(status))
		snprintf(verdict, sizeof(verdict), "not ok %d %s # exit %d", number, test->name, WEXITSTATUS(status));
	else
		snprintf(verdict, sizeof(verdict), "ok %d %s", number, test->name);

	/* Whatever the test has left behind. */
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
out:
	restore(old, count);
	restore(defaults, sizeof(defaults) / sizeof(*defaults));
	fprintf(ktap, "# %s took %.1f s\n%s\n", test->name, now() - start, verdict);
}

/*
 * Has kmemleak, if there is one, say on the console what nobody refers to. It
 * takes two looks, and leaves alone what is younger than five seconds.
 */
static void look_for_leaks(void)
{
	const char *kmemleak = "/sys/kernel/debug/kmemleak";
	char line[256];
	FILE *leaks;

	if (access(kmemleak, W_OK))
		return;
	sleep(6);
	for (int i = 0; i < 2; i++)
		if (!write_file(kmemleak, "scan"))
			die("kmemleak does not scan: %s", strerror(errno));
	leaks = fopen(kmemleak, "r");
	while (leaks && fgets(line, sizeof(line), leaks))
		fprintf(ktap, "# %s", line);
	if (leaks)
		fclose(leaks);
}

static void shell(void)
{
	char *const install[] = { "/bin/busybox", "--install", "-s", "/bin", NULL };
	char *const argv[] = { "sh", NULL };
	char *const envp[] = { "PATH=/bin:/tests", "HOME=/tests", "TERM=vt100", "PS1=guest:\\w# ", NULL };

	if (!fork()) {
		execv(install[0], install);
		_exit(127);
	}
	wait(NULL);
	if (!fork()) {
		int fd;

		setsid();
		fd = open("/dev/ttyS0", O_RDWR);
		ioctl(fd, TIOCSCTTY, 1);
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		if (!chdir("/tests"))
			execve("/bin/sh", argv, envp);
		_exit(127);
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

int main(int argc, char **argv)
{
	mount_all();
	if (argc > 1 && !strcmp(argv[1], "shell")) {
		swap_on();
		shell();
		power_off();
	}
	open_ktap_port();
	swap_on();
	check_machine();
	read_plan();
	save_defaults();

	fprintf(ktap, "KTAP version 1\n1..%d\n", nr_tests);
	for (int i = 0; i < nr_tests; i++)
		run_test(i + 1, &tests[i]);
	look_for_leaks();
	note("all tests have run");
	power_off();
}
