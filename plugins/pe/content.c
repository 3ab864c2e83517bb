#include "plugins/pe/content.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "core/base/cursor.h"

#define PIECE FSK_FILE_PIECE

static const char *const names[FSK_PE_DIGESTS] = { "md5", "sha1", "sha256", "sha384", "sha512" };

unsigned fsk_pe_digest_named(const char *word)
{
	for (unsigned i = 0; i < FSK_PE_DIGESTS; i++)
		if (strcmp(names[i], word) == 0)
			return 1u << i;
	return 0;
}

const char *fsk_pe_digest_name(unsigned bit)
{
	for (unsigned i = 0; i < FSK_PE_DIGESTS; i++)
		if (bit == 1u << i)
			return names[i];
	return "";
}

/* --- digests of an image --- */

struct digests {
	EVP_MD_CTX *ctx[FSK_PE_DIGESTS];
};

static void digests_free(struct digests *d)
{
	for (unsigned i = 0; i < FSK_PE_DIGESTS; i++)
		EVP_MD_CTX_free(d->ctx[i]);
}

static int digests_new(struct digests *d, unsigned which, struct fsk_err *err)
{
	memset(d, 0, sizeof(*d));
	for (unsigned i = 0; i < FSK_PE_DIGESTS; i++) {
		if (!(which & 1u << i))
			continue;
		d->ctx[i] = EVP_MD_CTX_new();
		if (d->ctx[i] == NULL ||
		    EVP_DigestInit_ex(d->ctx[i], EVP_get_digestbyname(names[i]), NULL) != 1) {
			digests_free(d);
			return fsk_err_set(err, FSK_EUNSUPPORTED,
			                   "digest %s is switched off in OpenSSL", names[i]);
		}
	}
	return 0;
}

static void digests_add(struct digests *d, const void *p, size_t n)
{
	for (unsigned i = 0; i < FSK_PE_DIGESTS; i++)
		if (d->ctx[i] != NULL)
			EVP_DigestUpdate(d->ctx[i], p, n);
}

static void digests_end(struct fsk_pe_digest out[FSK_PE_DIGESTS], struct digests *d)
{
	for (unsigned i = 0; i < FSK_PE_DIGESTS; i++) {
		unsigned n = 0;

		if (d->ctx[i] != NULL && EVP_DigestFinal_ex(d->ctx[i], out[i].bytes, &n) == 1)
			out[i].size = n;
	}
}

/* --- what is left out --- */

struct range {
	uint64_t at, end;
};

enum { HOLES = 3 };

/* Ascending, as they are in any file whose table lies behind its headers. */
static void holes(struct range out[HOLES], const struct fsk_pe *pe)
{
	const struct fsk_pe_directory *d = &pe->directories[FSK_PE_CERTIFICATE];
	uint64_t entry = fsk_pe_directory_at(pe, FSK_PE_CERTIFICATE);

	memset(out, 0, HOLES * sizeof(*out));
	out[0] = (struct range){ pe->checksum_at, pe->checksum_at + 4 };
	if (pe->ndirectories <= FSK_PE_CERTIFICATE)
		return;
	out[1] = (struct range){ entry, entry + 8 };
	if (d->address != 0 && d->size != 0)
		out[2] = (struct range){ d->address, (uint64_t) d->address + d->size };
}

/* Adds what of the piece is in no hole. */
static void add_outside(struct digests *d, const struct range *hole, const uint8_t *p, size_t n,
                        uint64_t off)
{
	uint64_t at = off, end = off + n;

	for (int i = 0; i < HOLES && at < end; i++) {
		if (hole[i].end <= at || hole[i].at >= end)
			continue;
		if (hole[i].at > at)
			digests_add(d, p + (at - off), (size_t) (hole[i].at - at));
		at = hole[i].end;
	}
	if (at < end)
		digests_add(d, p + (at - off), (size_t) (end - at));
}

/* --- checksum --- */

/* A sum of 16-bit words with end-around carry does not mind how words are grouped:
 * 32 bits at a time give the same. Pieces but the last one are multiples of 4. */
