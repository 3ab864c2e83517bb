/* Times of evidence: one type, nanoseconds since 1970-01-01T00:00:00Z. */
#ifndef FSK_BASE_TIME_H
#define FSK_BASE_TIME_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t fsk_time;

#define FSK_TIME_NONE INT64_MIN
#define FSK_TIME_STR_MAX 40

/* Conversions saturate nowhere: what does not fit is FSK_TIME_NONE, and so
 * is 0 where the format uses 0 for "never" (FILETIME, WebKit, PRTime). */
fsk_time fsk_time_from_filetime(uint64_t ft);  /* 100 ns since 1601 */
fsk_time fsk_time_from_webkit(int64_t us);     /* µs since 1601 */
fsk_time fsk_time_from_prtime(int64_t us);     /* µs since 1970 */
fsk_time fsk_time_from_mac_absolute(double s); /* s since 2001 */
fsk_time fsk_time_from_unix(int64_t s, uint32_t ns);
uint64_t fsk_time_to_filetime(fsk_time t); /* 0 when none or before 1601 */

/* Now, from the host's clock. For run ids and custody only. */
fsk_time fsk_time_now(void);

/* "2023-03-29T08:15:30.1234567Z": UTC, fraction only as long as needed (0,
 * 3, 6, 7 or 9 digits). "" for FSK_TIME_NONE. Returns `out`. */
const char *fsk_time_iso(char out[FSK_TIME_STR_MAX], fsk_time t);

/* "20230329T081530Z", for file names. Returns `out`. */
const char *fsk_time_compact(char out[FSK_TIME_STR_MAX], fsk_time t);

/* Reads what fsk_time_iso writes; FSK_TIME_NONE if it is not that. */
fsk_time fsk_time_parse_iso(const char *s);

/* Broken-down UTC for formats that want it (DOS time of ZIP). Years outside
 * 0..9999 give a zeroed struct. */
struct fsk_civil {
	int year, month, day, hour, minute, second;
	uint32_t nanosecond;
};
struct fsk_civil fsk_time_civil(fsk_time t);

#endif
