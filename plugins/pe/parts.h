/* The parts of a program beside its headers, each as JSON. What is damaged is noted
 * (fsk_ranges_note), and what could be read is told. Layout: see image.h. */
#ifndef FSK_PLUGINS_PE_PARTS_H
#define FSK_PLUGINS_PE_PARTS_H

#include "plugins/pe/image.h"

/* --- resources.c --- */

/* List of { type, name, language, offset, size }: type and name are a word or text, or a
 * number as text, "" when all names together have taken FSK_RANGES_NAMES_MAX; offset in
 * the file, absent when it is not in there, as in packed programs. At most
 * FSK_PE_RESOURCES_MAX. New reference. */
json_t *fsk_pe_resources(const struct fsk_pe *pe);

/* Where the content of the first resource of a type lies: file offset and size. */
bool fsk_pe_resource_find(uint64_t *off, uint32_t *size, unsigned *language,
                          const struct fsk_pe *pe, unsigned type);

/* --- version.c --- */

/* { file = "1.2.3.4", product = "…", language, strings = { CompanyName = … } }; NULL
 * when there is no version resource. Layout: Microsoft, "VS_VERSIONINFO" and the
 * structures below it. The first table of strings wins, later ones add what it lacks. */
json_t *fsk_pe_version(const struct fsk_pe *pe);

/* --- imports.c --- */

/* Sets `imports` and `delay_imports`, objects of lists of names by library ("#12" for
 * ordinals), and `imphash`: the MD5 of Mandiant's rule, "library.function" in lower
 * case with commas between, in their order, without the endings dll, ocx and sys; by
 * ordinal "ord12", but for the libraries of fsk_pe_ordinal_name. Absent when there are no
 * imports, or when they could not be read in full. */
void fsk_pe_imports(json_t *o, const struct fsk_pe *pe);

/* --- ordinals.c --- */

/* The name that the rule of imphash has for a function of ws2_32, wsock32 or oleaut32;
 * NULL for others. `stem` is the library in lower case up to the dot, "ws2_32.". */
const char *fsk_pe_ordinal_name(const void *stem, size_t n, unsigned ordinal);

/* --- exports.c --- */

/* { dll, count, names = list, forwarders = { name = "library.function" } }; NULL when
 * there is no export directory. */
json_t *fsk_pe_exports(const struct fsk_pe *pe);

/* --- debug.c --- */

/* { path, guid, age } of the first CodeView entry; NULL when there is none. */
json_t *fsk_pe_pdb(const struct fsk_pe *pe);

#endif
