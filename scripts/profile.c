// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU's TCG: counts the instructions that are executed from the
 * moment one of the functions start=ADDRESS is called until execution returns to
 * the function at [end=ADDRESS, size=LENGTH) that has called it, by address. Each
 * such window becomes lines "window address instructions" of out=FILE.
 *
 * Debian does not package qemu-plugin.h; this is the part of it that is needed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
enum { QEMU_PLUGIN_CB_NO_REGS };
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*cb)(unsigned int cpu, void *data),
					  int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

EXPORT int qemu_plugin_version = 1;

/* A translated block; QEMU may translate the same one again and again. */
struct block {
	struct block *next;
	uint64_t address;
	uint64_t length;
	uint64_t executed;
};

static struct block *blocks;
static uint64_t starts[8], end, size;
static unsigned int nr_starts, window;
static bool counting;
static FILE *out;

static void print_window(void)
{
	struct block *b;

	for (b = blocks; b; b = b->next) {
		if (b->executed)
			fprintf(out, "%u\t%" PRIx64 "\t%" PRIu64 "\n", window, b->address, b->executed * b->length);
		b->executed = 0;
	}
	fflush(out);
	window++;
}

static void execute(unsigned int cpu, void *data)
{
	struct block *b = data;
	unsigned int i;

	if (counting && b->address - end < size) {
		counting = false;
		print_window();
	}
	for (i = 0; i < nr_starts; i++)
		counting |= b->address == starts[i];
	b->executed += counting;
}

static void translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	struct block *b = calloc(1, sizeof(*b));

	b->address = qemu_plugin_tb_vaddr(tb);
	b->length = qemu_plugin_tb_n_insns(tb);
	b->next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, execute, QEMU_PLUGIN_CB_NO_REGS, b);
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "start=", 6) && nr_starts < 8)
			starts[nr_starts++] = strtoull(argv[i] + 6, NULL, 16);
		else if (!strncmp(argv[i], "end=", 4))
			end = strtoull(argv[i] + 4, NULL, 16);
		else if (!strncmp(argv[i], "size=", 5))
			size = strtoull(argv[i] + 5, NULL, 16);
		else if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
		else
			return -1;
	}
	if (!nr_starts || !size || !out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
