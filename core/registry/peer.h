/* A second reader: libregf reads the same copy of a hive, key by key and value by
 * value, and what it reads is compared with what fsk_hive_* gives. Two programs by
 * different people that agree are evidence that neither misreads. Left out is what
 * libregf 20201007 gets wrong: data of less than four bytes (it takes them from the wrong
 * end of the field), and how long a string is (it goes to the first NUL). */
#ifndef FSK_REGISTRY_PEER_H
#define FSK_REGISTRY_PEER_H

#include "core/registry/hive.h"

struct fsk_peer {
	bool read;           /* libregf was given the hive; it is not when a cell is damaged or a
	                      * name is one that libregf reads in another way (check.h) */
	size_t keys, values; /* compared: cell, name, time; name, type, data */
	size_t differences;
	char first[256]; /* the first of them, or why it was not read; may be "" */
};

/* FSK_ENOMEM. */
int fsk_hive_compare(struct fsk_peer *out, struct fsk_hive *h, struct fsk_err *err);

#endif
