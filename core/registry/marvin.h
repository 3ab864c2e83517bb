/* Marvin32, the checksum of entries in transaction logs of hives. Internal to
 * core/registry.
 *
 * Facts: N. T. Ferguson et al., US patent 8,189,769 (the mixing steps); M.
 * Suhanov, "Windows registry file format specification" (the seed). */
#ifndef FSK_REGISTRY_MARVIN_H
#define FSK_REGISTRY_MARVIN_H

#include <stddef.h>
#include <stdint.h>

/* The seed that hives use. */
#define FSK_MARVIN_HIVE 0x82ef4d887a4e55c5ull

uint64_t fsk_marvin32(const uint8_t *p, size_t n, uint64_t seed);

#endif
