/* Messages between keeper and worker.
 *
 * A frame is: u32le length of the rest; u8 type; u8 zero; u16le zero; u32le
 * length of the head; head (a JSON object in UTF-8); blob (raw bytes up to
 * the end of the frame). "length of the rest" is at most FSK_FRAME_MAX, the
 * head at most FSK_FRAME_HEAD_MAX. RECORD has no head: its length is 0. Anything
 * else is FSK_EPROTO and ends the conversation.
 *
 * Which message may be sent in which state stands in one table (message.c);
 * both sides test every message, sent and received, against it.
 *
 *   keeper -> worker
 *   SETUP    {"sources":[{"source":0,"name":"disk.E01","kind":"files"|"directory"|"device",
 *             "segments":[{"fd":7,"name":"disk.E01","size":N},…]}],
 *             "limits":{"memory":bytes,"file_size":bytes,"threads":N}, "broker":fd or absent,
 *             "outbox":fd or absent, "shelves":[fd,…] or absent, "require_sandbox":bool,
 *             "no_index":bool (folders one by one, optional), "payloads":bool (plugins
 *             may hand over some, optional),
 *             "fault":{"step":N,"signal":N,"rows":N} (test builds only: the worker
 *             raises the signal right after its N-th BEGIN, from 1; "rows" not 0:
 *             after so many RECORDs of that step)}
 *   TEXT     {"kind":"plugin"|"lib"|"artifacts"|"data"|"ioc"|"yara","name":"win-run-keys",
 *             "size":bytes (absent: of the blob),"options":{…}}  blob: the very bytes
 *             that the keeper hashed; a long text comes in pieces, one TEXT after the
 *             other, until `size` is there
 *   LOCK     {}             asks for lock-down; answered by LOCKED
 *   SKIP     {"keys":["…",…]}  steps of the next task to leave out; may repeat
 *   ROWS     {"of":"findings"|…}  blob: lines of JSON for the task "judge" that comes
 *            next; may repeat. Names are those of model/judges.h
 *   TASK     {"task":N,"op":…}  see below
 *   QUIT     {}
 *
 *   worker -> keeper
 *   HELLO    {"proto":1,"version":"0.1.0","libraries":{"libtsk":"4.11.1",…}}
 *   LOCKED   {"layers":[{"name":"seccomp","held":true,"essential":true,"detail":"…"},…]}
 *            with "require_sandbox" every essential layer must hold: else the
 *            keeper sends QUIT, and the worker takes no task
 *   BEGIN    {"task":N,"key":"…","plugin":"…","target":"…","again":true or absent}
 *            before each step; key is unique in the task and the same in each
 *            run of it. "again": the step prepares what later steps stand on,
 *            so it is left out only where it was fatal: SKIP names it then,
 *            and not when it was merely finished
 *   SOURCE   {"source":0,"format":"ewf"|"raw"|"directory","size":N,"sector_size":N,
 *             "metadata":{…},"stored":{"md5":"…","sha1":"…"}}
 *   VOLUME   {"source":0,"volume":1,"offset":bytes,"length":bytes,"sector_size":N,
 *             "scheme":"gpt"|"mbr"|"none","slot":"…","description":"…","guid":"…",
 *             "fs":"ntfs"|…|null,"block_size":N,"label":"…","letter":"C" or absent,
 *             "os":"windows"|"macos"|"linux"|absent, "serial":"…",
 *             "environment":{"Path":"…",…} or absent,"profiles":{…} or absent}
 *             "environment" is of all programs of the Windows that is on it, for
 *             "profiles" see model/profiles.h
 *   PLUGIN   {"name":…,"ok":bool,"error":"plugin:line: …","meta":{…},
 *             "problems":["…",…] of texts that it reads, by its function check}
 *   ENTRY    {"source":0,"volume":1,"letter":"C" or absent}  blob: rows, see rows.h
 *   RECORD   no head; blob: {"fields":{…},"kind":"…"} as model/rowtext.h has it. It
 *            is of the plugin of the step in hand and the volume of the task
 *   FINDING  {"plugin":…,"volume":[s,v],"severity":…,"confidence":…,"title":…,"detail":…,
 *             "evidence":[{locator},…],"references":[…],"fields":{…}}
 *   MACHINE  {"plugin":…,"volume":[s,v],"facts":{…}}  which machine that is; later
 *            facts of the same name replace those before
 *   VERDICT  {"plugin":…,"verdict":{…}} or {"plugin":…,"failed":"why"}: the last word of
 *            a plugin that judges about the machine of the task; see model/verdict.h
 *   ANOMALY  see model/anomaly.h, plus "plugin" and "step" where they apply
 *   COLLECT  {"plugin":…,"reason":…,"locator":{…},"letter":"C","size":N,"times":{…}}
 *   PAYLOAD  {"plugin":…,"volume":[s,v],"locator":{…},"size":bytes,"at":offset,"name":…,
 *            "kind":…}  blob: the next bytes of what a plugin has decrypted, one piece
 *            behind the other; only when SETUP asked for it
 *   FILE     {"id":N,"locator":{…},"letter":"C","size":N,"times":{…}}  opens a file
 *   DATA     {"id":N,"zeros":N or absent}  blob: the next bytes; "zeros" stands for
 *            that many zero bytes (at most FSK_FILE_PIECE) of a sparse range instead
 *            of a blob. One of the two is there: a DATA without bytes would keep the
 *            step's clock from running out
 *   CLOSE    {"id":N,"status":"complete"|…,"ranges":[[o,l],…],"reason":"…"}  closes it
 *   HASHED   {"source":0,"volume":1,"status":"complete"|…,"ranges":[[o,l],…],
 *             "reason":"…"}  blob: rows, see hash_rows.h. Digests of complete files
 *            only; of files that are not, each has a message of its own. They come
 *            as the files lie on the medium; "order" sorts them by path. What came
 *            in a step that is to be done again comes again
 *   VERIFIED {"source":0,"unit":bytes,"digests":{"md5":"…",…},"ranges":[[o,l],…],
 *             "merged":bool}  of a whole medium; zeros stand for what is in "ranges".
 *            Without digests: a part was left out, for it ended a worker. "unit" is
 *            what fails together; "merged": ranges cover more than what is bad
 *   HIVE     {"size":bytes,"bins":bytes,"name":…,"written":…,"version":"1.5","sequence":[N,N],
 *            "dirty":bool,"header":"sound"|"damaged","replay":{"applied":bool,
 *            "entries":N,"pages":N,"bytes":N,"grown":bytes,"logs":[{"state":…,
 *            "entries":N,"pages":N,"bytes":N,"first":N,"last":N,"note":…},…]},
 *            "keys":N,"values":N,"damaged":N,"damage":["…",…],"error":"…" or absent,
 *            "peer":{"library":…,"read":bool,"keys":N,"values":N,"differences":N,
 *            "first":"…"} when asked for}
 *            "sequence" is of the file, the rest of what replay made of it; "error":
 *            that is no hive that can be read, and "keys" to "damage" are absent
 *   PLAN     {"source":0,"volume":1,"way":"index"|"folders"|"both","reason":"…",
 *            "folders":N,"entries":N,"records":N,"globs":N,"states":N,"plugins":N,
 *            "by":{"plugin":…,"artifact":…} or absent}  how the names of a volume are
 *            found, for all groups of plugins; see struct fsk_plan. "by" asks for all
 *            folders. "index":{"size":bytes,"sha256":"…","whole":bool} lies on the
 *            shelf of the task. Asked to explain, the worker adds for each plugin
 *            {"source":0,"volume":1,"plugin":…,"found":[["artifact",N],…]}. A group that
 *            was given an index says {"source":0,"volume":1,"used":bool}
 *   DONE     {"task":N}     the only sign of success
 *   FAILED   {"task":N,"code":"…","reason":"…"}  the task as a whole came to nothing
 *
 *   Tasks
 *   probe    {"op":"probe","check":bool,"profiles":bool}  SOURCE, VOLUME, ANOMALY for
 *            every source; after a restart all of them come again: the last word about a
 *            (source, volume) holds; with "check" also what fsk_source_check finds, with
 *            "profiles" also the lists of profiles in the registries
 *   check    {"op":"check","plugins":[…] or absent}  PLUGIN for those TEXTs of kind
 *            "plugin", or all
 *   plugins  {"op":"plugins","source":0,"volume":1,"letter":"C","os":"windows",
 *             "plugins":["3cx-install",…],"others":[…] or absent,"way":… or absent,
 *             "explain":bool,"dry":bool,"shelf":N or absent,"profiles":{…as in VOLUME},
 *             "index":{…as in PLAN, "shelf":N} or absent,"drives":[{"source":0,
 *             "volume":2,"letter":"D"},…] or absent,"system":"C" or absent,
 *             "environment":{…as in VOLUME} or absent}  PLAN, RECORD, FINDING,
 *            MACHINE, COLLECT, ANOMALY. For shelves see ipc/shelf.h. "drives" are the
 *            other volumes of the same machine: plugins may ask for what is there, too;
 *            "system" is the letter of the one with Windows, whose "environment" it is.
 *            The first group of a volume has no "way": it walks for "others" too, which
 *            run in other groups, and its PLAN is the way of them all
 *   judge    {"op":"judge","machine":N,"name":"disk.E01","plugins":[…],"sources":[0,…],
 *            "truncated":bool}  after ROWS: a step for each plugin, in which it is given what
 *            the others made of the machine. VERDICT, RECORD, FINDING, ANOMALY, without a
 *            volume
 *   fetch    {"op":"fetch","files":[{"id":N,"locator":{…},"letter":"C","times":{…}},…]}
 *            FILE, DATA, CLOSE; without "times" the path is looked up for them
 *   list     {"op":"list","source":0,"volume":1,"letter":"C","globs":["…"],"deleted":bool} ENTRY
 *   cat      {"op":"cat",…as list…}  FILE, DATA, CLOSE of what matches
 *   hash     {"op":"hash",…as list…,"all":bool}  HASHED of what matches; SHA-256, or
 *            all digests
 *   verify   {"op":"verify","source":0,"digests":"md5,sha1"}  SOURCE, ANOMALY, VERIFIED;
 *            without "digests" those that are stored, SHA-256 if there are none
 *   hive     {"op":"hive","source":0,"logs":[1,2],"write":bool,"compare":bool}  HIVE; with
 *            "write" the replayed hive as FILE, DATA, CLOSE; with "compare" libregf reads
 *            it, too
 */
