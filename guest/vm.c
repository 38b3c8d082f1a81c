// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the VM that vmm.c starts: fills memory, then accesses it for as long as the VM
 * lives, and verifies each page that it accesses. Says on the console "ready",
 * "accesses N" now and then, and "corrupt ..." if a page is not what it has been made.
 *
 * The kernel's command line names the size in MiB: mib=N. A quarter of the memory gets 15
 * of 16 accesses.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_WORDS	512
#define REPORT_EVERY	20000

int main(void)
{
	const char *mib = getenv("mib");
	uint64_t nr_pages = (uint64_t)atoi(mib ? mib : "0") * 256;
	uint32_t *nr_writes = calloc(nr_pages, sizeof(*nr_writes));
	uint64_t *memory, random = 88172645463325252, accesses = 0, i;

	setvbuf(stdout, NULL, _IOLBF, 256);
	memory = mmap(NULL, nr_pages << 12, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!nr_pages || !nr_writes || memory == MAP_FAILED) {
		printf("corrupt start: no memory\n");
		pause();
	}
	for (i = 0; i < nr_pages * PAGE_WORDS; i++)
		memory[i] = (i / PAGE_WORDS) << 32;

	printf("ready\n");
	for (;;) {
		uint64_t page, *words;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		page = (random >> 16) % (random % 16 ? nr_pages / 4 : nr_pages);
		words = memory + page * PAGE_WORDS;

		/* The first word says how often the page has been written. */
		for (i = 0; i < PAGE_WORDS; i += PAGE_WORDS / 8) {
			if (words[i] != (page << 32 | (i ? 0 : nr_writes[page]))) {
				printf("corrupt page %lu word %lu: %lx\n", page, i, words[i]);
				pause();
			}
		}
		if (random % 4 == 1)
			words[0] = page << 32 | ++nr_writes[page];

		if (!(++accesses % REPORT_EVERY))
			printf("accesses %lu\n", accesses);
	}
}
