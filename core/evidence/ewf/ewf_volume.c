#include <inttypes.h>
#include <string.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/evidence/ewf/ewf.h"
#include "core/model/types.h"

#define LARGE 1052u /* EnCase, linen, FTK Imager */
#define SMALL 94u   /* the original format and SMART */

struct volume {
	bool large;
	uint8_t media_type, media_flags, compression;
	uint32_t chunks, sectors_per_chunk, sector_size, granularity;
	uint64_t sectors;
	uint8_t guid[FSK_EWF_GUID];
};

/* Both layouts: chunks at 4, sectors a chunk at 8, bytes a sector at 12,
 * sectors at 16 (8 bytes when large, else 4), Adler-32 in the last 4 bytes.
 * Large: media type at 0, media flags at 36, compression level at 52, error
 * granularity in sectors at 56, set identifier at 64. */
static void parse(struct volume *v, const uint8_t *raw, bool large)
{
	struct fsk_cur c;

	memset(v, 0, sizeof(*v));
	fsk_cur_init(&c, raw, large ? LARGE : SMALL);
	v->large = large;
	v->media_type = fsk_cur_u8(&c);
	fsk_cur_seek(&c, 4);
	v->chunks = fsk_cur_u32le(&c);
	v->sectors_per_chunk = fsk_cur_u32le(&c);
	v->sector_size = fsk_cur_u32le(&c);
	v->sectors = large ? fsk_cur_u64le(&c) : fsk_cur_u32le(&c);
	if (!large)
		return;
	fsk_cur_seek(&c, 36);
	v->media_flags = fsk_cur_u8(&c);
	fsk_cur_seek(&c, 52);
	v->compression = fsk_cur_u8(&c);
	fsk_cur_seek(&c, 56);
	v->granularity = fsk_cur_u32le(&c);
	fsk_cur_seek(&c, 64);
	fsk_cur_copy(&c, v->guid, sizeof(v->guid));
}

static int load(struct volume *v, const struct fsk_ewf_segment *seg,
                const struct fsk_ewf_section *sec, struct fsk_err *err)
{
	uint64_t len = sec->end - sec->data;
	bool large = len >= LARGE;
	size_t n = large ? LARGE : SMALL;
	uint8_t raw[LARGE];
	struct fsk_cur c;
	int rc;

	if (len < SMALL)
		return fsk_err_set(err, FSK_ECORRUPT, "%" PRIu64 " bytes are too short", len);
	rc = fsk_ewf_pread(seg, raw, n, sec->data, err);
	if (rc < 0)
		return rc;
	fsk_cur_init(&c, raw, n);
	fsk_cur_seek(&c, n - 4);
	if (fsk_cur_u32le(&c) != libdeflate_adler32(1, raw, n - 4))
		return fsk_err_set(err, FSK_ECORRUPT, "wrong checksum");
	parse(v, raw, large);
	return 0;
}

