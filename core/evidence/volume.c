#include "core/evidence/volume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/volume_impl.h"
#include "core/model/types.h"

void fsk_volumes_free(struct fsk_volumes *v)
{
	free(v->items);
	memset(v, 0, sizeof(*v));
}

int fsk_volumes_add(struct fsk_volumes *out, const struct fsk_volume *v, struct fsk_err *err)
{
	struct fsk_volume *p;

	if (out->count >= FSK_VOLUMES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u volumes", FSK_VOLUMES_MAX);
	p = realloc(out->items, (out->count + 1) * sizeof(*p));
	if (p == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	out->items = p;
	p[out->count] = *v;
	p[out->count].index = (uint32_t) out->count;
	out->count++;
	return 0;
}

bool fsk_volume_folds_case(const struct fsk_volume *v)
{
	return strcmp(v->fs, "ntfs") == 0 || strncmp(v->fs, "fat", 3) == 0 ||
	       strcmp(v->fs, "exfat") == 0 || strcmp(v->fs, "hfs") == 0 ||
	       strcmp(v->fs, "apfs") == 0;
}

void fsk_volume_anomaly(const struct fsk_volume *v, struct fsk_source *s, int code,
                        const char *reason)
{
	char object[FSK_ERR_MSG_MAX];

	if (v->scheme == FSK_SCHEME_NONE)
		snprintf(object, sizeof(object), "\"%s\"", s->name);
	else
		snprintf(object, sizeof(object), "volume %u of \"%s\"", v->index, s->name);
	fsk_anomaly_report(&s->sink, code, object, reason, NULL, NULL, 0);
}

static void report(struct fsk_source *s, int code, const char *reason)
{
	struct fsk_volume whole = { .scheme = FSK_SCHEME_NONE };

	fsk_volume_anomaly(&whole, s, code, reason);
}

/* Choosing a table */

struct tables {
	struct fsk_table gpt, mbr, other;
	bool has_gpt, has_mbr, has_other;
};

static void tables_free(struct tables *t)
{
	fsk_table_free(&t->gpt);
	fsk_table_free(&t->mbr);
	fsk_table_free(&t->other);
}

static int load(struct fsk_table *t, bool *has, struct fsk_source *s, enum fsk_table_kind kind,
                uint32_t sector_size, struct fsk_err *err)
{
	int rc = fsk_table_load(t, s, kind, sector_size, err);

	*has = rc == 0;
	return rc == FSK_ENOTFOUND ? 0 : rc;
}

static unsigned known_volumes(struct fsk_source *s, const struct fsk_table *t)
{
	unsigned known = 0;

	for (size_t i = 0; i < t->count; i++)
		if (fsk_volume_recognise(s, t->parts[i].start * t->sector_size, t->sector_size))
			known++;
	return known;
}

/* An MBR does not say how large its sectors are. */
static int settle_mbr(struct tables *t, struct fsk_source *s, struct fsk_err *err)
{
	uint32_t other_size = t->mbr.sector_size == 4096 ? 512 : 4096;
	struct fsk_table other = { 0 };
	char reason[160];
	int rc;

	if (known_volumes(s, &t->mbr) > 0)
		return 0;
	rc = fsk_table_load(&other, s, FSK_TABLE_MBR, other_size, err);
	if (rc == FSK_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	if (known_volumes(s, &other) == 0) {
		fsk_table_free(&other);
		return 0;
	}
	snprintf(reason, sizeof(reason),
	         "sectors of the partition table are ambiguous: %u or %u bytes; volumes are "
	         "found with %u",
	         t->mbr.sector_size, other_size, other_size);
	report(s, FSK_EAMBIGUOUS, reason);
	fsk_table_free(&t->mbr);
	t->mbr = other;
	return 0;
}

static int load_tables(struct tables *t, struct fsk_source *s, struct fsk_err *err)
{
	static const enum fsk_table_kind rare[] = { FSK_TABLE_BSD, FSK_TABLE_SUN, FSK_TABLE_MAC };
	int rc = fsk_gpt_load(&t->gpt, s, err);

	t->has_gpt = rc == 0;
	if (rc == 0 || rc == FSK_ENOTFOUND)
		rc = load(&t->mbr, &t->has_mbr, s, FSK_TABLE_MBR, s->sector_size, err);
	if (rc == 0 && t->has_mbr && !t->has_gpt)
		rc = settle_mbr(t, s, err);
	for (size_t i = 0; rc == 0 && !t->has_gpt && !t->has_other && i < 3; i++) {
		/* a BSD label lies behind boot code that looks like an MBR */
		if (t->has_mbr && rare[i] != FSK_TABLE_BSD)
			continue;
		rc = load(&t->other, &t->has_other, s, rare[i], s->sector_size, err);
	}
	return rc;
}

/* A GPT stands behind an MBR with one protective entry. An MBR with more is a
 * hybrid; one without it is newer than a GPT that nobody wiped, or older than
 * one whose MBR was put back. */
static const struct fsk_table *choose_gpt(const struct tables *t, struct fsk_source *s)
{
	bool other = t->has_mbr && t->mbr.count > 0;
	bool mbr_wins = other && !t->mbr.protective &&
	                (known_volumes(s, &t->mbr) > 0 || known_volumes(s, &t->gpt) == 0);
	char reason[160];

	if (other) {
		snprintf(reason, sizeof(reason),
		         "partition table is ambiguous: GPT%s or MBR; %s is used",
		         t->gpt.backup ? " (backup at the end)" : "", mbr_wins ? "MBR" : "GPT");
		report(s, FSK_EAMBIGUOUS, reason);
	}
	if (mbr_wins)
		return &t->mbr;
	if (t->gpt.backup)
		report(s, FSK_ECORRUPT, "the GPT at the front is damaged; the backup is used");
	if (t->gpt.damaged)
		report(s, FSK_ECORRUPT, "a checksum of the GPT is wrong, and so is its backup");
	return &t->gpt;
}

static const struct fsk_table *choose(const struct tables *t, struct fsk_source *s)
{
	struct fsk_volume whole = { .scheme = FSK_SCHEME_NONE, .sector_size = s->sector_size };
	const struct fsk_table *table;
	char reason[160];

	if (t->has_gpt)
		return choose_gpt(t, s);
	table = t->has_other ? &t->other : t->has_mbr ? &t->mbr : NULL;
	if (table == NULL || !fsk_volume_recognise(s, 0, s->sector_size))
		return table;
	/* boot code of a file system can pass for a table, and a hybrid CD has both */
	if (known_volumes(s, table) == 0)
		table = NULL;
	snprintf(reason, sizeof(reason),
	         "ambiguous: %s partition table or a file system at sector 0; the %s is used",
	         t->has_other ? t->other.name : t->mbr.name,
	         table != NULL ? "table" : "file system");
	fsk_volume_anomaly(&whole, s, FSK_EAMBIGUOUS, reason);
	return table;
}

/* Volumes */

static bool never_holds_files(const struct fsk_volume *v)
{
	static const char *const words[] = { "Microsoft reserved", "BIOS boot", "Linux swap",
		                             "Linux Swap", "Solaris Swap" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(v->description, words[i]) != NULL)
			return true;
	return false;
}

static bool starts_empty(struct fsk_source *s, const struct fsk_volume *v)
{
	uint8_t buf[4096];
	uint64_t n = s->size - v->offset;

	memset(buf, 0, sizeof(buf));
	fsk_source_read(s, buf, n < sizeof(buf) ? (size_t) n : sizeof(buf), v->offset);
	for (size_t i = 0; i < sizeof(buf); i++)
		if (buf[i] != 0)
			return false;
	return true;
}

static int add_volume(struct fsk_volumes *out, struct fsk_volume *v, struct fsk_source *s,
                      struct fsk_err *err)
{
	const char *what = NULL;
	int rc;

	v->index = (uint32_t) out->count;
	if (v->offset >= s->size) {
		fsk_volume_anomaly(v, s, FSK_ECORRUPT, "it lies behind the end of the image");
		return fsk_volumes_add(out, v, err);
	}
	if (v->length > s->size - v->offset)
		fsk_volume_anomaly(v, s, FSK_ECORRUPT, "it ends behind the end of the image");
	rc = fsk_volume_detect(v, s, &what, err);
	if (rc < 0)
		return rc;
	if (strcmp(v->fs, "apfs") == 0)
		return fsk_apfs_volumes(out, v, s, err);
	if (v->fs[0] != '\0')
		fsk_volume_describe(v, s);
	else if (what == NULL && v->scheme == FSK_SCHEME_NONE)
		return 0;
	else if (what == NULL && !never_holds_files(v) && !starts_empty(s, v))
		fsk_volume_anomaly(v, s, FSK_EUNSUPPORTED, "no file system is recognised");
	return fsk_volumes_add(out, v, err);
}

static int add_parts(struct fsk_volumes *out, struct fsk_source *s, const struct fsk_table *t,
                     struct fsk_err *err)
{
	uint32_t signature = t->scheme == FSK_SCHEME_MBR ? fsk_mbr_signature(s) : 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		const struct fsk_part *p = &t->parts[i];
		struct fsk_volume v = { .source = s->index,
			                .scheme = t->scheme,
			                .sector_size = t->sector_size,
			                .disk_signature = signature };

		if (__builtin_mul_overflow(p->start, (uint64_t) t->sector_size, &v.offset) ||
		    __builtin_mul_overflow(p->length, (uint64_t) t->sector_size, &v.length)) {
			report(s, FSK_ECORRUPT, "a partition is larger than any disk; left out");
			continue;
		}
		memcpy(v.slot, p->slot, sizeof(v.slot));
		memcpy(v.description, p->description, sizeof(v.description));
		memcpy(v.guid, p->guid, sizeof(v.guid));
		rc = add_volume(out, &v, s, err);
	}
	return rc;
}

static int add_whole(struct fsk_volumes *out, struct fsk_source *s, struct fsk_err *err)
{
	struct fsk_volume v = { .source = s->index,
		                .scheme = FSK_SCHEME_NONE,
		                .length = s->size,
		                .sector_size = s->sector_size };
	int rc = add_volume(out, &v, s, err);

	if (rc == 0 && out->count == 0)
		report(s, FSK_EUNSUPPORTED,
		       "neither a partition table nor a file system is recognised");
	return rc;
}

int fsk_volumes_scan(struct fsk_volumes *out, struct fsk_source *s, struct fsk_err *err)
{
	struct tables t = { 0 };
	const struct fsk_table *table;
	int rc;

	memset(out, 0, sizeof(*out));
	out->disk_sector_size = s->sector_size;
	if (s->size == 0) {
		report(s, FSK_EUNSUPPORTED, "it is empty");
		return 0;
	}
	rc = load_tables(&t, s, err);
	if (rc < 0)
		goto out;
	table = choose(&t, s);
	if (table != NULL && table->count == 0)
		table = NULL;
	if (table != NULL)
		out->disk_sector_size = table->sector_size;
	rc = table != NULL ? add_parts(out, s, table, err) : add_whole(out, s, err);
out:
	tables_free(&t);
	if (rc < 0) {
		fsk_volumes_free(out);
		fsk_err_wrap(err, "cannot scan \"%s\" for volumes", s->name);
	}
	return rc;
}

/* JSON */

/* As Windows and the UEFI specification write it: three little-endian groups. */
static void guid_text(char out[40], const uint8_t g[16])
{
	static const uint8_t zero[16];

	out[0] = '\0';
	if (memcmp(g, zero, 16) == 0)
		return;
	snprintf(out, 40, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	         g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12],
	         g[13], g[14], g[15]);
}

static void serial_text(char out[24], const struct fsk_volume *v)
{
	out[0] = '\0';
	if (v->serial == 0)
		return;
	if (strcmp(v->fs, "ntfs") == 0)
		snprintf(out, 24, "%016llX", (unsigned long long) v->serial);
	else
		snprintf(out, 24, "%04X-%04X", (unsigned) (v->serial >> 16 & 0xffff),
		         (unsigned) (v->serial & 0xffff));
}

static const char *scheme_name(enum fsk_scheme s)
{
	static const char *const names[] = { "none", "mbr", "gpt", "other" };

	return (size_t) s < sizeof(names) / sizeof(names[0]) ? names[s] : "other";
}

json_t *fsk_volume_to_json(const struct fsk_volume *v)
{
	char guid[40], serial[24], letter[2] = { v->letter, '\0' }, signature[9] = "";
	json_t *j = json_object();

	if (j == NULL)
		return NULL;
	guid_text(guid, v->guid);
	serial_text(serial, v);
	json_object_set_new(j, "source", json_integer(v->source));
	json_object_set_new(j, "volume", json_integer(v->index));
	json_object_set_new(j, "offset", json_integer((json_int_t) v->offset));
	json_object_set_new(j, "length", json_integer((json_int_t) v->length));
	json_object_set_new(j, "sector_size", json_integer(v->sector_size));
	json_object_set_new(j, "scheme", json_string(scheme_name(v->scheme)));
	json_object_set_new(j, "slot", fsk_json_text(v->slot));
	json_object_set_new(j, "description", fsk_json_text(v->description));
	json_object_set_new(j, "guid", json_string(guid));
	json_object_set_new(j, "fs", v->fs[0] != '\0' ? json_string(v->fs) : json_null());
	json_object_set_new(j, "block_size", json_integer(v->block_size));
	json_object_set_new(j, "label", fsk_json_text(v->label));
	json_object_set_new(j, "serial", json_string(serial));
	if (v->disk_signature != 0) {
		snprintf(signature, sizeof(signature), "%08X", v->disk_signature);
		json_object_set_new(j, "disk_signature", json_string(signature));
	}
	if (v->letter != 0)
		json_object_set_new(j, "letter", json_string(letter));
	if (v->os[0] != '\0')
		json_object_set_new(j, "os", json_string(v->os));
	return j;
}
