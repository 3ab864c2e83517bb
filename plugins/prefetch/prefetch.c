#include "plugins/prefetch/prefetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "plugins/prefetch/mam.h"

#define HEADER 84u /* bytes; the file information follows */
#define NAME_CHARACTERS 29u
#define BOOT 1u
#define VARIANT_1 304u /* where the metrics begin tells the variant of version 30 */
#define VARIANT_2 296u
#define DAMAGE_MAX 2048
#define HARD_DISK_VOLUMES 64 /* numbers that are tried */

/* What differs between the versions; places are counted from the start. */
struct layout {
	uint32_t version, metrics; /* 0: any */
	unsigned runs_at, nruns, count_at;
	unsigned volume; /* bytes of the entry of one */
};

static const struct layout layouts[] = {
	{ 17, 0, HEADER + 36, 1, HEADER + 60, 40 },
	{ 23, 0, HEADER + 44, 1, HEADER + 68, 104 },
	{ 26, 0, HEADER + 44, 8, HEADER + 124, 104 },
	{ 30, VARIANT_1, HEADER + 44, 8, HEADER + 124, 96 },
	{ 30, VARIANT_2, HEADER + 44, 8, HEADER + 116, 96 },
	{ 31, VARIANT_1, HEADER + 44, 8, HEADER + 124, 96 },
	{ 31, VARIANT_2, HEADER + 44, 8, HEADER + 116, 96 },
	{ 30, 0, HEADER + 44, 8, 0, 96 },
	{ 31, 0, HEADER + 44, 8, 0, 96 },
};

struct reading {
	struct fsk_pf *out;
	const struct layout *layout;
	struct fsk_cur c; /* of the unpacked file */
	struct fsk_err *err;
};

static void damaged(struct reading *r, const char *what)
{
	struct fsk_buf *b = &r->out->damage;
	size_t len = b->len;

	if (fsk_buf_append_str(b, what, NULL) < 0 || fsk_buf_append_u8(b, '\n', NULL) < 0)
		b->len = len;
}

static int no_memory(struct reading *r)
{
	return fsk_err_set(r->err, FSK_ENOMEM, "no memory for a prefetch file");
}

/* --- names --- */

/* UTF-16 as a string of its own. NULL and 0 when no more may be kept. */
static int take_name(char **out, struct reading *r, const uint8_t *p, size_t n)
{
	struct fsk_pf *pf = r->out;
	struct fsk_buf b;
	int rc;

	*out = NULL;
	if (pf->names_left == 0 || pf->text_left < n * 3 + 1)
		return 0;
	fsk_buf_init(&b, pf->text_left);
	rc = fsk_text_append_utf16le(&b, p, n, false, r->err);
	if (rc == 0) {
		pf->names_left--;
		pf->text_left -= b.len + 1;
		*out = fsk_buf_steal_str(&b, r->err);
		rc = *out == NULL ? FSK_ENOMEM : 0;
	}
	fsk_buf_free(&b);
	return rc;
}

/* Takes over `name`. Grows by doubling. */
static int add_name(struct fsk_pf_list *list, struct reading *r, char *name)
{
	char **grown = list->at;

	if ((list->count & (list->count - 1)) == 0)
		grown = realloc(list->at,
		                (list->count == 0 ? 1 : list->count * 2) * sizeof(*grown));
	if (grown == NULL) {
		free(name);
		return no_memory(r);
	}
	list->at = grown;
	list->at[list->count++] = name;
	return 0;
}

/* Bytes of UTF-16 up to its NUL, or all. */
static size_t utf16_length(const uint8_t *p, size_t n)
{
	size_t i = 0;

	n &= ~(size_t) 1;
	while (i < n && (p[i] != 0 || p[i + 1] != 0))
		i += 2;
	return i;
}

/* --- which of the files is the program --- */

uint32_t fsk_pf_hash(uint32_t version, const uint8_t *utf16, size_t size)
{
	uint32_t h = version == 17 ? 0 : 314159;

	for (size_t i = 0; i < size; i++)
		h = h * 37 + utf16[i];
	if (version != 17)
		return h;
	h *= 314159269u;
	return (h > 0x80000000u ? 0u - h : h) % 1000000007u;
}

