/* What a file system backend implements, and what the backends share.
 * Internal to core/evidence. */
#ifndef FSK_EVIDENCE_FS_IMPL_H
#define FSK_EVIDENCE_FS_IMPL_H

#include "core/evidence/fs.h"
#include "core/evidence/rangelog.h"

/* One name in a folder, as the folder tells it. */
struct fsk_name {
	char *name;    /* UTF-8; a '/' inside it is written "\x2f" */
	char *alias;   /* the 8.3 name of NTFS, or NULL */
	bool borrowed; /* name and alias belong to the file system, and stay */
	uint64_t addr, seq;
	enum fsk_entry_type type;
	bool deleted;
	uint64_t size; /* size and times serve when the record itself is unreadable */
	struct fsk_times times;
};

/* A folder's names, sorted by name, deleted, address. Shared by reference:
 * the cache of the file system and walks that are inside the folder hold it. */
struct fsk_listing {
	struct fsk_name *items;
	size_t count, cap;
	unsigned refs;
	char *path;
	bool deleted;                 /* deleted names are in it */
	bool asked;                   /* for a name, before; see fsk_listing_pick */
	struct fsk_name_table *table; /* of its names; NULL until it is of use */
};

/* The name `want` among those that are there: as it is spelt first, then, when `folds`, in
 * any case, then as an 8.3 name. NULL when there is none. The listing must not change any
 * more. */
const struct fsk_name *fsk_listing_pick(struct fsk_listing *l, bool folds, const char *want);
void fsk_name_table_free(struct fsk_name_table *t);

/* Appends a name and takes over its memory, also on failure. FSK_ELIMIT
 * beyond FSK_DIR_ENTRIES_MAX. */
int fsk_listing_add(struct fsk_listing *l, struct fsk_name *n, struct fsk_err *err);

/* Orders by address, for fsk_listing_find: the first of the `count` names in
 * front that has it, or NULL. */
void fsk_listing_by_addr(struct fsk_listing *l);
const struct fsk_name *fsk_listing_find(const struct fsk_listing *l, size_t count, uint64_t addr);

/* Copies `n` bytes of a name as clean UTF-8 without '/'; NULL without memory. */
char *fsk_name_text(const char *p, size_t n);

struct fsk_layout;
struct fsk_runs;

/* Where a stream lies. */
struct fsk_extent {
	uint64_t size, initialised; /* bytes; from `initialised` on they are zero */
	const uint8_t *content;     /* all of it, until the next call; NULL: in runs */
	size_t first, count;        /* of the runs in the list that was given */
	bool packed;                /* only `open` can read it; `at` is where it begins */
	uint64_t at;                /* in the source; of what is packed */
};

struct fsk_fs_ops {
	/* Appends the names of folder `dir` (path `path`, "" is the root); with
	 * `deleted` also those that are gone. Damage that leaves something is an
	 * anomaly; an error means that nothing could be read. */
	int (*list)(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
	            const char *path, bool deleted, struct fsk_err *err);
	/* Optional: one name of a folder without listing it. FSK_ENOTFOUND. */
	int (*find)(struct fsk_fs *fs, struct fsk_name *out, const char *path, const char *name,
	            struct fsk_err *err);
	/* Fills type, size and times of `e`, whose locator is set, for the stream
	 * that the locator names. FSK_ENOTFOUND when there is no such stream. */
	int (*describe)(struct fsk_fs *fs, struct fsk_entry *e, const struct fsk_name *n,
	                struct fsk_err *err);
	/* Names of alternate streams, sorted; NULL when the backend has none. */
	int (*streams)(struct fsk_fs *fs, char ***out, size_t *count, const struct fsk_locator *loc,
	               struct fsk_err *err);
	int (*open)(struct fsk_fs *fs, struct fsk_stream **out, const struct fsk_locator *loc,
	            struct fsk_err *err);
	/* Optional: tells where a stream lies, sooner when the calls come in the order
	 * of addresses; appends to `runs`, at most up to FSK_ORDER_RUNS_MAX of them.
	 * Any error: it is to be opened. */
	int (*locate)(struct fsk_fs *fs, struct fsk_extent *out, struct fsk_runs *runs,
	              const struct fsk_locator *loc, struct fsk_err *err);
	/* Optional: the other calls are to be answered from an index of the whole
	 * volume, or no longer. The answers stay the same. Returns whether folders
	 * are not read now; says in an anomaly, once, what is wrong with the index. */
	bool (*use_index)(struct fsk_fs *fs, bool use);
	/* How many records the index is made of. Goes with use_index, as do the next:
	 * see fsk_fs_index_area and fsk_fs_adopt_index. */
	uint64_t (*index_records)(const struct fsk_fs *fs);
	const void *(*index_area)(struct fsk_fs *fs, size_t *size, bool *whole);
	int (*adopt_index)(struct fsk_fs *fs, const void *area, size_t size, bool whole,
	                   struct fsk_err *err);
	/* Optional: tells how many bytes the file system has and, when `runs` is not NULL, appends
	 * runs for the bytes [from, to) of it, which are multiples of its blocks or its end: data
	 * where a block is free, else holes. Their `start` counts from `from`. */
	int (*unallocated)(struct fsk_fs *fs, uint64_t *size, struct fsk_runs *runs, uint64_t from,
	                   uint64_t to, struct fsk_err *err);
	void (*close)(struct fsk_fs *fs); /* frees the backend, not `fs` */
};