static uint64_t add_words(uint64_t sum, const uint8_t *p, size_t n)
{
	uint8_t last[4] = { 0 };
	size_t whole = n - n % 4;

	for (size_t i = 0; i < whole; i += 4)
		sum += p[i] | (uint32_t) p[i + 1] << 8 | (uint32_t) p[i + 2] << 16 |
		       (uint32_t) p[i + 3] << 24;
	memcpy(last, p + whole, n - whole);
	return sum + (last[0] | (uint32_t) last[1] << 8 | (uint32_t) last[2] << 16 |
	              (uint32_t) last[3] << 24);
}

/* The four bytes of the checksum count as zero. */
static void blank(uint8_t *p, size_t n, uint64_t off, uint64_t at)
{
	for (uint64_t i = at; i < at + 4; i++)
		if (i >= off && i < off + n)
			p[i - off] = 0;
}

static uint32_t folded(uint64_t sum, uint64_t size)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t) (sum + size);
}

/* --- entropy --- */

typedef uint32_t histogram[256];

static void count(histogram *h, const struct fsk_pe *pe, const uint8_t *p, size_t n, uint64_t off)
{
	for (unsigned i = 0; i < pe->nsections; i++) {
		uint64_t from = pe->sections[i].offset, end = from + pe->sections[i].size;

		from = from > off ? from : off;
		end = end < off + n ? end : off + n;
		for (uint64_t at = from; at < end; at++)
			h[i][p[at - off]]++;
	}
}

static double entropy(const histogram h)
{
	uint64_t total = 0;
	double bits = 0;

	for (unsigned i = 0; i < 256; i++)
		total += h[i];
	if (total == 0)
		return -1;
	for (unsigned i = 0; i < 256; i++)
		if (h[i] > 0)
			bits -= (double) h[i] / (double) total *
			        log2((double) h[i] / (double) total);
	return bits > 0 ? bits : 0;
}

/* --- the reading --- */

struct reading {
	struct fsk_pe_content *out;
	const struct fsk_pe *pe;
	struct range holes[HOLES];
	struct digests image;
	struct fsk_digest *file;
	histogram *counts;
	uint64_t sum;
	uint8_t *piece;
};

static int take_piece(struct reading *r, size_t n, uint64_t off, struct fsk_err *err)
{
	if (r->file != NULL && fsk_digest_update(r->file, r->piece, n, err) < 0)
		return FSK_EIO;
	add_outside(&r->image, r->holes, r->piece, n, off);
	if (r->counts != NULL)
		count(r->counts, r->pe, r->piece, n, off);
	blank(r->piece, n, off, r->pe->checksum_at);
	r->sum = add_words(r->sum, r->piece, n);
	return 0;
}

/* Fills a piece, so that only the last one of a file is shorter. */
static int64_t fill(uint8_t *piece, size_t n, const struct fsk_pe *pe, uint64_t off,
                    struct fsk_err *err)
{
	const struct fsk_input *in = &pe->file->in;
	size_t got = 0;

	while (got < n) {
		int64_t more = in->read(in->arg, piece + got, n - got, off + got, &pe->file->bad,
		                        err);

		if (more < 0)
			return more;
		if (more == 0)
			break;
		got += (size_t) more;
	}
	return (int64_t) got;
}

/* No larger than the file: many programs are small. */
static size_t piece_size(const struct fsk_pe *pe)
{
	return pe->file->in.size < PIECE ? (size_t) pe->file->in.size + 1 : PIECE;
}

static int read_all(struct reading *r, struct fsk_err *err)
{
	const size_t size = piece_size(r->pe);
	uint64_t off = 0;
	int64_t n;
	int rc;

	do {
		n = fill(r->piece, size, r->pe, off, err);
		if (n < 0)
			return (int) n;
		rc = take_piece(r, (size_t) n, off, err);
		if (rc < 0)
			return rc;
		off += (uint64_t) n;
	} while (n == (int64_t) size);
	if (r->pe->file->bad)
		return fsk_err_set(err, FSK_EIO, "parts of the file cannot be read");
	r->out->checksum = folded(r->sum, off);
	return 0;
}

static int conclude(struct reading *r, struct fsk_err *err)
{
	digests_end(r->out->image, &r->image);
	for (unsigned i = 0; i < r->pe->nsections; i++)
		r->out->sections[i] = r->counts != NULL ? entropy(r->counts[i]) : -1;
	return r->file != NULL ? fsk_digest_final(&r->out->file, r->file, err) : 0;
}

