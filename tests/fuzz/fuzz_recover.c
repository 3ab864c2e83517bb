/* Recover and verify over a torn archive: the header walker, the unpacker and the
 * journal parser. Input: length of the ZIP (32 bits, little endian; the top
 * bit says that there is no journal), the ZIP, the journal. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/archive/verify.h"
#include "core/base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_fdatasync(int fd);

#define NO_JOURNAL 0x80000000u

/* Nothing here is about crashes. */
int __wrap_fdatasync(int fd)
{
	(void) fd;
	return 0;
}

static void put(const char *path, const uint8_t *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, p, n) != (ssize_t) n)
		abort();
	close(fd);
}

static void require(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "fuzz_recover: %s\n", what);
		abort();
	}
}

/* What recover has finished, verify can read, and recover leaves alone. */
static void check(const char *path)
{
	struct fsk_recover_result r;
	struct fsk_verify_result v;
	struct fsk_err err = { 0 };
	int rc;

	fsk_archive_verify(&v, path, NULL, NULL, &err);
	rc = fsk_archive_recover(&r, path, &err);
	if (rc < 0) {
		require(err.msg[0] != '\0', "no message");
		return;
	}
	require(fsk_archive_verify(&v, path, NULL, NULL, &err) == 0, "verify cannot read it");
	rc = fsk_archive_recover(&r, path, &err);
	require(rc == 0 && r.already_complete, "not complete after recover");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char dir[64], zip[80], journal[100];
	struct fsk_cur c;
	uint32_t head;
	size_t n;

	fsk_cur_init(&c, data, size);
	head = fsk_cur_u32le(&c);
	if (c.failed)
		return 0;
	if (dir[0] == '\0') {
		snprintf(dir, sizeof(dir), "%s/fossick-fuzz.XXXXXX",
		         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		if (mkdtemp(dir) == NULL)
			abort();
		snprintf(zip, sizeof(zip), "%s/a.zip", dir);
		snprintf(journal, sizeof(journal), "%s.journal", zip);
	}
	n = head & ~NO_JOURNAL;
	n = n < fsk_cur_left(&c) ? n : fsk_cur_left(&c);
	put(zip, fsk_cur_bytes(&c, n), n);
	if (!(head & NO_JOURNAL))
		put(journal, data + c.pos, fsk_cur_left(&c));
	check(zip);
	unlink(zip);
	unlink(journal);
	snprintf(journal, sizeof(journal), "%s.journal.new", zip);
	unlink(journal);
	snprintf(journal, sizeof(journal), "%s.journal", zip);
	rmdir(dir);
	dir[0] = '\0';
	return 0;
}