#define FSK_LISTINGS_KEPT 64u

struct fsk_fs {
	const struct fsk_fs_ops *ops;
	void *impl;
	uint32_t source, volume;
	struct fsk_source *medium; /* NULL: a folder of the host */
	bool folds;
	bool walk_only;       /* no index is ever used, and `locate` tells nothing */
	enum fsk_way way;     /* of the volume */
	struct fsk_plan last; /* of the last walk */
	struct fsk_name root;
	char *object; /* "volume 1 of \"disk.E01\"", for messages */
	struct fsk_anomaly_sink sink;
	struct fsk_listing *kept[FSK_LISTINGS_KEPT]; /* most recent first */
};

/* fs_plan.c: a walk begins, enters a folder, has found something, ends. */
void fsk_plan_start(struct fsk_fs *fs, const struct fsk_matcher *m, unsigned flags);
void fsk_plan_folder(struct fsk_fs *fs, bool deleted);
void fsk_plan_entry(struct fsk_fs *fs, bool deleted);
void fsk_plan_end(struct fsk_fs *fs, unsigned flags);

/* Allocates what all backends share. `object` is copied. */
int fsk_fs_alloc(struct fsk_fs **out, const struct fsk_fs_ops *ops, const char *object,
                 struct fsk_err *err);

/* Reports that something about `path` (NULL: the volume) is wrong. */
void fsk_fs_anomaly(struct fsk_fs *fs, int code, const char *path, const char *reason);

/* The names of a folder, from the cache or read now. Release with
 * fsk_listing_release. */
int fsk_fs_list(struct fsk_listing **out, struct fsk_fs *fs, const struct fsk_name *dir,
                const char *path, bool deleted, struct fsk_err *err);
void fsk_listing_release(struct fsk_listing *l);
/* Empties that cache. */
void fsk_fs_forget(struct fsk_fs *fs);

/* "dir/name", or "name" in the root; NULL without memory. */
char *fsk_path_join(const char *dir, const char *name);

/* A new entry for `n` at `path` and, when not NULL, `stream`. */
int fsk_fs_entry(struct fsk_entry *out, struct fsk_fs *fs, const struct fsk_name *n,
                 const char *path, const char *stream, struct fsk_err *err);

void fsk_name_clear(struct fsk_name *n);
int fsk_name_copy(struct fsk_name *out, const struct fsk_name *in, struct fsk_err *err);

struct fsk_stream_ops {
	/* `n` > 0 and off + n <= size; fills all of `buf` or fails. */
	int (*read)(struct fsk_stream *st, uint8_t *buf, size_t n, uint64_t off, bool *sparse,
	            struct fsk_err *err);
	void (*close)(struct fsk_stream *st); /* frees `impl` */
	/* Optional: where its bytes lie. `*packed`: they are not those of the file. */
	const struct fsk_layout *(*layout)(const struct fsk_stream *st, bool *packed);
};

struct fsk_stream {
	const struct fsk_stream_ops *ops;
	void *impl;
	uint64_t size;
	struct fsk_rangelog bad;
	bool damaged; /* some byte is wrong, and nobody can say which */
};

int fsk_stream_alloc(struct fsk_stream **out, const struct fsk_stream_ops *ops, uint64_t size,
                     struct fsk_err *err);

/* A stream over bytes in memory, which are copied. */
int fsk_memory_stream_open(struct fsk_stream **out, const void *p, size_t n, struct fsk_err *err);

#endif
