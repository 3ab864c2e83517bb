#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "core/base/cursor.h"
#include "plugins/macho/macho.h"
#include "plugins/shared/x509.h"

enum { BLOB_HEAD = 8, DIRECTORY_MIN = 44, CDHASH_SIZE = 20, PAGE_SHIFT_MAX = 24 };
#define MAGIC_SUPER 0xfade0cc0u
#define MAGIC_DIRECTORY 0xfade0c02u
#define MAGIC_ENTITLEMENTS 0xfade7171u
#define MAGIC_CMS 0xfade0b01u
#define SLOT_DIRECTORY 0u
#define SLOT_ENTITLEMENTS 5u
#define SLOT_ALTERNATES 0x1000u /* further code directories, up to five */
#define SLOT_CMS 0x10000u
#define TIME_STAMP "1.2.840.113549.1.9.16.2.14"
#define WITH_TEAM 0x20200u     /* versions of code directories */
#define WITH_LIMIT_64 0x20300u /* programs of 4 GiB and more */
#define ENTITLEMENTS_MAX (64u * FSK_KIB)

/* A part of the signature, which is in memory. */
struct blob {
	const uint8_t *p; /* with its head; NULL: there is none */
	uint32_t size;
};

struct directory {
	struct blob blob;
	uint32_t version, flags, hashes, identifier, slots, team;
	uint64_t limit; /* bytes of the program that are signed */
	uint8_t hash_size, hash_type, page_shift;
};

struct signature {
	const struct fsk_macho *m;
	uint8_t *data;
	size_t size;
	struct blob directory; /* the best that is known here */
	struct blob first;     /* what the CMS signature is over */
	struct blob entitlements, cms;
	bool broken; /* a part is not where the index says */
	json_t *told;
};

static void set(json_t *o, const char *key, json_t *value)
{
	if (value != NULL)
		json_object_set_new(o, key, value);
}

/* --- the parts --- */

static struct blob blob_at(const struct signature *s, uint32_t at, uint32_t magic)
{
	struct fsk_cur c;
	uint32_t size;

	fsk_cur_init(&c, s->data, s->size);
	fsk_cur_seek(&c, at);
	if (fsk_cur_u32be(&c) != magic || c.failed)
		return (struct blob){ 0 };
	size = fsk_cur_u32be(&c);
	if (c.failed || size < BLOB_HEAD || size > s->size - at)
		return (struct blob){ 0 };
	return (struct blob){ s->data + at, size };
}

static uint8_t hash_type(struct blob directory)
{
	return directory.size >= DIRECTORY_MIN ? directory.p[37] : 0;
}

static void take_directory(struct signature *s, uint32_t slot, struct blob b)
{
	if (slot == SLOT_DIRECTORY)
		s->first = b;
	/* numbers of digests grow with their strength */
	if (hash_type(b) <= 4 && (s->directory.p == NULL || hash_type(b) > hash_type(s->directory)))
		s->directory = b;
}

static void take_part(struct signature *s, uint32_t slot, uint32_t at)
{
	bool directory = slot == SLOT_DIRECTORY ||
	                 (slot >= SLOT_ALTERNATES && slot < SLOT_ALTERNATES + 5);
	uint32_t magic = slot == SLOT_CMS            ? MAGIC_CMS
	                 : slot == SLOT_ENTITLEMENTS ? MAGIC_ENTITLEMENTS
	                                             : MAGIC_DIRECTORY;
	struct blob b;

	if (!directory && magic == MAGIC_DIRECTORY)
		return;
	b = blob_at(s, at, magic);
	if (b.p == NULL) {
		fsk_ranges_note(s->m->file, s->m->signature_at + at,
		                "part 0x%x of the signature is damaged", slot);
		s->broken = true;
	} else if (directory) {
		take_directory(s, slot, b);
	} else if (slot == SLOT_CMS) {
		s->cms = b;
	} else {
		s->entitlements = b;
	}
}

