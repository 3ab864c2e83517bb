/* Class and owner of a key.
 *
 * Security cell: "sk", 2 bytes, two links, a count of keys, u32 size, then a
 * self-relative security descriptor ([MS-DTYP] 2.4.6): revision, 1 byte, u16
 * control, u32 offset of the owner's SID. A SID ([MS-DTYP] 2.4.2): revision 1,
 * count of sub-authorities, 6 bytes of authority (big endian), those. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/registry/key.h"

#define SUB_AUTHORITIES_MAX 15u

int fsk_key_class(char **out, const struct fsk_key *k, struct fsk_err *err)
{
	struct fsk_cur cur;
	const uint8_t *p = (const uint8_t *) "";
	int rc = 0;

	*out = NULL;
	if (k->nk.class_len > 0) {
		if (!fsk_cells_get(&cur, &k->hive->cells, k->nk.klass) ||
		    (p = fsk_cur_bytes(&cur, k->nk.class_len)) == NULL)
			rc = fsk_err_set(err, FSK_ECORRUPT, "its class at 0x%x cannot be read",
			                 k->nk.klass);
	}
	if (rc < 0)
		return fsk_key_wrap(k, rc, err);
	*out = fsk_cells_text(p, k->nk.class_len, false);
	return *out != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "no memory for a class");
}

/* The SID at the cursor as text. */
static int sid_text(char **out, struct fsk_cur *cur, struct fsk_err *err)
{
	uint8_t revision = fsk_cur_u8(cur), count = fsk_cur_u8(cur);
	uint64_t authority = fsk_cur_u16be(cur);
	struct fsk_buf b;
	int rc;

	authority = authority << 32 | fsk_cur_u32be(cur);
	if (cur->failed || revision != 1 || count > SUB_AUTHORITIES_MAX ||
	    fsk_cur_left(cur) < 4u * count)
		return fsk_err_set(err, FSK_ECORRUPT, "its owner is no SID");
	fsk_buf_init(&b, FSK_NAME_MAX);
	rc = fsk_buf_printf(&b, err, "S-1-%" PRIu64, authority);
	for (uint8_t i = 0; rc == 0 && i < count; i++)
		rc = fsk_buf_printf(&b, err, "-%" PRIu32, fsk_cur_u32le(cur));
	if (rc == 0)
		*out = fsk_buf_steal_str(&b, err);
	fsk_buf_free(&b);
	return rc == 0 && *out == NULL ? FSK_ENOMEM : rc;
}

static int owner(char **out, const struct fsk_key *k, struct fsk_err *err)
{
	const uint8_t *sig, *descriptor;
	struct fsk_cur cur;
	uint32_t size, at;

	if (k->nk.security == FSK_CELL_NONE)
		return fsk_err_set(err, FSK_ENOTFOUND, "it has no security descriptor");
	if (!fsk_cells_get(&cur, &k->hive->cells, k->nk.security))
		return fsk_err_set(err, FSK_ECORRUPT, "no security descriptor at 0x%x",
		                   k->nk.security);
	sig = fsk_cur_bytes(&cur, 2);
	fsk_cur_skip(&cur, 14);
	size = fsk_cur_u32le(&cur);
	descriptor = fsk_cur_bytes(&cur, size);
	if (descriptor == NULL || memcmp(sig, "sk", 2) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no security descriptor at 0x%x",
		                   k->nk.security);
	fsk_cur_init(&cur, descriptor, size);
	fsk_cur_skip(&cur, 4);
	at = fsk_cur_u32le(&cur);
	if (!cur.failed && at == 0)
		return fsk_err_set(err, FSK_ENOTFOUND, "its security descriptor names no owner");
	fsk_cur_seek(&cur, at);
	return sid_text(out, &cur, err);
}

int fsk_key_owner(char **out, const struct fsk_key *k, struct fsk_err *err)
{
	int rc;

	*out = NULL;
	rc = owner(out, k, err);
	return rc < 0 ? fsk_key_wrap(k, rc, err) : 0;
}