int fsk_pe_content_read(struct fsk_pe_content *c, const struct fsk_pe *pe, struct fsk_err *err)
{
	struct reading r = { .out = c, .pe = pe };
	int rc = digests_new(&r.image, c->digests, err);

	if (rc < 0)
		return rc;
	holes(r.holes, pe);
	r.piece = malloc(piece_size(pe));
	if (c->entropy)
		r.counts = calloc(pe->nsections > 0 ? pe->nsections : 1, sizeof(*r.counts));
	if (r.piece == NULL || (c->entropy && r.counts == NULL))
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory to read a program");
	if (rc == 0 && c->file_digests)
		rc = fsk_digest_new(&r.file, FSK_DIGEST_ALL, err);
	if (rc == 0)
		rc = read_all(&r, err);
	if (rc == 0)
		rc = conclude(&r, err);
	fsk_digest_free(r.file);
	digests_free(&r.image);
	free(r.counts);
	free(r.piece);
	return rc;
}

/* --- section by section --- */

enum { RANGES = FSK_PE_SECTIONS_MAX + 2 };

static int by_offset(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* Headers, sections, and what is left behind as many bytes. Returns their number. */
static unsigned document(struct range out[RANGES], bool *same, const struct fsk_pe *pe)
{
	uint64_t size = pe->file->in.size, sum = pe->size_of_headers;
	const struct fsk_pe_directory *d = &pe->directories[FSK_PE_CERTIFICATE];
	uint64_t table = d->address != 0 ? d->size : 0;
	unsigned n = 1;

	out[0] = (struct range){ 0, pe->size_of_headers };
	for (unsigned i = 0; i < pe->nsections; i++)
		if (pe->sections[i].size > 0)
			out[n++] = (struct range){ pe->sections[i].offset,
				                   (uint64_t) pe->sections[i].offset +
				                       pe->sections[i].size };
	qsort(out + 1, n - 1, sizeof(*out), by_offset);
	*same = true;
	for (unsigned i = 1; i < n; i++) {
		sum += out[i].end - out[i].at;
		*same = *same && out[i].at == out[i - 1].end;
	}
	out[n] = (struct range){ sum, size > table ? size - table : 0 };
	*same = *same && (table == 0 || (uint64_t) d->address + table == size);
	return out[n].end > out[n].at ? n + 1 : n;
}

static int add_range(struct digests *d, const struct range *hole, struct range r, uint8_t *piece,
                     const struct fsk_pe *pe, struct fsk_err *err)
{
	const size_t size = piece_size(pe);

	while (r.at < r.end) {
		size_t want = r.end - r.at < size ? (size_t) (r.end - r.at) : size;
		int64_t got = fill(piece, want, pe, r.at, err);

		if (got < 0)
			return (int) got;
		if (got == 0)
			return 0;
		add_outside(d, hole, piece, (size_t) got, r.at);
		r.at += (uint64_t) got;
	}
	return 0;
}

int fsk_pe_content_by_sections(struct fsk_pe_digest *out, bool *same, unsigned digest,
                               const struct fsk_pe *pe, struct fsk_err *err)
{
	struct fsk_pe_digest all[FSK_PE_DIGESTS] = { 0 };
	struct range ranges[RANGES], hole[HOLES];
	unsigned n = document(ranges, same, pe);
	struct digests d;
	uint64_t sum = 0;
	uint8_t *piece;
	int rc;

	for (unsigned i = 0; i < n; i++)
		sum += ranges[i].end - ranges[i].at;
	if (*same)
		return 0;
	if (sum > 2 * pe->file->in.size)
		return fsk_err_set(err, FSK_ELIMIT, "sections overlap");
	rc = digests_new(&d, digest, err);
	if (rc < 0)
		return rc;
	holes(hole, pe);
	hole[2] = (struct range){ 0 };
	piece = malloc(piece_size(pe));
	if (piece == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory to read a program");
	for (unsigned i = 0; i < n && rc == 0; i++)
		rc = add_range(&d, hole, ranges[i], piece, pe, err);
	digests_end(all, &d);
	for (unsigned i = 0; i < FSK_PE_DIGESTS; i++)
		if (digest == 1u << i)
			*out = all[i];
	digests_free(&d);
	free(piece);
	return rc;
}