/* "\VOLUME{…}" stands for a "\DEVICE\HARDDISKVOLUME1", whose number is not told. */
static bool hash_fits_a_volume(const struct fsk_pf *pf, const char *name, const uint8_t *p,
                               size_t n)
{
	const char *end = strncmp(name, "\\VOLUME{", 8) == 0 ? strchr(name, '}') : NULL;
	size_t from = end != NULL ? (size_t) (end + 1 - name) * 2 : 0;
	uint8_t path[64 + FSK_NAME_MAX * 2];

	if (end == NULL || from > n || n - from > FSK_NAME_MAX * 2)
		return false;
	for (int i = 1; i <= HARD_DISK_VOLUMES; i++) {
		char device[32];
		size_t len = (size_t) snprintf(device, sizeof(device), "\\DEVICE\\HARDDISKVOLUME%d",
		                               i);

		for (size_t k = 0; k < len; k++) {
			path[k * 2] = (uint8_t) device[k];
			path[k * 2 + 1] = 0;
		}
		memcpy(path + len * 2, p + from, n - from);
		if (fsk_pf_hash(pf->version, path, len * 2 + n - from) == pf->hash)
			return true;
	}
	return false;
}

static bool is_named_so(const struct fsk_pf *pf, const char *name)
{
	const char *base = strrchr(name, '\\');
	size_t len = strlen(pf->executable);

	base = base != NULL ? base + 1 : name;
	if (len >= NAME_CHARACTERS) /* cut */
		return strncmp(base, pf->executable, len) == 0;
	return len > 0 && strcmp(base, pf->executable) == 0;
}

/* Is this file the program? One whose hash fits beats the others, of which
 * one alone may be it. */
static void consider(struct fsk_pf *pf, bool *several, const char *name, const uint8_t *p, size_t n)
{
	if (pf->path_hashed || !is_named_so(pf, name))
		return;
	pf->path_hashed = fsk_pf_hash(pf->version, p, n) == pf->hash ||
	                  hash_fits_a_volume(pf, name, p, n);
	*several = pf->path != NULL && !pf->path_hashed;
	pf->path = name;
}

/* `size` bytes at `at`; false, with `what` told, when only some are there. */
static bool section(struct fsk_cur *out, struct reading *r, uint32_t at, size_t size,
                    const char *what)
{
	struct fsk_cur c = r->c;

	bool whole;

	fsk_cur_seek(&c, at);
	whole = !c.failed && size <= fsk_cur_left(&c);
	if (!whole) {
		damaged(r, what);
		size = c.failed ? 0 : fsk_cur_left(&c);
	}
	fsk_cur_init(out, c.data + c.pos, size);
	return whole;
}

/* "Filename strings". When their size is wrong, they end where the volumes begin. */
static int read_files(struct reading *r, uint32_t at, uint32_t size, uint32_t volumes)
{
	struct fsk_cur c;
	bool several = false;
	int rc = 0;

	if (!section(&c, r, at, size, "the names of files lie outside of the file") &&
	    volumes > at && volumes - at < c.len)
		c.len = volumes - at;
	for (size_t i = 0, n; i + 1 < c.len && rc == 0; i += n + 2) {
		const uint8_t *p = c.data + i;
		char *name;

		n = utf16_length(p, c.len - i);
		if (n == 0) /* padding */
			continue;
		rc = take_name(&name, r, p, n);
		if (rc == 0 && name == NULL) {
			damaged(r, "more names of files than can be kept");
			break;
		}
		if (rc == 0)
			rc = add_name(&r->out->files, r, name);
		if (rc == 0)
			consider(r->out, &several, name, p, n);
	}
	if (several && !r->out->path_hashed)
		r->out->path = NULL;
	return rc;
}

/* --- volumes --- */

/* "Directory strings": a length before each. `c` is at the first. */
static int read_folders(struct fsk_pf_volume *v, struct reading *r, struct fsk_cur *c,
                        uint32_t count)
{
	int rc = 0;

	for (uint32_t i = 0; i < count && rc == 0; i++) {
		size_t n = (size_t) fsk_cur_u16le(c) * 2;
		const uint8_t *p = fsk_cur_bytes(c, n);
		char *name;

		fsk_cur_skip(c, 2);
		if (c->failed || p == NULL) {
			damaged(r, "the names of folders lie outside of the file");
			return 0;
		}
		rc = take_name(&name, r, p, n);
		if (rc == 0 && name == NULL) {
			damaged(r, "more names of folders than can be kept");
			return 0;
		}
		if (rc == 0)
			rc = add_name(&v->folders, r, name);
	}
	return rc;
}

