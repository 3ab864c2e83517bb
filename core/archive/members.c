/* Members on their way in: bytes are gathered into pieces, which the pool hashes
 * and packs. */
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/archive/writer.h"
#include "core/base/limits.h"

#define SMALL (256u * FSK_KIB)     /* one job hashes and packs as much */
#define MEMORY_EACH (8u * FSK_KIB) /* of a member, besides its pieces */
#define CAP_MIN (4u * FSK_KIB)

static const unsigned chain_digests[FSK_CHAINS] = { FSK_DIGEST_SHA256 | FSK_DIGEST_SHA1,
	                                            FSK_DIGEST_MD5 };

/* --- lists --- */

void fsk_members_add(struct fsk_members *list, struct fsk_open_member *m)
{
	m->next = NULL;
	if (list->last != NULL)
		list->last->next = m;
	else
		list->first = m;
	list->last = m;
}

void fsk_members_remove(struct fsk_members *list, struct fsk_open_member *m)
{
	struct fsk_open_member **at = &list->first, *before = NULL;

	for (; *at != m; at = &(*at)->next)
		before = *at;
	*at = m->next;
	if (list->last == m)
		list->last = before;
	m->next = NULL;
}

static void hold(struct fsk_open_member *m, size_t n)
{
	m->memory += n;
	m->archive->memory += n;
}

static void let_go(struct fsk_open_member *m, size_t n)
{
	m->memory -= n;
	m->archive->memory -= n;
}

/* --- jobs --- */

static int hash_piece(struct fsk_chain *c, const struct fsk_piece *p)
{
	int rc = 0;

	if (c->digest == NULL)
		rc = fsk_digest_new(&c->digest, c->which, &c->err);
	if (rc == 0)
		rc = fsk_digest_update(c->digest, p->plain, p->len, &c->err);
	if (c->which & FSK_DIGEST_SHA256)
		c->crc32 = libdeflate_crc32(c->crc32, p->plain, p->len);
	return rc;
}

static void run_chain(struct fsk_job *job, unsigned lane)
{
	struct fsk_chain *c = (struct fsk_chain *) job;
	const struct fsk_piece *p = c->from;

	(void) lane;
	while (hash_piece(c, p) == 0 && p != c->to)
		p = p->next;
}

/* What is better stored stays where it is. */
static int pack(struct fsk_piece *p, struct fsk_packer *packer)
{
	const uint8_t *made;
	uint8_t *copy;
	size_t n;
	int rc = fsk_pack_piece(packer, &made, &n, p->plain, p->len, p->place, &p->err);

	p->packed = p->plain;
	p->packed_len = p->len;
	if (rc < 0 || n == 0)
		return rc;
	copy = malloc(n);
	if (copy == NULL)
		return fsk_err_set(&p->err, FSK_ENOMEM, "no memory to pack");
	memcpy(copy, made, n);
	p->packed = copy;
	p->packed_len = n;
	return 0;
}

static void run_piece(struct fsk_job *job, unsigned lane)
{
	struct fsk_piece *p = (struct fsk_piece *) job;
	struct fsk_archive *a = p->member->archive;
	struct fsk_packer **packer = &a->packers[lane];
	int rc = 0;

	for (unsigned i = 0; rc == 0 && p->hashes && i < FSK_CHAINS; i++)
		rc = hash_piece(&p->member->chains[i], p);
	if (*packer == NULL)
		rc = fsk_packer_new(packer, a->level, &p->err);
	if (rc == 0)
		pack(p, *packer);
}

/* --- pieces --- */

static void free_plain(struct fsk_piece *p)
{
	if (p->plain == NULL)
		return;
	let_go(p->member, p->cap);
	free(p->plain);
	p->plain = NULL;
}

static void free_piece(struct fsk_piece *p)
{
	if (p->ready && p->packed != p->plain) {
		let_go(p->member, p->packed_len);
		free((uint8_t *) p->packed);
	}
	free_plain(p);
	free(p);
}