#ifndef FSK_IPC_MESSAGE_H
#define FSK_IPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/err.h"

#define FSK_IPC_PROTO 1

enum fsk_msg_type {
	FSK_MSG_NONE = 0,
	FSK_MSG_SETUP = 1,
	FSK_MSG_TEXT,
	FSK_MSG_LOCK,
	FSK_MSG_SKIP,
	FSK_MSG_TASK,
	FSK_MSG_QUIT,
	FSK_MSG_ROWS,
	FSK_MSG_HELLO = 32,
	FSK_MSG_LOCKED,
	FSK_MSG_BEGIN,
	FSK_MSG_SOURCE,
	FSK_MSG_VOLUME,
	FSK_MSG_PLUGIN,
	FSK_MSG_ENTRY,
	FSK_MSG_RECORD,
	FSK_MSG_FINDING,
	FSK_MSG_ANOMALY,
	FSK_MSG_COLLECT,
	FSK_MSG_FILE,
	FSK_MSG_DATA,
	FSK_MSG_CLOSE,
	FSK_MSG_DONE,
	FSK_MSG_FAILED,
	FSK_MSG_HASHED,
	FSK_MSG_VERIFIED,
	FSK_MSG_HIVE,
	FSK_MSG_PLAN,
	FSK_MSG_MACHINE,
	FSK_MSG_PAYLOAD,
	FSK_MSG_VERDICT,
	FSK_MSG_END
};