/* "File references": a number, their count, and the array. The first of it is
 * counted, but was never seen to be a reference. */
static int read_references(struct fsk_pf_volume *v, struct reading *r, struct fsk_cur *c,
                           size_t size)
{
	size_t count, room;

	fsk_cur_skip(c, 4);
	count = fsk_cur_u32le(c);
	room = size >= 8 && !c->failed ? (size - 8) / 8 : 0;
	if (count == 0 || size == 0)
		return 0;
	if (count > room || count > fsk_cur_left(c) / 8 || count > r->out->references_left) {
		damaged(r, "more references to files than there is room for");
		return 0;
	}
	v->references = malloc(count * sizeof(*v->references));
	if (v->references == NULL)
		return no_memory(r);
	r->out->references_left -= count;
	while (v->nreferences < count)
		v->references[v->nreferences++] = fsk_cur_u64le(c);
	return 0;
}

/* "Volume information entry": `area` is the whole information, `c` is at the
 * entry. */
static int read_volume(struct fsk_pf_volume *v, struct reading *r, const struct fsk_cur *area,
                       struct fsk_cur *c)
{
	uint32_t device, characters, references, references_size, folders, nfolders;
	struct fsk_cur at = *area;
	const uint8_t *p;
	int rc;

	device = fsk_cur_u32le(c);
	characters = fsk_cur_u32le(c);
	v->created = fsk_time_from_filetime(fsk_cur_u64le(c));
	v->serial = fsk_cur_u32le(c);
	references = fsk_cur_u32le(c);
	references_size = fsk_cur_u32le(c);
	folders = fsk_cur_u32le(c);
	nfolders = fsk_cur_u32le(c);
	fsk_cur_seek(&at, device);
	p = characters <= FSK_PATH_MAX ? fsk_cur_bytes(&at, (size_t) characters * 2) : NULL;
	if (p == NULL)
		damaged(r, "the name of a volume lies outside of the file");
	rc = p != NULL ? take_name(&v->device, r, p, (size_t) characters * 2) : 0;
	if (rc == 0 && references_size > 0) {
		at = *area;
		fsk_cur_seek(&at, references);
		rc = read_references(v, r, &at, references_size);
	}
	if (rc == 0 && nfolders > 0) {
		at = *area;
		fsk_cur_seek(&at, folders);
		rc = read_folders(v, r, &at, nfolders);
	}
	return rc;
}

static int read_volumes(struct reading *r, uint32_t at, uint32_t count, uint32_t size)
{
	struct fsk_cur area, c;
	int rc = 0;

	if (count == 0)
		return 0;
	if (!section(&area, r, at, size, "the volumes lie outside of the file") && area.len == 0)
		return 0;
	if (count > FSK_PF_VOLUMES_MAX || count > area.len / r->layout->volume) {
		damaged(r, "more volumes than there is room for");
		return 0;
	}
	r->out->volumes = calloc(count, sizeof(*r->out->volumes));
	if (r->out->volumes == NULL)
		return no_memory(r);
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		c = area;
		fsk_cur_seek(&c, (size_t) i * r->layout->volume);
		rc = read_volume(&r->out->volumes[r->out->nvolumes++], r, &area, &c);
	}
	return rc;
}

/* --- the whole --- */

static void read_runs(struct reading *r)
{
	struct fsk_cur c = r->c;

	fsk_cur_seek(&c, r->layout->runs_at);
	for (unsigned i = 0; i < r->layout->nruns; i++) {
		fsk_time t = fsk_time_from_filetime(fsk_cur_u64le(&c));

		if (t != FSK_TIME_NONE)
			r->out->runs[r->out->nruns++] = t;
	}
	if (r->layout->count_at == 0) {
		damaged(r, "a variant that is not known: the run count is not read");
		return;
	}
	fsk_cur_seek(&c, r->layout->count_at);
	r->out->run_count = fsk_cur_u32le(&c);
	r->out->has_run_count = !c.failed;
}