static void free_plain_if_done(struct fsk_piece *p)
{
	if (p->ready && p->unhashed == 0 && p->packed != p->plain)
		free_plain(p);
}

void fsk_member_sweep(struct fsk_open_member *m)
{
	while (m->first != NULL && m->first->written && m->first->unhashed == 0) {
		struct fsk_piece *p = m->first;

		m->first = p->next;
		if (m->last == p)
			m->last = NULL;
		if (m->closed == p)
			m->closed = NULL;
		free_piece(p);
	}
}

static struct fsk_piece *add_piece(struct fsk_open_member *m)
{
	struct fsk_piece *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->job.run = run_piece;
	p->member = m;
	if (m->last != NULL)
		m->last->next = p;
	else
		m->first = p;
	m->last = p;
	if (m->unwritten == NULL)
		m->unwritten = p;
	return p;
}

/* Room for `more` bytes, of which there is room in a piece. */
static int grow(struct fsk_piece *p, size_t more, struct fsk_err *err)
{
	size_t cap = p->cap * 2 > CAP_MIN ? p->cap * 2 : CAP_MIN;
	uint8_t *plain;

	if (p->len + more <= p->cap)
		return 0;
	if (cap < p->len + more)
		cap = p->len + more;
	if (cap > FSK_PACK_PIECE / 2)
		cap = FSK_PACK_PIECE;
	plain = realloc(p->plain, cap);
	if (plain == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu bytes", cap);
	hold(p->member, cap - p->cap);
	p->plain = plain;
	p->cap = cap;
	return 0;
}

/* No more comes for the last piece: it can be packed and hashed. */
static void close_piece(struct fsk_open_member *m, enum fsk_pack_place place)
{
	struct fsk_archive *a = m->archive;
	struct fsk_piece *p = m->last;

	p->closed = true;
	p->place = place;
	p->hashes = place == FSK_PACK_ALONE && p->len <= SMALL && a->level > 0;
	p->unhashed = FSK_CHAINS;
	m->closed = p;
	for (unsigned i = 0; i < FSK_CHAINS && !p->hashes; i++)
		if (!m->chains[i].busy && m->chains[i].next == NULL)
			m->chains[i].next = p;
	if (a->level > 0) {
		fsk_pool_submit(a->pool, &p->job, false);
		return;
	}
	p->packed = p->plain;
	p->packed_len = p->len;
	p->ready = true;
}

/* --- what the jobs have done --- */

static bool tend_piece(struct fsk_open_member *m, struct fsk_piece *p)
{
	if (!fsk_pool_done(m->archive->pool, &p->job))
		return false;
	p->ready = true;
	if (p->packed == NULL)
		p->packed = p->plain; /* it failed */
	if (p->packed != p->plain)
		hold(m, p->packed_len);
	if (p->hashes)
		p->unhashed = 0;
	if (p->err.code != 0 && m->err.code == 0)
		m->err = p->err;
	free_plain_if_done(p);
	return true;
}

static bool tend_chain(struct fsk_open_member *m, struct fsk_chain *c)
{
	bool moved = c->busy && fsk_pool_done(m->archive->pool, &c->job);

	if (moved) {
		c->busy = false;
		c->next = c->to->next != NULL && c->to->next->closed ? c->to->next : NULL;
		for (struct fsk_piece *p = c->from;; p = p->next) {
			p->unhashed--;
			free_plain_if_done(p);
			if (p == c->to)
				break;
		}
	}
	if (c->err.code != 0 && m->err.code == 0)
		m->err = c->err;
	if (!c->busy && c->next != NULL && m->err.code == 0) {
		c->from = c->next;
		c->to = m->closed;
		c->next = NULL;
		c->busy = true;
		fsk_pool_submit(m->archive->pool, &c->job, false);
		moved = true;
	}
	return moved;
}

bool fsk_member_tend(struct fsk_open_member *m)
{
	bool moved = false;

	for (struct fsk_piece *p = m->first; p != NULL && p->closed; p = p->next)
		if (!p->ready && tend_piece(m, p))
			moved = true;
	for (unsigned i = 0; i < FSK_CHAINS; i++)
		if (tend_chain(m, &m->chains[i]))
			moved = true;
	if (moved)
		fsk_member_sweep(m);
	return moved;
}

bool fsk_member_is_ready(const struct fsk_open_member *m)
{
	for (const struct fsk_piece *p = m->first; p != NULL; p = p->next)
		if (!p->ready || p->unhashed > 0)
			return false;
	return m->ended;
}

bool fsk_member_wait(struct fsk_open_member *m)
{
	struct fsk_pool *pool = m->archive->pool;

	for (struct fsk_piece *p = m->first; p != NULL && p->closed; p = p->next)
		if (!p->ready) {
			fsk_pool_wait(pool, &p->job);
			return true;
		}
	for (unsigned i = 0; i < FSK_CHAINS; i++)
		if (m->chains[i].busy) {
			fsk_pool_wait(pool, &m->chains[i].job);
			return true;
		}
	return false;
}

int fsk_member_digest(struct fsk_open_member *m, struct fsk_err *err)
{
	for (unsigned i = 0; i < FSK_CHAINS; i++) {
		struct fsk_chain *c = &m->chains[i];
		struct fsk_digests d;
		int rc = c->digest == NULL ? fsk_digest_new(&c->digest, c->which, err) : 0;

		if (rc == 0)
			rc = fsk_digest_final(&d, c->digest, err);
		if (rc < 0)
			return rc;
		if (c->which & FSK_DIGEST_MD5) {
			memcpy(m->digests.md5, d.md5, sizeof(d.md5));
			continue;
		}
		memcpy(m->digests.sha256, d.sha256, sizeof(d.sha256));
		memcpy(m->digests.sha1, d.sha1, sizeof(d.sha1));
		m->zip.crc32 = c->crc32;
	}
	return 0;
}

void fsk_member_empty(struct fsk_open_member *m)
{
	struct fsk_pool *pool = m->archive->pool;

	for (unsigned i = 0; i < FSK_CHAINS; i++)
		if (m->chains[i].busy) {
			fsk_pool_cancel(pool, &m->chains[i].job);
			m->chains[i].busy = false;
		}
	while (m->first != NULL) {
		struct fsk_piece *p = m->first;

		if (p->closed && !p->ready && !fsk_pool_cancel(pool, &p->job))
			tend_piece(m, p);
		m->first = p->next;
		free_piece(p);
	}
	m->last = m->closed = m->unwritten = NULL;
	for (unsigned i = 0; i < FSK_CHAINS; i++) {
		fsk_digest_free(m->chains[i].digest);
		m->chains[i].digest = NULL;
	}
}

void fsk_member_free(struct fsk_open_member *m)
{
	fsk_member_empty(m);
	let_go(m, MEMORY_EACH);
	json_decref(m->row);
	free(m->text);
	fsk_buf_free(&m->name);
	free(m);
}

/* --- the calls --- */

bool fsk_archive_has_room(const struct fsk_archive *a, const struct fsk_open_member *m, size_t n)
{
	if (m == NULL && a->in_flight >= FSK_ARCHIVE_FLIGHT_MAX)
		return false;
	if (a->memory + n <= FSK_ARCHIVE_HELD_MAX - FSK_ARCHIVE_HELD_FRONT)
		return true;
	/* whoever is written now, or will be next, never waits for the others */
	if (m == NULL || (m != a->front && (a->front != NULL || m != a->members.first)))
		return false;
	return m->memory + n <= FSK_ARCHIVE_HELD_FRONT;
}

static bool wait_for_any(struct fsk_archive *a)
{
	if (fsk_commit_wait(a, false))
		return true;
	for (struct fsk_open_member *m = a->members.first; m != NULL; m = m->next)
		if (fsk_member_wait(m))
			return true;
	return fsk_commit_wait(a, true);
}

/* Waits as long as that can help. */
static void make_room(struct fsk_archive *a, const struct fsk_open_member *m, size_t n)
{
	while (!fsk_archive_has_room(a, m, n)) {
		fsk_archive_pump(a);
		if (fsk_archive_has_room(a, m, n) || !wait_for_any(a))
			break;
	}
}

int fsk_writer_begin(struct fsk_open_member **out, struct fsk_archive *a,
                     const struct fsk_member *m, struct fsk_err *err)
{
	struct fsk_open_member *o;
	int rc;

	*out = NULL;
	make_room(a, NULL, 0);
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for \"%s\"", m->name);
	o->archive = a;
	o->tag = m->tag;
	o->held = true;
	hold(o, MEMORY_EACH);
	for (unsigned i = 0; i < FSK_CHAINS; i++) {
		o->chains[i].job.run = run_chain;
		o->chains[i].which = chain_digests[i];
	}
	fsk_buf_init(&o->name, 8 * FSK_MEMBER_NAME_MAX);
	rc = fsk_writer_start(a, err);
	if (rc == 0)
		rc = fsk_writer_take_name(o, m->name, err);
	if (rc == 0) {
		o->zip.modified = m->times != NULL ? m->times->modified : a->started;
		o->zip.accessed = m->times != NULL ? m->times->accessed : FSK_TIME_NONE;
		o->zip.created = m->times != NULL ? m->times->created : FSK_TIME_NONE;
		o->row = fsk_manifest_row(m, o->zip.name);
		if (o->row == NULL)
			rc = fsk_err_set(err, FSK_ENOMEM, "no memory for \"%s\"", m->name);
	}
	if (rc < 0) {
		fsk_member_free(o);
		return rc;
	}
	fsk_members_add(&a->members, o);
	a->in_flight++;
	*out = o;
	return 0;
}

