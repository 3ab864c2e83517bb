#include "core/base/time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S 1000000000ll
#define FILETIME_UNIX 116444736000000000ll /* 1970 in 100 ns since 1601 */
#define WEBKIT_UNIX_S 11644473600ll        /* 1970 in seconds since 1601 */
#define MAC_UNIX_S 978307200ll             /* 2001 in seconds since 1970 */

/* seconds + a fraction, if the sum fits */
static fsk_time join(int64_t s, int64_t ns)
{
	if (s > INT64_MAX / NS_PER_S - 1 || s < INT64_MIN / NS_PER_S + 1)
		return FSK_TIME_NONE;
	return s * NS_PER_S + ns;
}

fsk_time fsk_time_from_filetime(uint64_t ft)
{
	int64_t t;

	if (ft == 0 || ft > (uint64_t) INT64_MAX)
		return FSK_TIME_NONE;
	t = (int64_t) ft - FILETIME_UNIX;
	return join(t / 10000000, t % 10000000 * 100);
}

fsk_time fsk_time_from_webkit(int64_t us)
{
	if (us == 0)
		return FSK_TIME_NONE;
	return join(us / 1000000 - WEBKIT_UNIX_S, us % 1000000 * 1000);
}

fsk_time fsk_time_from_prtime(int64_t us)
{
	if (us == 0)
		return FSK_TIME_NONE;
	return join(us / 1000000, us % 1000000 * 1000);
}

fsk_time fsk_time_from_mac_absolute(double s)
{
	double whole, part = modf(s, &whole);

	if (!isfinite(s) || fabs(whole) > 9e9)
		return FSK_TIME_NONE;
	return join((int64_t) whole + MAC_UNIX_S, (int64_t) llround(part * 1e6) * 1000);
}

fsk_time fsk_time_from_unix(int64_t s, uint32_t ns)
{
	return ns < NS_PER_S ? join(s, ns) : FSK_TIME_NONE;
}

uint64_t fsk_time_to_filetime(fsk_time t)
{
	int64_t units;

	if (t == FSK_TIME_NONE)
		return 0;
	/* floor, so that times before 1970 do not round towards it */
	units = t / 100 - (t % 100 < 0);
	return units < -FILETIME_UNIX ? 0 : (uint64_t) (units + FILETIME_UNIX);
}

/* Days since 1970 to a civil date, proleptic Gregorian; the calendar repeats
 * every 146097 days. */
static void civil_of_days(int64_t days, struct fsk_civil *c)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	c->day = (int) (doy - (153 * mp + 2) / 5 + 1);
	c->month = (int) (mp < 10 ? mp + 3 : mp - 9);
	c->year = (int) (yoe + era * 400 + (c->month <= 2));
}

static int64_t days_of_civil(int64_t y, int m, int d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct fsk_civil fsk_time_civil(fsk_time t)
{
	struct fsk_civil c = { 0 };
	int64_t s, ns, day;

	if (t == FSK_TIME_NONE)
		return c;
	s = t / NS_PER_S;
	ns = t % NS_PER_S;
	if (ns < 0) {
		ns += NS_PER_S;
		s--;
	}
	day = s / 86400 - (s % 86400 < 0);
	s -= day * 86400;
	civil_of_days(day, &c);
	c.hour = (int) (s / 3600);
	c.minute = (int) (s / 60 % 60);
	c.second = (int) (s % 60);
	c.nanosecond = (uint32_t) ns;
	return c;
}

/* `n` digits of `v`. Listings show millions of times: printf is too slow. */
static char *put_digits(char *p, uint32_t v, unsigned n)
{
	for (unsigned i = n; i > 0; i--, v /= 10)
		p[i - 1] = (char) ('0' + v % 10);
	return p + n;
}

static char *put_fraction(char *p, uint32_t ns)
{
	if (ns == 0)
		return p;
	*p++ = '.';
	if (ns % 100 != 0)
		return put_digits(p, ns, 9);
	if (ns % 1000 != 0)
		return put_digits(p, ns / 100, 7);
	if (ns % 1000000 != 0)
		return put_digits(p, ns / 1000, 6);
	return put_digits(p, ns / 1000000, 3);
}

const char *fsk_time_iso(char out[FSK_TIME_STR_MAX], fsk_time t)
{
	struct fsk_civil c = fsk_time_civil(t);
	char *p = out;

	if (t == FSK_TIME_NONE) {
		out[0] = '\0';
		return out;
	}
	/* 64 bits of nanoseconds end in the year 2262 */
	p = put_digits(p, (uint32_t) c.year, 4);
	*p++ = '-';
	p = put_digits(p, (uint32_t) c.month, 2);
	*p++ = '-';
	p = put_digits(p, (uint32_t) c.day, 2);
	*p++ = 'T';
	p = put_digits(p, (uint32_t) c.hour, 2);
	*p++ = ':';
	p = put_digits(p, (uint32_t) c.minute, 2);
	*p++ = ':';
	p = put_digits(p, (uint32_t) c.second, 2);
	p = put_fraction(p, c.nanosecond);
	*p++ = 'Z';
	*p = '\0';
	return out;
}

const char *fsk_time_compact(char out[FSK_TIME_STR_MAX], fsk_time t)
{
	struct fsk_civil c = fsk_time_civil(t);

	snprintf(out, FSK_TIME_STR_MAX, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day,
	         c.hour, c.minute, c.second);
	return out;
}

/* `n` digits; -1 when there are others. */
static int take_digits(const char **s, unsigned n)
{
	int v = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		v = v * 10 + (**s - '0');
	}
	return v;
}

/* A separator and two digits. */
static int take_pair(const char **s, char separator)
{
	if (**s != separator)
		return -1;
	(*s)++;
	return take_digits(s, 2);
}

fsk_time fsk_time_parse_iso(const char *s)
{
	int64_t ns = 0, unit = NS_PER_S / 10;
	int y = take_digits(&s, 4);
	int mo = y < 0 ? -1 : take_pair(&s, '-');
	int d = mo < 1 ? -1 : take_pair(&s, '-');
	int h = d < 1 ? -1 : take_pair(&s, 'T');
	int mi = h < 0 ? -1 : take_pair(&s, ':');
	int se = mi < 0 ? -1 : take_pair(&s, ':');

	if (se < 0 || mo > 12 || d > 31 || h > 23 || mi > 59 || se > 60)
		return FSK_TIME_NONE;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
			ns += (*s - '0') * unit;
	if (strcmp(s, "Z") != 0)
		return FSK_TIME_NONE;
	return join(days_of_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + se, ns);
}
