/* The certificate table of a program: its signatures, whether the file is what was
 * signed, and what lies in the table that no signature covers (CVE-2013-3900).
 * Layout: Microsoft, "PE Format", section "The Attribute Certificate Table". */
#ifndef FSK_PLUGINS_PE_AUTHENTICODE_H
#define FSK_PLUGINS_PE_AUTHENTICODE_H

#include "plugins/pe/content.h"

/* Bytes that nobody has signed. */
struct fsk_pe_slack {
	uint64_t offset, size; /* size 0: none */
	bool zero;             /* all of them are 0, of the first FSK_PE_SLACK_MAX */
};

struct fsk_pe_record {
	uint64_t offset;
	uint32_t size; /* as the record says, header included */
	unsigned revision, type;
	uint32_t der; /* bytes of the DER value; 0: there is none */
	struct fsk_pe_slack slack;
};

struct fsk_pe_table {
	uint64_t offset;
	uint32_t size;   /* as the headers say; 0: there is no table */
	bool cut;        /* the file ends before it does */
	bool signatures; /* they are to be read */
	unsigned nrecords;
	struct fsk_pe_record records[FSK_PE_CERTIFICATES_MAX];
	struct fsk_pe_slack rest;   /* of the table, behind its records */
	struct fsk_pe_slack behind; /* of the file, behind the table */
	struct fsk_cms cms;         /* from all records of type PKCS #7 */
	char damage[256];           /* why a signature could not be read, or "" */
	int damage_code;
};

/* Reads the table, and with `signatures` what its records hold. What is damaged is noted. */
void fsk_pe_table_read(struct fsk_pe_table *out, const struct fsk_pe *pe, bool signatures);
void fsk_pe_table_free(struct fsk_pe_table *t);

/* Digests of the image that the signatures want: FSK_PE_*. */
unsigned fsk_pe_table_digests(const struct fsk_pe_table *t);

/* The table as JSON: see pe.signature in core/lua/module_bridge.c. `c` is NULL when the
 * file was not read as a whole; then nothing says whether it is what was signed. */
json_t *fsk_pe_table_tell(const struct fsk_pe_table *t, const struct fsk_pe *pe,
                          const struct fsk_pe_content *c);
/* Its records and what lies around them alone; NULL when there is no table. */
json_t *fsk_pe_table_layout(const struct fsk_pe_table *t);

#endif
