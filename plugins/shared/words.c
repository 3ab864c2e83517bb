#include "plugins/shared/words.h"

#include <stdio.h>

json_t *fsk_word_for(const struct fsk_word *words, size_t n, uint32_t number)
{
	char text[16];

	for (size_t i = 0; i < n; i++)
		if (words[i].number == number)
			return json_string(words[i].text);
	snprintf(text, sizeof(text), "0x%x", number);
	return json_string(text);
}
