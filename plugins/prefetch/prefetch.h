/* Prefetch files (.pf) from memory: which program ran, when, how often, and
 * which files and folders it touched in its first seconds.
 *
 * Format: "Windows Prefetch File (PF) format" of libyal's libscca, versions 17 (XP,
 * 2003), 23 (Vista, 7), 26 (8, 2012), 30 (10) and 31 (11); packed ones ("MAM")
 * with the compression of [MS-XCA] 2.2.
 *
 * libscca 20200717 is not asked: it refuses version 31, tells no folders, and reads
 * outside of its memory when packed data is damaged. tests/interop/prefetch_corpus.py
 * compares with its sccainfo instead. */
#ifndef FSK_PLUGINS_PREFETCH_PREFETCH_H
#define FSK_PLUGINS_PREFETCH_PREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/time.h"

#define FSK_PF_RUNS 8

struct fsk_pf_list {
	char **at; /* UTF-8, "\uNNNN" for a lone surrogate */
	size_t count;
};

struct fsk_pf_volume {
	char *device; /* \DEVICE\HARDDISKVOLUME1, since Windows 10 \VOLUME{…} */
	fsk_time created;
	uint32_t serial; /* of the file system; its lower half on NTFS */
	struct fsk_pf_list folders;
	uint64_t *references; /* file numbers of NTFS, sequence in the upper 16 bits; 0: not told */
	size_t nreferences;
};

struct fsk_pf {
	uint32_t version;
	bool packed, boot; /* boot: of the start of Windows */
	char *executable;  /* file name, cut at 29 characters */
	uint32_t hash;
	bool has_run_count;
	uint32_t run_count;
	fsk_time runs[FSK_PF_RUNS]; /* the latest first */
	size_t nruns;
	struct fsk_pf_list files;
	const char *path; /* that of `files` which is the executable; NULL: not among them */
	bool path_hashed; /* and the hash is of this path */
	struct fsk_pf_volume *volumes;
	size_t nvolumes;
	struct fsk_buf damage; /* sentences, each ended by '\n' */
	/* private: what may still be kept */
	size_t names_left, references_left, text_left;
};

/* Reads `size` bytes at `data`, which are not kept. What contradicts itself is
 * told in `damage`, and the rest is read. FSK_ECORRUPT when it is no prefetch
 * file or nothing of it can be unpacked, FSK_EUNSUPPORTED for other versions
 * and packings, FSK_ELIMIT when it unpacks to more than FSK_PF_MAX, FSK_ENOMEM.
 * Release with fsk_pf_free, also after a failure. */
int fsk_pf_read(struct fsk_pf *out, const uint8_t *data, size_t size, struct fsk_err *err);
void fsk_pf_free(struct fsk_pf *pf);

/* The hash of the path of a program, in upper case and as UTF-16LE: what
 * "Calculating the prefetch hash" calls the function of XP for version 17, that of
 * Vista for the others (that of 2008 is the same sum, in another order). Of some
 * programs, which host others, Windows hashes the command line, too. */
uint32_t fsk_pf_hash(uint32_t version, const uint8_t *utf16, size_t size);

#endif