static bool take_parts(struct signature *s)
{
	struct fsk_cur c;
	uint32_t count;

	fsk_cur_init(&c, s->data, s->size);
	if (fsk_cur_u32be(&c) != MAGIC_SUPER)
		return false;
	fsk_cur_skip(&c, 4);
	count = fsk_cur_u32be(&c);
	for (uint32_t i = 0; i < count && i < FSK_MACHO_BLOBS_MAX; i++) {
		uint32_t slot = fsk_cur_u32be(&c), at = fsk_cur_u32be(&c);

		if (c.failed)
			return false;
		take_part(s, slot, at);
	}
	return s->directory.p != NULL;
}

/* --- the code directory --- */

static bool read_directory(struct directory *d, struct blob b)
{
	struct fsk_cur c;

	memset(d, 0, sizeof(*d));
	d->blob = b;
	fsk_cur_init(&c, b.p, b.size);
	fsk_cur_skip(&c, BLOB_HEAD);
	d->version = fsk_cur_u32be(&c);
	d->flags = fsk_cur_u32be(&c);
	d->hashes = fsk_cur_u32be(&c);
	d->identifier = fsk_cur_u32be(&c);
	fsk_cur_skip(&c, 4);
	d->slots = fsk_cur_u32be(&c);
	d->limit = fsk_cur_u32be(&c);
	d->hash_size = fsk_cur_u8(&c);
	d->hash_type = fsk_cur_u8(&c);
	fsk_cur_skip(&c, 1);
	d->page_shift = fsk_cur_u8(&c);
	fsk_cur_skip(&c, 8);
	if (d->version >= WITH_TEAM)
		d->team = fsk_cur_u32be(&c);
	fsk_cur_skip(&c, 4);
	if (d->version >= WITH_LIMIT_64 && fsk_cur_left(&c) >= 8) {
		uint64_t limit = fsk_cur_u64be(&c);

		d->limit = limit != 0 ? limit : d->limit;
	}
	return b.size >= DIRECTORY_MIN;
}

/* Text at an offset in the directory; NULL for 0 and for one without an end. */
static json_t *text(const struct directory *d, uint32_t at)
{
	const uint8_t *end;

	if (at == 0 || at >= d->blob.size)
		return NULL;
	end = memchr(d->blob.p + at, 0, d->blob.size - at);
	return end != NULL ? fsk_json_bytes(d->blob.p + at, (size_t) (end - d->blob.p) - at) : NULL;
}

static const char *hash_name(uint8_t type)
{
	static const char *const names[] = { "", "sha1", "sha256", "sha256", "sha384" };

	return type < sizeof(names) / sizeof(*names) ? names[type] : "";
}

static void tell_flags(json_t *o, uint32_t flags)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} known[] = {
		{ 0x2, "adhoc" },          { 0x100, "hard" },
		{ 0x200, "kill" },         { 0x800, "restrict" },
		{ 0x1000, "enforcement" }, { 0x2000, "library-validation" },
		{ 0x10000, "runtime" },    { 0x20000, "linker-signed" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (flags & known[i].bit)
			json_array_append_new(list, json_string(known[i].name));
	set(o, "flags", list);
}

static void tell_directory(json_t *o, const struct directory *d)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	set(o, "identifier", text(d, d->identifier));
	set(o, "team", text(d, d->team));
	set(o, "algorithm", json_string(hash_name(d->hash_type)));
	tell_flags(o, d->flags);
	if (EVP_Digest(d->blob.p, d->blob.size, digest, &n,
	               EVP_get_digestbyname(hash_name(d->hash_type)), NULL) == 1 &&
	    n >= CDHASH_SIZE)
		set(o, "cdhash", fsk_x509_hex(digest, CDHASH_SIZE));
}

/* --- pages --- */

struct pages {
	const struct fsk_macho *m;
	const struct directory *d;
	const EVP_MD *md;
	size_t size; /* of one page */
	uint8_t *data;
};

