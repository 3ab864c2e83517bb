/* The log: one sink per process. Text from evidence must go through %s
 * arguments; the whole line is escaped before it is written. */
#ifndef FSK_BASE_LOG_H
#define FSK_BASE_LOG_H

enum fsk_log_level { FSK_LOG_ERROR, FSK_LOG_WARN, FSK_LOG_INFO, FSK_LOG_DEBUG };

/* `line` is escaped, has no line end, and lives during the call only. */
typedef void fsk_log_sink(enum fsk_log_level level, const char *line, void *arg);

/* NULL restores the default, which writes "fossick: <line>" to stderr. */
void fsk_log_set_sink(fsk_log_sink *sink, void *arg);
/* Lines above this level are dropped; the default is FSK_LOG_WARN. */
void fsk_log_set_level(enum fsk_log_level max);

void fsk_log(enum fsk_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

const char *fsk_log_level_name(enum fsk_log_level level);

#endif
