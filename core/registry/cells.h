/* A bounded view of the cells of a hive: what is at an offset, checked.
 *
 * Format facts: libregf, "Windows NT Registry File (REGF) format"; M.
 * Suhanov, "Windows registry file format specification". After a header of
 * 4096 bytes come bins ("hbin", 32 bytes of header, a multiple of 4096 long)
 * filled with cells: a signed length, negative when in use, then content.
 * Offsets in a hive count from the first bin. */
#ifndef FSK_REGISTRY_CELLS_H
#define FSK_REGISTRY_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/cursor.h"
#include "core/base/err.h"

#define FSK_CELL_NONE 0xffffffffu /* the offset that stands for "none" */
#define FSK_HIVE_HEADER 4096u
#define FSK_BIN_HEADER 32u
#define FSK_BIN_ALIGN 4096u
#define FSK_NK_HEADER 76u      /* bytes of a key cell before its name */
#define FSK_BIG_SEGMENT 16344u /* bytes of data in one segment of big data */

struct fsk_cells {
	const uint8_t *bins; /* borrowed */
	size_t size;         /* bytes of bins that are there */
	uint32_t minor;      /* minor version of the format, 3 to 6 today */
	uint32_t root;       /* of the root key; 0 until the caller sets it */
	uint8_t *marks;      /* one bit for 8 bytes of bins, all zero between calls */
	uint8_t *refused;    /* the same: see fsk_cells_refuse */
};

/* `bins` must outlive `c`. FSK_ENOMEM. Release with fsk_cells_free. */
int fsk_cells_init(struct fsk_cells *c, const uint8_t *bins, size_t size, uint32_t minor,
                   struct fsk_err *err);
void fsk_cells_free(struct fsk_cells *c);

/* From now on this part of the cell at `off` counts as damaged: a walk over what many keys or
 * values share would never end. The check decides it. */
enum fsk_refused { FSK_REFUSED_DATA, FSK_REFUSED_VALUES = 0, FSK_REFUSED_SUBKEYS = 8 };
void fsk_cells_refuse(struct fsk_cells *c, uint32_t off, enum fsk_refused part);

/* The size in bytes of the bin at `at`; 0 when none is there. */
uint32_t fsk_cells_bin(const struct fsk_cells *c, size_t at);

/* Sets `out` to the content of the cell at `off`. false when the offset is
 * not one of a cell that lies inside the bins. */
bool fsk_cells_get(struct fsk_cur *out, const struct fsk_cells *c, uint32_t off);

/* A key cell. Pointers are into the bins. */
struct fsk_nk {
	uint32_t off;
	uint16_t flags;
	uint64_t written; /* FILETIME */
	uint32_t parent;
	uint32_t nsubkeys, subkeys;
	uint32_t nvalues, values;
	uint32_t security, klass;
	uint16_t class_len, name_len; /* bytes */
	const uint8_t *name;
	bool latin1; /* the name is one byte a character, else UTF-16LE */
};

/* FSK_ECORRUPT with the reason ("cell 0x20 is no key"). */
int fsk_cells_nk(struct fsk_nk *out, const struct fsk_cells *c, uint32_t off, struct fsk_err *err);

/* The same of the content at the cursor, for cells that are no longer in the
 * chain of a bin. */
int fsk_cells_parse_nk(struct fsk_nk *out, struct fsk_cur *cur, uint32_t off, struct fsk_err *err);

/* A value cell. Up to 4 bytes of data lie in the cell itself. */
struct fsk_vk {
	uint32_t off;
	uint32_t type;
	uint32_t size; /* bytes of data */
	bool in_place; /* the data is `small` */
	uint8_t small[4];
	uint32_t data; /* offset of the data otherwise */
	const uint8_t *name;
	uint16_t name_len; /* bytes; 0 for the default value */
	bool latin1;
};
int fsk_cells_vk(struct fsk_vk *out, const struct fsk_cells *c, uint32_t off, struct fsk_err *err);
int fsk_cells_parse_vk(struct fsk_vk *out, struct fsk_cur *cur, uint32_t off, struct fsk_err *err);

/* Offsets taken out of a list. Zero before first use; fsk_list_free after. */
struct fsk_list {
	uint32_t *at;
	size_t count;
	size_t examined; /* entries looked at, the bad ones included */
	size_t dropped;  /* entries that cannot be used … */
	char reason[80]; /* … and why the first of them cannot */
};
void fsk_list_free(struct fsk_list *l);

/* The subkeys of `nk`, in the order of the hive. An entry that is no key,
 * that names another key as its parent, that came before or that is the root is dropped,
 * so that a walk meets each key once. A list that cannot be read counts as one
 * dropped entry. FSK_ENOMEM; FSK_ELIMIT beyond FSK_HIVE_SUBKEYS_MAX. */
int fsk_cells_subkeys(struct fsk_list *out, struct fsk_cells *c, const struct fsk_nk *nk,
                      struct fsk_err *err);

/* The offsets of the values of `nk`, unchecked. FSK_ECORRUPT when the list
 * is no cell or too short, FSK_ENOMEM, FSK_ELIMIT. */
int fsk_cells_values(struct fsk_list *out, const struct fsk_cells *c, const struct fsk_nk *nk,
                     struct fsk_err *err);

/* The data of a value, put together from segments where it is large; memory
 * to free with free() (never NULL, also for no bytes). FSK_ECORRUPT,
 * FSK_ENOMEM, FSK_ELIMIT beyond FSK_HIVE_VALUE_MAX. With NULL for `out` the
 * cells are checked and nothing is copied. */
int fsk_cells_data(uint8_t **out, const struct fsk_cells *c, const struct fsk_vk *vk,
                   struct fsk_err *err);

/* Has the name half of a pair of surrogates without the other? */
bool fsk_cells_lone(const uint8_t *name, size_t len, bool latin1);

/* A name as UTF-8, with U+2400 for each NUL and U+FFFD for each lone
 * surrogate; the caller frees. NULL without memory. */
char *fsk_cells_text(const uint8_t *name, size_t len, bool latin1);

#endif