/* 1: page i is what was signed, 0: it is not; negative: it cannot be read. */
static int page(const struct pages *p, uint32_t i)
{
	const struct fsk_input *in = &p->m->file->in;
	uint64_t off = (uint64_t) i * p->size, got = 0;
	const uint8_t *told = p->d->blob.p + p->d->hashes + (size_t) i * p->d->hash_size;
	size_t want = p->d->limit - off < p->size ? (size_t) (p->d->limit - off) : p->size;
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct fsk_err err;
	unsigned n = 0;

	while (got < want) {
		int64_t more = in->read(in->arg, p->data + got, want - got, p->m->at + off + got,
		                        &p->m->file->bad, &err);

		if (more <= 0)
			return more < 0 ? (int) more : 0;
		got += (uint64_t) more;
	}
	return EVP_Digest(p->data, want, digest, &n, p->md, NULL) == 1 && n >= p->d->hash_size &&
	       memcmp(digest, told, p->d->hash_size) == 0;
}

/* "valid-digest", or what is wrong. */
static const char *check_pages(json_t *o, const struct fsk_macho *m, const struct directory *d)
{
	struct pages p = { .m = m, .d = d, .md = EVP_get_digestbyname(hash_name(d->hash_type)) };
	const char *state = "valid-digest";
	uint64_t pages;
	int rc = 1;

	if (p.md == NULL)
		return "unsupported";
	if (d->page_shift > PAGE_SHIFT_MAX || d->page_shift == 0)
		return "unsupported";
	p.size = (size_t) 1 << d->page_shift;
	pages = (d->limit + p.size - 1) / p.size;
	if (d->hash_size == 0 || d->limit > m->size || pages != d->slots ||
	    d->hashes > d->blob.size || pages > (d->blob.size - d->hashes) / d->hash_size)
		return "damaged";
	p.data = malloc(p.size);
	for (uint32_t i = 0; p.data != NULL && i < d->slots && rc == 1; i++) {
		rc = page(&p, i);
		if (rc == 0) {
			set(o, "altered_at", json_integer((json_int_t) (m->at + i * p.size)));
			state = "digest-differs";
		}
	}
	if (p.data == NULL || rc < 0 || m->file->bad)
		state = "unchecked";
	free(p.data);
	return state;
}

/* --- who signed --- */

static json_t *signing_time(CMS_SignerInfo *si)
{
	static const int types[] = { V_ASN1_UTCTIME, V_ASN1_GENERALIZEDTIME };

	for (int i = 0; i < 2; i++) {
		const ASN1_TIME *t = CMS_signed_get0_data_by_OBJ(
		    si, OBJ_nid2obj(NID_pkcs9_signingTime), -3, types[i]);

		if (t != NULL)
			return fsk_x509_time(t);
	}
	return NULL;
}

static void tell_time(json_t *o, CMS_SignerInfo *si, STACK_OF(X509) * certs)
{
	ASN1_OBJECT *kind = OBJ_txt2obj(TIME_STAMP, 1);
	const ASN1_STRING *token = CMS_unsigned_get0_data_by_OBJ(si, kind, -3, V_ASN1_SEQUENCE);
	const ASN1_OCTET_STRING *made = CMS_SignerInfo_get0_signature(si);
	json_t *stamp;

	set(o, "time", signing_time(si));
	if (token != NULL) {
		stamp = fsk_x509_time_stamp(made->data, (size_t) made->length, certs, token);
		if (json_object_get(stamp, "time") != NULL)
			json_object_set(o, "time", json_object_get(stamp, "time"));
		set(o, "stamp", stamp);
	}
	ASN1_OBJECT_free(kind);
}

