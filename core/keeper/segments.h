/* Names of the further segments of an image, from the name of its first. */
#ifndef FSK_KEEPER_SEGMENTS_H
#define FSK_KEEPER_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fsk_segment_scheme {
	FSK_SEGMENTS_NONE, /* one file */
	FSK_SEGMENTS_EWF,  /* .E01 … .E99 .EAA … .EZZ .FAA … .ZZZ, and so on for .s01, .L01 */
	FSK_SEGMENTS_NUMBER, /* .000 or .001 upwards, also .01, .0001 */
	FSK_SEGMENTS_LETTER  /* .aa, .ab … .zz, also .aaa, .AA */
};

/* The scheme of which `name` can be the first segment. A later one ("x.E02",
 * "x.002") is none: it is read as it was given. The EWF sequence is that of
 * libewf's documentation "Expert Witness Compression Format", section 2. */
enum fsk_segment_scheme fsk_segment_scheme_of(const char *name);

/* Writes the name of segment `n` (0 is `first` itself) to `out` of `cap`
 * bytes. False when the scheme ends before it or it does not fit. */
bool fsk_segment_name(char *out, size_t cap, const char *first, uint32_t n);

#endif
