// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has QEMU run a VM whose program verifies its memory (vm.c), in a memory cgroup that is
 * aged and reclaimed meanwhile, and prints one row: memory, accesses of the guest, pages
 * scanned, pages swapped in, in the time given.
 *
 * With HIGH, nothing is aged or reclaimed by hand. The VM's cgroup and that of a process
 * have a parent with that much memory.high, and the row says: memory, accesses of the
 * guest, pages scanned, accesses of the process, refaults of the VM, of the process; it
 * starts a second after that has been set.
 *
 * usage: vmm KIND SECONDS [HIGH]
 *	KIND	ram (anonymous), memfd (shared), or file (a private mapping of one)
 *
 * Exit status 1: a page was corrupted, or the VM did not run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VM_MIB		176
#define TESTED_MIB	96
#define PROCESS_MIB	64
#define CGROUPS		"/sys/fs/cgroup"
#define AGE_EVERY	0.2
#define RECLAIM_EVERY	1.0
#define RECLAIM		"8M"
#define SETTLE		1.0
#define REFAULT		"workingset_refault_anon"

/* What the row is about, up to now. */
struct counts {
	unsigned long accesses, process_accesses;
	long scanned, swapped_in, vm_refaults, process_refaults;
};

static pid_t qemu, process;
static volatile unsigned long *process_accesses;
/* Of this run alone: some kernels list the one of the last run after it is gone. */
static char cgroup[16], cgroup_file[64];

static const char *in_cgroup(const char *name)
{
	snprintf(cgroup_file, sizeof(cgroup_file), CGROUPS "%s/%s", cgroup, name);
	return cgroup_file;
}

static void fail(const char *what)
{
	printf("# %s\n", what);
	if (qemu > 0)
		kill(qemu, SIGKILL);
	if (process > 0)
		kill(process, SIGKILL);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* One number of memory.stat or /proc/vmstat. */
static long stat_of(const char *path, const char *key)
{
	FILE *file = fopen(path, "r");
	char name[64];
	long value;

	while (file && fscanf(file, "%63s %ld", name, &value) == 2) {
		if (!strcmp(name, key)) {
			fclose(file);
			return value;
		}
	}
	fail("a number is missing in memory.stat or /proc/vmstat");
	return 0;
}

static void take_counts(struct counts *counts, bool shared)
{
	counts->scanned = stat_of(in_cgroup("memory.stat"), "pgscan");
	counts->swapped_in = stat_of("/proc/vmstat", "pswpin");
	if (shared) {
		counts->process_accesses = *process_accesses;
		counts->vm_refaults = stat_of(in_cgroup("vm/memory.stat"), REFAULT);
		counts->process_refaults = stat_of(in_cgroup("process/memory.stat"), REFAULT);
	}
}

/* One forced aging pass of the cgroup, on each node. */
static void age(void)
{
	FILE *file = fopen("/sys/kernel/debug/lru_gen", "r");
	char line[256], path[128], command[64];
	unsigned long memcg = 0, seq = 0;
	bool here = false;
	int node = -1;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "memcg %lu %127s", &memcg, path) == 2) {
			if (here)
				break;
			here = !strcmp(path, cgroup);
		} else if (here && sscanf(line, " node %d", &node) != 1) {
			sscanf(line, "%lu", &seq);
		}
	}
	if (!file || node < 0)
		fail("lru_gen does not have the cgroup");
	fclose(file);
	snprintf(command, sizeof(command), "+ %lu %d %lu 200 1", memcg, node, seq);
	if (!write_file("/sys/kernel/debug/lru_gen", command) && errno != ERANGE)
		fail("an aging pass has failed");
}

/* Has this process enter a cgroup below that of this run, or that itself. */
static bool enter(const char *child)
{
	char self[16], procs[32];

	snprintf(self, sizeof(self), "%d", getpid());
	snprintf(procs, sizeof(procs), "%scgroup.procs", child);
	return write_file(in_cgroup(procs), self);
}

/* A process that accesses all of its memory once, and from then on a quarter of it. */
static void start_process(void)
{
	unsigned long nr_pages = PROCESS_MIB * 256, random = 88172645463325252, page;
	char *memory;

	process_accesses = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (process_accesses == MAP_FAILED)
		fail("no memory");
	process = fork();
	if (process)
		return;
	memory = mmap(NULL, nr_pages << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!enter("process/") || memory == MAP_FAILED)
		_exit(1);
	for (page = 0; page < nr_pages; page++)
		memory[page << 12] = page + 1;

	for (;;) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		page = (random >> 16) % (nr_pages / 4);
		if (memory[page << 12] != (char)(page + 1))
			_exit(1);
		++*process_accesses;
	}
}