/* NULL when the certificate's key signed the code directory; else what did not fit. */
static const char *tell_signer(json_t *o, CMS_ContentInfo *cms, struct blob directory)
{
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	const char *why = "the signature has no signer";
	X509 *x = NULL;

	if (si != NULL) {
		why = fsk_x509_check(&x, si, certs, NULL, directory.p, directory.size);
		tell_time(o, si, certs);
	}
	if (x != NULL) {
		set(o, "subject", fsk_x509_name(X509_get_subject_name(x)));
		set(o, "name", fsk_x509_short_name(X509_get_subject_name(x)));
		set(o, "issuer", fsk_x509_name(X509_get_issuer_name(x)));
		set(o, "serial", fsk_x509_serial(X509_get0_serialNumber(x)));
	}
	set(o, "chain", fsk_x509_chain(certs));
	sk_X509_pop_free(certs, X509_free);
	return why;
}

/* Is it signed by somebody? Sets `why` where what is there does not fit. */
static bool tell_cms(struct signature *s)
{
	const char *why = "the signature cannot be read";
	const unsigned char *p;
	CMS_ContentInfo *cms;

	if (s->cms.p == NULL || s->cms.size == BLOB_HEAD)
		return false;
	if (s->cms.size <= FSK_CMS_MAX && s->first.p != NULL) {
		p = s->cms.p + BLOB_HEAD;
		cms = d2i_CMS_ContentInfo(NULL, &p, (long) (s->cms.size - BLOB_HEAD));
		if (cms != NULL && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed)
			why = tell_signer(s->told, cms, s->first);
		CMS_ContentInfo_free(cms);
		ERR_clear_error(); /* a queue of this thread, of no use to anybody else */
	}
	if (why != NULL)
		set(s->told, "why", json_string(why));
	return true;
}

/* The pages by the best directory, and by the one that the signer signed. */
static const char *check_content(struct signature *s, const struct directory *best)
{
	const char *state = check_pages(s->told, s->m, best);
	struct directory first;

	if (s->first.p != NULL && s->first.p != best->blob.p &&
	    strcmp(state, "valid-digest") == 0) {
		if (!read_directory(&first, s->first))
			return "damaged";
		state = check_pages(s->told, s->m, &first);
	}
	if (strcmp(state, "damaged") == 0)
		fsk_ranges_note(s->m->file, s->m->signature_at,
		                "the signature does not fit the program's size");
	return state;
}

static const char *examine(struct signature *s)
{
	const bool content = s->m->want.content;
	const char *state = "unchecked";
	struct directory d;
	bool by_somebody;

	if (!take_parts(s) || !read_directory(&d, s->directory)) {
		fsk_ranges_note(s->m->file, s->m->signature_at, "the signature is damaged");
		return "damaged";
	}
	tell_directory(s->told, &d);
	if (s->entitlements.p != NULL && s->entitlements.size <= ENTITLEMENTS_MAX)
		set(s->told, "entitlements",
		    fsk_json_bytes(s->entitlements.p + BLOB_HEAD,
		                   s->entitlements.size - BLOB_HEAD));
	by_somebody = tell_cms(s);
	if (content)
		state = check_content(s, &d);
	if (strcmp(state, "valid-digest") != 0 && strcmp(state, "unchecked") != 0)
		return state;
	if (s->broken)
		return "damaged";
	if (!by_somebody)
		return content && strcmp(state, "unchecked") != 0 ? "ad-hoc" : state;
	return json_object_get(s->told, "why") != NULL ? "not-sealed" : state;
}

json_t *fsk_macho_signature(const struct fsk_macho *m)
{
	struct signature s = { .m = m };
	const char *state = "damaged";

	if (m->signature_size == 0)
		return json_pack("{s:s}", "state", "none");
	s.told = json_pack("{s:I, s:I}", "offset", (json_int_t) m->signature_at, "size",
	                   (json_int_t) m->signature_size);
	s.size = m->signature_size < FSK_MACHO_SIGNATURE_MAX ? m->signature_size
	                                                     : FSK_MACHO_SIGNATURE_MAX;
	s.data = malloc(s.size);
	if (s.data != NULL) {
		s.size = fsk_ranges_read(m->file, s.data, s.size, m->signature_at);
		state = examine(&s);
	}
	set(s.told, "state", json_string(state));
	free(s.data);
	return s.told;
}
