/* Numbers of a format as the words that a plugin gets. */
#ifndef FSK_PLUGINS_SHARED_WORDS_H
#define FSK_PLUGINS_SHARED_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct fsk_word {
	uint32_t number;
	const char *text;
};

/* The word for a number, "0x…" when it has none. New; NULL when memory is short. */
json_t *fsk_word_for(const struct fsk_word *words, size_t n, uint32_t number);

#endif