static int start_qemu(const char *kind, const char *child)
{
	char memory[160], parameters[128];
	int out[2];

	if (!strcmp(kind, "file")) {
		int fd = open("/tmp/memory", O_RDWR | O_CREAT, 0600);

		if (fd < 0 || ftruncate(fd, (off_t)VM_MIB << 20))
			fail("no file for the memory");
		close(fd);
	}
	snprintf(memory, sizeof(memory), "memory-backend-%s,id=memory,size=%dM%s", kind, VM_MIB,
		 !strcmp(kind, "file") ? ",mem-path=/tmp/memory,share=off" :
		 !strcmp(kind, "memfd") ? ",share=on" : "");
	snprintf(parameters, sizeof(parameters),
		 "console=ttyS0 quiet panic=-1 no_timer_check mib=%d", TESTED_MIB);

	if (pipe(out))
		fail("no pipe");
	qemu = fork();
	if (!qemu) {
		if (!enter(child))
			_exit(1);
		dup2(out[1], 1);
		dup2(out[1], 2);
		execl("/usr/bin/qemu-system-x86_64", "qemu", "-machine", "q35,accel=kvm,memory-backend=memory",
		      "-cpu", "kvm64", "-m", "176M", "-object", memory, "-nodefaults", "-no-user-config",
		      "-display", "none", "-no-reboot", "-serial", "stdio", "-bios", "/usr/share/seabios/bios-256k.bin",
		      "-kernel", "/vm/kernel", "-initrd", "/vm/initrd", "-append", parameters, NULL);
		_exit(1);
	}
	close(out[1]);
	return out[0];
}

int main(int argc, char **argv)
{
	double seconds = argc >= 3 ? atof(argv[2]) : 0, start = 0, next_age = 0, next_reclaim = 0;
	const char *high = argc == 4 ? argv[3] : NULL;
	struct counts before = {}, after;
	unsigned long accesses = 0;
	bool counting = false;
	char text[4096];
	size_t len = 0;
	int console;

	if (seconds <= 0)
		fail("usage: vmm ram|memfd|file SECONDS [HIGH]");
	snprintf(cgroup, sizeof(cgroup), "/vm%d", getpid());
	if (mkdir(in_cgroup(""), 0755))
		fail("no cgroup");
	if (high && (!write_file(in_cgroup("cgroup.subtree_control"), "+memory") ||
		     mkdir(in_cgroup("vm"), 0755) || mkdir(in_cgroup("process"), 0755)))
		fail("no cgroups below that");
	console = start_qemu(argv[1], high ? "vm/" : "");

	while (!start || now() < start + seconds) {
		struct pollfd poll_fd = { .fd = console, .events = POLLIN };
		char *end;

		if (poll(&poll_fd, 1, 20) > 0) {
			ssize_t got = read(console, text + len, sizeof(text) - len - 1);

			if (got <= 0)
				fail("QEMU has ended");
			len += got;
			text[len] = '\0';
		}
		for (; (end = strchr(text, '\n')); len -= end + 1 - text, memmove(text, end + 1, len + 1)) {
			*end = '\0';
			if (!strncmp(text, "ready", 5)) {
				start = now();
				if (high) {
					start_process();
					/* Returns when so much has been reclaimed. */
					if (!write_file(in_cgroup("memory.high"), high))
						fail("memory.high cannot be set");
					start = now() + SETTLE;
				}
				next_age = next_reclaim = start;
			} else if (sscanf(text, "accesses %lu", &accesses) == 1) {
				continue;
			} else if (*text) {
				printf("# vm: %s\n", text);
			}
			if (!strncmp(text, "corrupt", 7))
				fail("a page has been corrupted");
		}
		if (len == sizeof(text) - 1)
			len = 0;
		if (start && !counting && now() >= start) {
			counting = true;
			take_counts(&before, high);
			before.accesses = accesses;
		}
		if (counting && !high && now() >= next_age) {
			age();
			next_age += AGE_EVERY;
		}
		/* Less than asked for is no error. */
		if (counting && !high && now() >= next_reclaim) {
			write_file(in_cgroup("memory.reclaim"), RECLAIM);
			next_reclaim += RECLAIM_EVERY;
		}
	}
	take_counts(&after, high);
	if (high) {
		if (waitpid(process, NULL, WNOHANG))
			fail("the process has ended: it had no memory, or a page was corrupted");
		kill(process, SIGKILL);
		waitpid(process, NULL, 0);
	}
	kill(qemu, SIGKILL);
	waitpid(qemu, NULL, 0);
	unlink("/tmp/memory");
	if (high) {
		rmdir(in_cgroup("vm"));
		rmdir(in_cgroup("process"));
	}
	rmdir(in_cgroup(""));
	if (!counting || accesses == before.accesses)
		fail("the guest has accessed nothing");
	printf("%s\t%s\t%ld\t%ld", high ? "shared" : "row", argv[1], accesses - before.accesses,
	       after.scanned - before.scanned);
	if (high)
		printf("\t%ld\t%ld\t%ld\n", after.process_accesses - before.process_accesses,
		       after.vm_refaults - before.vm_refaults,
		       after.process_refaults - before.process_refaults);
	else
		printf("\t%ld\n", after.swapped_in - before.swapped_in);
	return 0;
}