static int check(const struct volume *v, struct fsk_err *err)
{
	uint64_t chunk = (uint64_t) v->sectors_per_chunk * v->sector_size;

	if (v->sector_size < FSK_SECTOR_MIN || v->sector_size > FSK_SECTOR_MAX)
		return fsk_err_set(err, FSK_ECORRUPT, "%" PRIu32 " bytes a sector", v->sector_size);
	if (v->sectors_per_chunk == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no sectors in a chunk");
	if (chunk > FSK_EWF_CHUNK_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "chunks of %" PRIu64 " bytes, the limit is %u",
		                   chunk, FSK_EWF_CHUNK_MAX);
	if (v->sectors == 0 && v->chunks == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "a medium of 0 sectors");
	if (v->sectors / v->sectors_per_chunk >= FSK_EWF_CHUNKS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "%" PRIu64 " sectors, the limit is %llu chunks",
		                   v->sectors, FSK_EWF_CHUNKS_MAX);
	return 0;
}

static void set_geometry(struct fsk_ewf *e, uint32_t segment, const struct volume *v)
{
	uint64_t chunks = v->sectors / v->sectors_per_chunk +
	                  (v->sectors % v->sectors_per_chunk != 0);

	e->have_geometry = true;
	e->sector_size = v->sector_size;
	e->sectors_per_chunk = v->sectors_per_chunk;
	e->chunk_size = v->sectors_per_chunk * v->sector_size;
	if (v->sectors == 0)
		chunks = v->chunks;
	else if (chunks != v->chunks)
		fsk_ewf_report(e, &e->segments[segment], FSK_ECORRUPT, NULL, 0,
		               "%" PRIu64 " sectors make %" PRIu64 " chunks, but it says %" PRIu32,
		               v->sectors, chunks, v->chunks);
	e->sectors = v->sectors != 0 ? v->sectors : chunks * v->sectors_per_chunk;
	e->chunk_count = chunks;
	e->size = e->sectors * e->sector_size;
	memcpy(e->guid, v->guid, sizeof(e->guid));
}

static const char *media_type_name(uint8_t type)
{
	switch (type) {
	case 0x00:
		return "removable";
	case 0x01:
		return "fixed";
	case 0x03:
		return "optical";
	case 0x0e:
		return "logical";
	case 0x10:
		return "memory";
	default:
		return NULL;
	}
}

static void put_guid(json_t *o, const uint8_t guid[FSK_EWF_GUID])
{
	static const uint8_t none[FSK_EWF_GUID];
	char hex[2 * FSK_EWF_GUID + 1];

	if (memcmp(guid, none, sizeof(none)) == 0)
		return;
	for (size_t i = 0; i < FSK_EWF_GUID; i++) {
		hex[2 * i] = "0123456789abcdef"[guid[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[guid[i] & 15];
	}
	hex[2 * FSK_EWF_GUID] = '\0';
	json_object_set_new(o, "set_identifier", json_string(hex));
}

static void put_metadata(struct fsk_ewf *e, const struct volume *v)
{
	static const char *const levels[] = { "none", "fast", "best" };
	json_t *o = e->source->metadata;

	json_object_set_new(o, "sectors", json_integer((json_int_t) e->sectors));
	json_object_set_new(o, "bytes_per_sector", json_integer(e->sector_size));
	json_object_set_new(o, "sectors_per_chunk", json_integer(e->sectors_per_chunk));
	json_object_set_new(o, "segments", json_integer((json_int_t) e->nsegments));
	if (!v->large)
		return;
	if (media_type_name(v->media_type) != NULL)
		json_object_set_new(o, "media_type", json_string(media_type_name(v->media_type)));
	json_object_set_new(o, "physical", json_boolean((v->media_flags & 0x02) != 0));
	if ((v->media_flags & 0x0c) != 0)
		json_object_set_new(o, "write_blocker",
		                    json_string(v->media_flags & 0x08 ? "Tableau" : "FastBloc"));
	if (v->compression < sizeof(levels) / sizeof(levels[0]))
		json_object_set_new(o, "compression", json_string(levels[v->compression]));
	if (v->granularity != 0)
		json_object_set_new(o, "error_granularity", json_integer(v->granularity));
	put_guid(o, v->guid);
}

static bool same_set(const struct fsk_ewf *e, const struct volume *v)
{
	static const uint8_t none[FSK_EWF_GUID];

	return memcmp(e->guid, v->guid, FSK_EWF_GUID) == 0 ||
	       memcmp(e->guid, none, FSK_EWF_GUID) == 0 || memcmp(v->guid, none, FSK_EWF_GUID) == 0;
}

int fsk_ewf_read_volume(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                        struct fsk_err *err)
{
	struct volume v;
	int rc = load(&v, &e->segments[segment], sec, err);

	if (rc < 0)
		return rc;
	if (e->have_geometry)
		return same_set(e, &v)
		           ? 0
		           : fsk_err_set(err, FSK_EINVAL, "it belongs to another image");
	rc = check(&v, err);
	if (rc < 0)
		return rc;
	set_geometry(e, segment, &v);
	put_metadata(e, &v);
	return 0;
}
