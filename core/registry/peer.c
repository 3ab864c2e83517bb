#include "core/registry/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/registry/key.h"
#include "core/registry/regf.h"

#define SHORT 4u /* bytes of data */

static void differs(struct fsk_peer *p, const struct fsk_key *k, const char *what)
{
	char path[160];

	if (p->differences++ == 0)
		snprintf(p->first, sizeof(p->first), "key \"%s\": %.80s",
		         fsk_text_escape(path, sizeof(path), k->path), what);
}

/* Takes what libregf says against it, but not that there is no memory. */
static int complain(struct fsk_peer *p, const struct fsk_key *k, int rc, const struct fsk_err *why,
                    struct fsk_err *err)
{
	if (rc == FSK_ENOMEM)
		return fsk_err_set(err, rc, "%s", why->msg);
	if (rc < 0)
		differs(p, k, why->msg);
	return 0;
}

/* See peer.h for what libregf gives otherwise. */
static bool same_data(const struct fsk_value *own, const uint8_t *data, size_t size)
{
	size_t common = size < own->size ? size : own->size;
	bool text = own->type == FSK_REG_SZ || own->type == FSK_REG_EXPAND_SZ ||
	            own->type == FSK_REG_LINK;

	if (size != own->size && !text)
		return false;
	return own->size < SHORT || memcmp(data, own->data, common) == 0;
}

static int same_value(struct fsk_peer *p, struct fsk_key *k, fsk_regf_val *v, size_t i,
                      struct fsk_err *err)
{
	struct fsk_value own = { 0 };
	uint8_t *data = NULL;
	char *name = NULL;
	uint32_t type = 0;
	size_t size;
	int rc = fsk_key_value(&own, k, i, err);

	if (rc == 0)
		rc = fsk_regf_content(&name, &type, &data, &size, v, err);
	if (rc == 0 &&
	    (strcmp(name, own.name) != 0 || type != own.type || !same_data(&own, data, size)))
		differs(p, k, "a value is not the same");
	p->values++;
	free(name);
	free(data);
	fsk_value_free(&own);
	return rc;
}

static int same_values(struct fsk_peer *p, struct fsk_key *k, fsk_regf_key *peer,
                       struct fsk_err *err)
{
	size_t own, have, i = 0;
	int rc = fsk_key_values(&own, k, err);

	if (rc == 0)
		rc = fsk_regf_values(&have, peer, err);
	if (rc == 0 && own != have)
		differs(p, k, "not as many values");
	for (; rc == 0 && i < own && i < have; i++) {
		fsk_regf_val *v;

		rc = fsk_regf_value(&v, peer, i, err);
		if (rc == 0)
			rc = same_value(p, k, v, i, err);
		fsk_regf_value_free(v);
	}
	return rc;
}

static int same_facts(struct fsk_peer *p, const struct fsk_key *k, fsk_regf_key *peer,
                      struct fsk_err *err)
{
	uint64_t written;
	uint32_t off;
	char *name;
	int rc = fsk_regf_facts(&off, &written, &name, peer, err);

	if (rc == 0 && (off != k->nk.off || written != k->nk.written || strcmp(name, k->name) != 0))
		differs(p, k, "cell, name or time is not the same");
	p->keys++;
	free(name);
	return rc;
}

static int same_key(struct fsk_peer *p, struct fsk_key *k, fsk_regf_key *peer, struct fsk_err *err);

static int same_subkeys(struct fsk_peer *p, struct fsk_key *k, fsk_regf_key *peer,
                        struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	size_t count;
	int rc = fsk_key_subkeys(&count, k, err);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		fsk_regf_key *below = NULL;
		struct fsk_key *sub = NULL;

		rc = fsk_key_subkey(&sub, k, i, err);
		if (rc == 0)
			rc = fsk_regf_subkey(&below, peer, i, &why);
		if (rc == 0)
			rc = same_key(p, sub, below, err);
		else if (sub != NULL)
			rc = complain(p, k, rc, &why, err);
		fsk_regf_key_free(below);
		fsk_key_free(sub);
	}
	return rc;
}

static int same_key(struct fsk_peer *p, struct fsk_key *k, fsk_regf_key *peer, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	int rc = complain(p, k, same_facts(p, k, peer, &why), &why, err);

	if (rc == 0)
		rc = complain(p, k, same_values(p, k, peer, &why), &why, err);
	return rc == 0 ? same_subkeys(p, k, peer, err) : rc;
}

static int compare(struct fsk_peer *p, struct fsk_hive *h, struct fsk_regf *r, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	fsk_regf_key *peer = NULL;
	struct fsk_key *root;
	int rc = fsk_hive_root(&root, h, err);

	if (rc < 0)
		return rc;
	rc = fsk_regf_root(&peer, r, &why);
	rc = rc < 0 ? complain(p, root, rc, &why, err) : same_key(p, root, peer, err);
	fsk_regf_key_free(peer);
	fsk_key_free(root);
	return rc;
}

int fsk_hive_compare(struct fsk_peer *out, struct fsk_hive *h, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	struct fsk_regf *r;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!h->check.libregf || h->check.damaged > 0) {
		snprintf(out->first, sizeof(out->first), "%s",
		         h->check.damaged > 0
		             ? "it is damaged"
		             : "it has names or cells that libregf reads otherwise");
		return 0;
	}
	rc = fsk_regf_open(&r, h->data.data, h->data.len, &why);
	if (rc < 0) {
		snprintf(out->first, sizeof(out->first), "%.200s", why.msg);
		return rc == FSK_ENOMEM ? fsk_err_set(err, rc, "%s", why.msg) : 0;
	}
	out->read = true;
	rc = compare(out, h, r, err);
	fsk_regf_close(r);
	return rc;
}
