/* The bytes of a file, as blocks of memory that libyara asks for in order, and for its conditions
 * again from the first on. */
#include <stdlib.h>
#include <string.h>

#include "plugins/yara/parts.h"

static const uint8_t *fetch(YR_MEMORY_BLOCK *block)
{
	struct fsk_yara_blocks *b = block->context;
	size_t have = 0;

	while (!b->loaded && have < block->size) {
		int64_t got = b->in->read(b->in->arg, b->data + have, block->size - have,
		                          block->base + have, NULL, &b->err);

		if (got < 0)
			return NULL;
		if (got == 0)
			memset(b->data + have, 0, block->size - have);
		have += got > 0 ? (size_t) got : block->size - have;
	}
	b->loaded = true;
	return b->data;
}

static YR_MEMORY_BLOCK *go_to(struct fsk_yara_blocks *b, uint64_t base)
{
	uint64_t left = b->in->size - base;

	/* the one block of most files stays */
	if (b->block.base != base)
		b->loaded = false;
	b->block.base = base;
	b->block.size = left < b->piece ? (size_t) left : b->piece;
	return &b->block;
}

static YR_MEMORY_BLOCK *first(YR_MEMORY_BLOCK_ITERATOR *it)
{
	it->last_error = ERROR_SUCCESS;
	return go_to(it->context, 0);
}

static YR_MEMORY_BLOCK *next(YR_MEMORY_BLOCK_ITERATOR *it)
{
	struct fsk_yara_blocks *b = it->context;
	uint64_t end = b->block.base + b->block.size;

	it->last_error = ERROR_SUCCESS;
	return end >= b->in->size ? NULL : go_to(b, end - FSK_YARA_OVERLAP);
}

static uint64_t file_size(YR_MEMORY_BLOCK_ITERATOR *it)
{
	return ((struct fsk_yara_blocks *) it->context)->in->size;
}

int fsk_yara_blocks_open(struct fsk_yara_blocks *b, const struct fsk_input *in, struct fsk_err *err)
{
	memset(b, 0, sizeof(*b));
	b->in = in;
	b->piece = in->size <= FSK_YARA_WHOLE_MAX ? (size_t) in->size : FSK_YARA_PIECE;
	b->data = malloc(b->piece > 0 ? b->piece : 1);
	if (b->data == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu bytes of a file", b->piece);
	b->block.context = b;
	b->block.fetch_data = fetch;
	b->it.context = b;
	b->it.first = first;
	b->it.next = next;
	b->it.file_size = file_size;
	return 0;
}

void fsk_yara_blocks_close(struct fsk_yara_blocks *b)
{
	free(b->data);
}