/* The conversation as both sides see it. */
enum fsk_ipc_state {
	FSK_IPC_START,   /* worker started, HELLO expected */
	FSK_IPC_SETUP,   /* keeper sends SETUP, TEXT…, LOCK */
	FSK_IPC_LOCKING, /* LOCKED expected */
	FSK_IPC_IDLE,    /* SKIP, ROWS, TASK or QUIT */
	FSK_IPC_TASK,    /* the worker reports */
	FSK_IPC_FILE,    /* inside FILE … CLOSE */
	FSK_IPC_ENDED
};

/* "BEGIN", …; "?" for numbers that are no type. */
const char *fsk_msg_name(enum fsk_msg_type t);

/* Tests `t` against the table and moves the state on. FSK_EPROTO names the
 * message and the state, and leaves the state as it was. */
int fsk_ipc_step(enum fsk_ipc_state *state, enum fsk_msg_type t, struct fsk_err *err);

struct fsk_msg {
	enum fsk_msg_type type;
	json_t *head;        /* an object; owned. NULL: of a RECORD */
	const uint8_t *blob; /* into the frame's buffer; valid until the next call */
	size_t blob_len;
};
void fsk_msg_clear(struct fsk_msg *m);

/* May this message wait in an outbox? BEGIN may not, for it winds the step's clock;
 * nor what the other side answers, or what is progress. */
bool fsk_msg_waits(enum fsk_msg_type t);

/* Appends one frame. `head` is borrowed; NULL means {}, and is what RECORD has.
 * FSK_ELIMIT when the frame would be larger than the ceiling: the caller splits
 * or drops. */
int fsk_msg_encode(struct fsk_buf *out, enum fsk_msg_type t, const json_t *head, const void *blob,
                   size_t blob_len, struct fsk_err *err);

/* The same but for the blob, which the caller sends behind it. */
int fsk_msg_encode_front(struct fsk_buf *out, enum fsk_msg_type t, const json_t *head,
                         size_t blob_len, struct fsk_err *err);

/* Takes one frame off the front of `in`. Returns its whole size in bytes, 0
 * when the frame is not there in full yet, FSK_EPROTO when it can never
 * become one. `m` is filled only when the result is positive; its blob
 * points into `in`. */
int64_t fsk_msg_decode(struct fsk_msg *m, const void *in, size_t len, struct fsk_err *err);

#endif
