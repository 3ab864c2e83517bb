/* What takes a whole file to know, all from one reading. */
#ifndef FSK_PLUGINS_PE_CONTENT_H
#define FSK_PLUGINS_PE_CONTENT_H

#include "core/base/digest.h"
#include "plugins/shared/cms.h"
#include "plugins/pe/image.h"

#define FSK_PE_DIGESTS 5u

/* Digests that a signature may use, as bits. */
enum { FSK_PE_MD5 = 1, FSK_PE_SHA1 = 2, FSK_PE_SHA256 = 4, FSK_PE_SHA384 = 8, FSK_PE_SHA512 = 16 };

/* "sha256" as FSK_PE_SHA256; 0 for another word. And back, for one bit. */
unsigned fsk_pe_digest_named(const char *word);
const char *fsk_pe_digest_name(unsigned bit);

struct fsk_pe_digest {
	uint8_t bytes[FSK_CMS_DIGEST_MAX];
	size_t size; /* 0: not asked for */
};

struct fsk_pe_content {
	/* what is wanted */
	unsigned digests; /* FSK_PE_*: of the image, as a signature covers it */
	bool file_digests, entropy;
	/* what came out */
	struct fsk_digests file;
	struct fsk_pe_digest image[FSK_PE_DIGESTS]; /* in the order of the bits */
	uint32_t checksum;                          /* as the linker computes it */
	double sections[FSK_PE_SECTIONS_MAX];       /* bits a byte; negative: no bytes */
};

/* Reads the file from its beginning to its end. The digest of the image leaves out
 * checksum, the entry of the certificate table, and the table: what Microsoft's
 * document says, for images whose sections follow each other. Negative when a part
 * cannot be read. */
int fsk_pe_content_read(struct fsk_pe_content *c, const struct fsk_pe *pe, struct fsk_err *err);

/* The digest of the image as the document says literally: headers, sections in the order
 * of their offsets, then what is behind as many bytes, without the certificate table.
 * `*same` is set, and nothing computed, when that is what fsk_pe_content_read did. */
int fsk_pe_content_by_sections(struct fsk_pe_digest *out, bool *same, unsigned digest,
                               const struct fsk_pe *pe, struct fsk_err *err);

#endif
