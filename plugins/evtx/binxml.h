/* Binary XML of event logs: what an event says, taken out of the tokens without building a
 * document.
 *
 * Format: chapter "Binary XML" of libyal's "Windows XML Event Log (EVTX) format"; [MS-EVEN6]
 * 2.2.12 and 3.1.4.7 have the grammar of tokens. Names and templates are referred to by their
 * offset in the chunk. Windows leaves out the dependency number of elements inside of values;
 * some logs of collectors have none anywhere, which the size of the element shows. */
#ifndef FSK_PLUGINS_EVTX_BINXML_H
#define FSK_PLUGINS_EVTX_BINXML_H

#include "plugins/evtx/event.h"
#include "plugins/evtx/template.h"

/* A chunk and what is known of it. */
struct fsk_binxml {
	const uint8_t *chunk;
	size_t size;
	size_t tokens, bytes; /* that its events may still take: FSK_EVTX_CHUNK_… */
	struct fsk_templates templates;
	struct fsk_evtx_event scratch; /* of templates */
	struct fsk_buf work;
};

/* Allocates nothing. */
void fsk_binxml_init(struct fsk_binxml *x);
void fsk_binxml_free(struct fsk_binxml *x);
/* From here on another chunk of `size` bytes is read, borrowed. */
void fsk_binxml_chunk(struct fsk_binxml *x, const uint8_t *chunk, size_t size);

/* Adds what the tokens from byte `from` to `to` of the chunk say to `out`, which is empty.
 * FSK_ECORRUPT with what was read until then in `out`; FSK_ELIMIT likewise: nested or
 * repeated beyond reason; FSK_ENOMEM. */
int fsk_binxml_read(struct fsk_evtx_event *out, struct fsk_binxml *x, size_t from, size_t to,
                    struct fsk_err *err);

/* What an event is, without reading it. */
struct fsk_binxml_kind {
	bool has_id, has_provider; /* false: only reading it would tell */
	uint64_t id;
	char provider[FSK_EVTX_PROVIDER_MAX]; /* UTF-8 */
};
/* The kind of the event from byte `from` to `to` of the chunk; remembers its template. */
void fsk_binxml_peek(struct fsk_binxml_kind *out, struct fsk_binxml *x, size_t from, size_t to);

#endif