static const struct layout *find_layout(uint32_t version, uint32_t metrics)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		const struct layout *l = &layouts[i];

		if (l->version == version && (l->metrics == 0 || l->metrics == metrics))
			return l;
	}
	return NULL;
}

static int read_header(struct reading *r)
{
	struct fsk_pf *pf = r->out;
	uint32_t metrics, said;
	const uint8_t *signature, *name;
	int rc;

	pf->version = fsk_cur_u32le(&r->c);
	signature = fsk_cur_bytes(&r->c, 4);
	if (signature == NULL || memcmp(signature, "SCCA", 4) != 0)
		return fsk_err_set(r->err, FSK_ECORRUPT, "no prefetch file: signature missing");
	fsk_cur_skip(&r->c, 4);
	said = fsk_cur_u32le(&r->c);
	name = fsk_cur_bytes(&r->c, 60);
	pf->hash = fsk_cur_u32le(&r->c);
	pf->boot = (fsk_cur_u32le(&r->c) & BOOT) != 0;
	metrics = fsk_cur_u32le(&r->c);
	if (r->c.failed)
		return fsk_err_set(r->err, FSK_ECORRUPT, "a prefetch file that ends in its header");
	r->layout = find_layout(pf->version, metrics);
	if (r->layout == NULL)
		return fsk_err_set(r->err, FSK_EUNSUPPORTED, "a prefetch file of version %u",
		                   pf->version);
	if (said > r->c.len)
		damaged(r, "cut off: shorter than its header says");
	rc = take_name(&pf->executable, r, name, utf16_length(name, 60));
	return rc == 0 && pf->executable == NULL ? no_memory(r) : rc;
}

static int read_all(struct reading *r)
{
	uint32_t files, files_size, volumes, nvolumes, volumes_size;
	int rc = read_header(r);

	if (rc < 0)
		return rc;
	fsk_cur_seek(&r->c, HEADER + 16);
	files = fsk_cur_u32le(&r->c);
	files_size = fsk_cur_u32le(&r->c);
	volumes = fsk_cur_u32le(&r->c);
	nvolumes = fsk_cur_u32le(&r->c);
	volumes_size = fsk_cur_u32le(&r->c);
	if (r->c.failed) {
		damaged(r, "cut off within its file information");
		return 0;
	}
	read_runs(r);
	rc = read_files(r, files, files_size, volumes);
	return rc == 0 ? read_volumes(r, volumes, nvolumes, volumes_size) : rc;
}

/* What can be unpacked of a damaged one is read. */
static int unpack(struct fsk_buf *b, struct reading *r, const uint8_t *data, size_t size)
{
	struct fsk_err why = { 0 };
	int rc = fsk_mam_unpack(b, data, size, &why);

	r->out->packed = true;
	fsk_cur_init(&r->c, b->data, b->len);
	if (rc == FSK_ECORRUPT && b->len >= HEADER) {
		damaged(r, why.msg);
		return 0;
	}
	return rc < 0 ? fsk_err_set(r->err, rc, "%s", why.msg) : 0;
}

int fsk_pf_read(struct fsk_pf *out, const uint8_t *data, size_t size, struct fsk_err *err)
{
	struct reading r = { .out = out, .err = err };
	struct fsk_buf unpacked;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	fsk_buf_init(&out->damage, DAMAGE_MAX);
	fsk_buf_init(&unpacked, FSK_PF_MAX);
	out->names_left = FSK_PF_NAMES_MAX;
	out->references_left = FSK_PF_REFERENCES_MAX;
	out->text_left = FSK_PF_TEXT_MAX;
	fsk_cur_init(&r.c, data, size);
	if (fsk_mam_is(data, size))
		rc = unpack(&unpacked, &r, data, size);
	if (rc == 0)
		rc = read_all(&r);
	fsk_buf_free(&unpacked);
	return rc;
}

static void free_list(struct fsk_pf_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->at[i]);
	free(list->at);
}

void fsk_pf_free(struct fsk_pf *pf)
{
	for (size_t i = 0; i < pf->nvolumes; i++) {
		free(pf->volumes[i].device);
		free(pf->volumes[i].references);
		free_list(&pf->volumes[i].folders);
	}
	free(pf->volumes);
	free_list(&pf->files);
	free(pf->executable);
	fsk_buf_free(&pf->damage);
	memset(pf, 0, sizeof(*pf));
}
