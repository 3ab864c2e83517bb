/* Headers of portable executables. Layout: Microsoft, "PE Format",
 * https://learn.microsoft.com/windows/win32/debug/pe-format.
 *
 * Debian 12 has no library for this: libpe is built inside the package "pev" only,
 * without a development package, maps whole files, and knows neither page hashes nor
 * what lies behind a signature. */
#ifndef FSK_PLUGINS_PE_IMAGE_H
#define FSK_PLUGINS_PE_IMAGE_H

#include "core/base/limits.h"
#include "plugins/shared/ranges.h"

/* Data directories, in the order of the optional header. */
enum {
	FSK_PE_EXPORT,
	FSK_PE_IMPORT,
	FSK_PE_RESOURCE,
	FSK_PE_EXCEPTION,
	FSK_PE_CERTIFICATE, /* a file offset, not an address */
	FSK_PE_RELOCATION,
	FSK_PE_DEBUG,
	FSK_PE_DELAY_IMPORT = 13,
	FSK_PE_CLR,
	FSK_PE_DIRECTORIES = 16
};

#define FSK_PE_SECTION_NAME 63u /* bytes of a name in the table of strings that are kept */

struct fsk_pe_section {
	char name[FSK_PE_SECTION_NAME + 1];
	uint32_t address, virtual_size; /* in memory, from the image's base */
	uint32_t offset, size;          /* in the file */
	uint32_t flags;
};

struct fsk_pe_directory {
	uint32_t address, size;
};

struct fsk_pe {
	struct fsk_ranges *file;
	uint16_t machine, characteristics, subsystem, dll_flags;
	bool wide;          /* PE32+ */
	uint32_t alignment; /* of sections in memory */
	uint32_t timestamp, entry_point, size_of_image, size_of_headers, checksum;
	uint32_t symbols, nsymbols; /* COFF symbol table: offset, entries */
	uint64_t image_base;
	uint64_t checksum_at;    /* offset of the 4 bytes of the checksum */
	uint64_t directories_at; /* of the table of them */
	unsigned ndirectories;
	struct fsk_pe_directory directories[FSK_PE_DIRECTORIES]; /* absent ones are 0, 0 */
	unsigned nsections;
	struct fsk_pe_section sections[FSK_PE_SECTIONS_MAX];
};

/* Reads the headers. FSK_EUNSUPPORTED when this is no program ("no MZ header"),
 * FSK_ECORRUPT when its headers end too early; the error of reading. `f` must
 * outlive `out`. */
int fsk_pe_headers(struct fsk_pe *out, struct fsk_ranges *f, struct fsk_err *err);

/* Where the byte at an address lies in the file, and how many of its section follow
 * (`*left`, may be NULL). False when it is in no section's part of the file. */
bool fsk_pe_locate(uint64_t *off, size_t *left, const struct fsk_pe *pe, uint64_t address);
/* Does a section have the address in memory, in the file or not? What packers fill in
 * when the program starts has. */
bool fsk_pe_in_memory(const struct fsk_pe *pe, uint64_t address);
/* `n` bytes at an address, or false. */
bool fsk_pe_at(void *out, size_t n, const struct fsk_pe *pe, uint64_t address);
/* Text at an address, as fsk_ranges_text. */
bool fsk_pe_text_at(struct fsk_buf *out, const struct fsk_pe *pe, uint64_t address);

/* Offset of the entry of a directory in the headers, for notes. */
uint64_t fsk_pe_directory_at(const struct fsk_pe *pe, unsigned directory);

/* { offset, size }: what lies behind the sections and is not the certificate table; NULL
 * when nothing does. */
json_t *fsk_pe_overlay(const struct fsk_pe *pe);

/* The headers as members of `o`, sections included. `entropy` has one number for each
 * section, negative for those without; NULL: none. */
int fsk_pe_tell_headers(json_t *o, const struct fsk_pe *pe, const double *entropy);

#endif
