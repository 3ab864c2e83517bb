/* What newer versions of Windows 10 write into ESE databases, and libesedb 20181229 takes for
 * damage: in the copy in memory it is put into the form that libesedb knows.
 *
 * - fields of the header behind its first 668 bytes, which the checksum has to cover;
 * - in the number of tags of a page, the upper four bits count reserved ones;
 * - a thirteenth column of fixed size in the catalog, which is left out.
 *
 * Seen in databases of Windows 10 and 11 whose header has revision 110. */
#ifndef FSK_PLUGINS_ESE_FIT_H
#define FSK_PLUGINS_ESE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FSK_ESE_SIGNATURE 0x89abcdefu

/* Is the checksum of the page of a header right? It is set to the one that libesedb counts,
 * in either case. `size` is at least 2048. */
bool fsk_ese_fit_header(uint8_t *page, size_t size);

/* All pages behind the headers. `page` is their size. The count of records whose values lie
 * outside of them, which libesedb would read: nothing is left in those. */
unsigned fsk_ese_fit_pages(uint8_t *data, size_t size, uint32_t page);

#endif
