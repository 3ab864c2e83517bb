/* Shortcuts (.lnk) from memory: where they lead, with what arguments, and what
 * they remember of the target, its volume and the machine it was on.
 *
 * Format: [MS-SHLLINK], revision 5 and later; shell items, which it leaves open,
 * as libyal documents them ("Windows Shell Item format", libfwsi).
 *
 * liblnk 20181227 is not asked: it reads outside of its memory when offsets of
 * the location information are wrong, and swallows the character behind a lone
 * surrogate. tests/interop/lnk_corpus.py compares with its lnkinfo instead. */
#ifndef FSK_PLUGINS_LNK_SHORTCUT_H
#define FSK_PLUGINS_LNK_SHORTCUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/time.h"
#include "plugins/lnk/items.h"

enum fsk_lnk_text {
	FSK_LNK_DESCRIPTION,
	FSK_LNK_RELATIVE,
	FSK_LNK_WORKING_DIR,
	FSK_LNK_ARGUMENTS,
	FSK_LNK_ICON,
	FSK_LNK_LOCAL_PATH,    /* with the common suffix */
	FSK_LNK_NETWORK_SHARE, /* \\server\share */
	FSK_LNK_NETWORK_PATH,  /* with the common suffix */
	FSK_LNK_DEVICE,        /* drive letter of the share */
	FSK_LNK_VOLUME_LABEL,
	FSK_LNK_ENVIRONMENT, /* path with %NAMES% */
	FSK_LNK_ICON_ENVIRONMENT,
	FSK_LNK_DARWIN,  /* descriptor of an advertised product */
	FSK_LNK_MACHINE, /* NetBIOS name */
	FSK_LNK_TEXTS
};

enum fsk_lnk_droid {
	FSK_LNK_DROID_VOLUME,
	FSK_LNK_DROID_FILE,
	FSK_LNK_BIRTH_VOLUME,
	FSK_LNK_BIRTH_FILE,
	FSK_LNK_DROIDS
};

#define FSK_LNK_FORCE_NO_LINK_INFO 0x00000100u

struct fsk_lnk {
	uint32_t flags;      /* LinkFlags */
	uint32_t attributes; /* of the target, as are size and times */
	uint32_t size;       /* its lower 32 bits */
	int32_t icon_index;
	uint32_t show; /* ShowCommand: 1 normal, 3 maximized, 7 minimized */
	fsk_time created, accessed, modified;
	/* UTF-8 with "\uNNNN" for each lone surrogate; NULL when absent. What is
	 * stored in a code page of the machine only is read as Windows-1252 */
	char *text[FSK_LNK_TEXTS];
	bool path_guessed; /* the local path has other characters than ASCII and such a page */
	struct fsk_items items;
	bool has_volume;
	uint32_t drive_type, volume_serial;
	bool has_droids, has_known_folder;
	uint8_t droid[FSK_LNK_DROIDS][16];
	uint8_t known_folder[16];
	size_t end;            /* of what belongs to the shortcut, in bytes */
	size_t appended;       /* bytes of the file behind it */
	struct fsk_buf damage; /* sentences, each ended by '\n' */
};

/* Reads `size` bytes at `data`, which are not kept. What contradicts itself is
 * told in `damage`, and the rest is read. FSK_ECORRUPT when there is no header
 * of a shortcut, FSK_ENOMEM. Release with fsk_lnk_free, also after a failure. */
int fsk_lnk_read(struct fsk_lnk *out, const uint8_t *data, size_t size, struct fsk_err *err);
void fsk_lnk_free(struct fsk_lnk *l);

/* The best path to the target, and in `from` where it stands: "local", "network",
 * "items", "environment", in this order; NULL when there is none. The list of
 * items comes before the local path when the flags switch the location
 * information off or that path is guessed, and last when it leads to no file
 * but to a folder of the shell ("::{…}"). */
const char *fsk_lnk_target(const struct fsk_lnk *l, const char **from);

#endif