int fsk_archive_begin(struct fsk_open_member **out, struct fsk_archive *a,
                      const struct fsk_member *m, struct fsk_err *err)
{
	int rc;

	*out = NULL;
	if (a->failure.code != 0)
		return fsk_err_set(err, a->failure.code, "%s", a->failure.msg);
	if (a->finished)
		return fsk_err_set(err, FSK_EINVAL, "the archive is finished");
	rc = fsk_writer_begin(out, a, m, err);
	if (rc == 0)
		(*out)->heard = true;
	return rc;
}

/* Bytes (zeros, if `p` is NULL) into the last piece, as many as it takes: *n
 * comes out as how many that were. */
static int fill(struct fsk_open_member *m, const uint8_t *p, size_t *n, struct fsk_err *err)
{
	struct fsk_piece *last = m->last;
	size_t room;
	int rc;

	if (last != NULL && !last->closed && last->len == FSK_PACK_PIECE)
		close_piece(m, FSK_PACK_INSIDE);
	if (last == NULL || last->closed)
		last = add_piece(m);
	if (last == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a piece");
	room = FSK_PACK_PIECE - last->len;
	*n = *n < room ? *n : room;
	rc = grow(last, *n, err);
	if (rc < 0)
		return rc;
	if (p != NULL)
		memcpy(last->plain + last->len, p, *n);
	else
		memset(last->plain + last->len, 0, *n);
	last->len += *n;
	m->size += *n;
	m->archive->bytes_in += *n;
	return 0;
}

static int write_bytes(struct fsk_open_member *m, const uint8_t *p, uint64_t n, struct fsk_err *err)
{
	struct fsk_err local = { 0 };

	if (m->ended)
		return fsk_err_set(err, FSK_EINVAL, "\"%s\" has ended", m->zip.name);
	while (n > 0 && !m->dropped) {
		size_t part = n < FSK_PACK_PIECE ? (size_t) n : FSK_PACK_PIECE;

		make_room(m->archive, m, part);
		if (!m->dropped && fill(m, p, &part, &local) < 0)
			fsk_commit_drop(m->archive, m, &local);
		p = p != NULL ? p + part : NULL;
		n -= part;
	}
	fsk_archive_pump(m->archive);
	return m->dropped ? fsk_err_set(err, m->err.code, "%s", m->err.msg) : 0;
}

int fsk_archive_write(struct fsk_open_member *m, const void *p, size_t n, struct fsk_err *err)
{
	return write_bytes(m, p, n, err);
}

int fsk_archive_write_zeros(struct fsk_open_member *m, uint64_t n, struct fsk_err *err)
{
	return write_bytes(m, NULL, n, err);
}

int fsk_archive_end(struct fsk_open_member *m, enum fsk_status status, const char *reason,
                    const struct fsk_range *ranges, size_t nranges, struct fsk_err *err)
{
	struct fsk_archive *a = m->archive;
	struct fsk_err local = { 0 };
	int rc = 0;

	m->status = status;
	if (!m->dropped &&
	    fsk_manifest_status(m->row, fsk_status_name(status), reason, ranges, nranges) < 0) {
		fsk_err_set(&local, FSK_ENOMEM, "no memory for \"%s\"", m->zip.name);
		fsk_commit_drop(a, m, &local);
	}
	m->held = false;
	if (m->dropped) {
		rc = fsk_err_set(err, m->err.code, "%s", m->err.msg);
		fsk_members_remove(&a->dropped, m);
		fsk_member_free(m);
		return rc;
	}
	m->ended = true;
	if (m->last != NULL && !m->last->closed)
		close_piece(m, m->size <= FSK_PACK_PIECE ? FSK_PACK_ALONE : FSK_PACK_LAST);
	fsk_archive_pump(a);
	return 0;
}

int fsk_writer_put(struct fsk_archive *a, const char *name, const void *p, size_t n,
                   struct fsk_err *err)
{
	struct fsk_member m = { .name = name, .expected = n };
	struct fsk_open_member *o;
	int rc = fsk_writer_begin(&o, a, &m, err);

	if (rc < 0)
		return rc;
	rc = fsk_archive_write(o, p, n, err);
	return fsk_archive_end(o, FSK_STATUS_COMPLETE, NULL, NULL, 0, rc == 0 ? err : NULL);
}

int fsk_archive_put(struct fsk_archive *a, const char *name, const void *p, size_t n,
                    struct fsk_err *err)
{
	if (a->failure.code != 0)
		return fsk_err_set(err, a->failure.code, "%s", a->failure.msg);
	return fsk_writer_put(a, name, p, n, err);
}

void fsk_archive_pump(struct fsk_archive *a)
{
	bool moved = true;

	if (a->pumping)
		return;
	a->pumping = true;
	while (moved) {
		struct fsk_open_member *m = a->members.first;

		moved = false;
		for (; m != NULL && m->err.code == 0; m = m->next)
			moved = fsk_member_tend(m) || moved;
		if (m != NULL)
			fsk_commit_drop(a, m, &m->err);
		moved = fsk_commit_pump(a) || moved || m != NULL;
	}
	a->pumping = false;
}

/* Is there anything that will be written or settled without another call? */
static bool is_pending(const struct fsk_archive *a)
{
	if (a->write.busy)
		return true;
	for (const struct fsk_open_member *m = a->members.first; m != NULL; m = m->next)
		if (m->ended)
			return true;
	return a->written.first != NULL || a->group.first != NULL;
}

int fsk_archive_settle(struct fsk_archive *a, struct fsk_err *err)
{
	struct fsk_err drop;

	fsk_archive_pump(a);
	while (is_pending(a) && wait_for_any(a))
		fsk_archive_pump(a);
	drop = a->drop;
	a->drop = (struct fsk_err){ 0 };
	return drop.code != 0 ? fsk_err_set(err, drop.code, "%s", drop.msg) : 0;
}

void fsk_archive_watch(struct fsk_archive *a, void (*ready)(void *arg), void *arg)
{
	a->ready = ready;
	a->ready_arg = arg;
	fsk_pool_watch(a->pool, ready, arg);
	fsk_pool_watch(a->disk, ready, arg);
}
