/* The part of task "probe" that reads ProfileList: which folder of which volume is a
 * user's profile. */
#include "core/worker/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/worker/profiles.h"
#include "core/worker/system.h"

#define FORMER_MAX 10u /* Windows.old, Windows.old.000, … that are looked for */

struct reading {
	struct fsk_session *s;
	const struct fsk_probed *all;
	const struct fsk_input_volume *windows;
	const char *name; /* of that volume, for messages */
	struct {
		size_t count;
		const struct fsk_listed_profile *first;
	} lost[27]; /* on drives that are not here: none, A, B, … */
	size_t unplaced, full;
	const struct fsk_listed_profile *first_unplaced;
};

static const char *volume_name(char *out, size_t cap, const struct fsk_probed *all,
                               const struct fsk_input_volume *v)
{
	snprintf(out, cap, "volume %u of \"%.256s\"", v->v.index, all->names[v->v.source]);
	return out;
}

static int begin(const struct reading *r, const char *what, struct fsk_err *err)
{
	const struct fsk_volume *v = &r->windows->v;
	char key[64];

	snprintf(key, sizeof(key), "%s %u/%u", what, v->source, v->index);
	return fsk_step_begin(r->s, key, NULL, r->name, FSK_STEP_AGAIN, err);
}

static int remark(struct reading *r, int code, const char *text, struct fsk_err *err)
{
	struct fsk_err why;

	fsk_err_set(&why, code, "%s", text);
	return fsk_report_failure(r->s, &why, r->name, NULL, err);
}

static struct fsk_input_volume *holder(const struct reading *r, char letter)
{
	const struct fsk_probed *all = r->all;
	const struct fsk_volume *v = &r->windows->v;

	if (letter)
		v = fsk_letters_find(all->volumes, all->count, all->mounts, all->nmounts, v,
		                     letter);
	for (size_t i = 0; v && i < all->count; i++)
		if (all->volumes[i] == v)
			return all->inputs[i];
	return NULL;
}

static bool is_there(struct fsk_fs *fs, const char *path)
{
	struct fsk_entry e = { 0 };

	if (!fs || fsk_fs_lookup(&e, fs, path, NULL) != 0)
		return false;
	fsk_entry_free(&e);
	return true;
}

/* Where new profiles are made, former ones may lie. */
static void place_home(struct reading *r, const struct fsk_listed_profile *home)
{
	struct fsk_input_volume *v = home->path ? holder(r, home->letter) : NULL;
	char below[FSK_PROFILE_PATH_MAX + 2];

	snprintf(below, sizeof(below), "%s/x", home->path ? home->path : "");
	if (!v || fsk_profile_is_standard(below) || !is_there(v->fs, home->path))
		return;
	fsk_profiles_add_place(&v->profiles, below, NULL);
}

/* A folder of profiles that is not where every Windows has it. */
static void place(struct reading *r, struct fsk_input_volume *v, const struct fsk_listed_profile *p)
{
	if (fsk_profile_is_standard(p->path) || !is_there(v->fs, p->path))
		return;
	if (fsk_profiles_add_place(&v->profiles, p->path, NULL) != 0 && r->unplaced++ == 0)
		r->first_unplaced = p;
}

static int take(struct reading *r, const struct fsk_listed_profile *p, struct fsk_err *err)
{
	struct fsk_input_volume *v = holder(r, p->letter);
	size_t letter = p->letter ? (size_t) (p->letter - 'A' + 1) : 0;
	int rc;

	if (!v) {
		if (r->lost[letter].count++ == 0)
			r->lost[letter].first = p;
		return 0;
	}
	rc = fsk_profiles_add(&v->profiles, p->path, p->sid, err);
	if (rc == FSK_ELIMIT) {
		r->full++;
		return 0;
	}
	if (rc == 0)
		place(r, v, p);
	return rc;
}

static int remark_lost(struct reading *r, struct fsk_err *err)
{
	char text[400], path[200];
	int rc = 0;

	for (size_t i = 1; rc == 0 && i < sizeof(r->lost) / sizeof(r->lost[0]); i++) {
		if (r->lost[i].count == 0)
			continue;
		fsk_text_escape(path, sizeof(path), r->lost[i].first->path);
		snprintf(text, sizeof(text),
		         "ProfileList: %zu profiles are on drive %c:, which is none of the volumes "
		         "here, the first is \"%s\"",
		         r->lost[i].count, (char) ('A' + i - 1), path);
		rc = remark(r, FSK_ENOTFOUND, text, err);
	}
	return rc;
}

static int remark_all(struct reading *r, const struct fsk_profile_list *l, struct fsk_err *err)
{
	char text[600], path[200];
	int rc = remark_lost(r, err);

	if (rc == 0 && l->odd > 0) {
		snprintf(text, sizeof(text),
		         "ProfileList: %zu entries name no folder, the first is %s", l->odd,
		         l->example);
		rc = remark(r, FSK_ECORRUPT, text, err);
	}
	if (rc == 0 && (l->cut || r->full > 0)) {
		snprintf(text, sizeof(text),
		         "ProfileList: more than %u profiles: the others are not known",
		         FSK_PROFILES_MAX);
		rc = remark(r, FSK_ELIMIT, text, err);
	}
	if (rc == 0 && r->unplaced > 0) {
		fsk_text_escape(path, sizeof(path), r->first_unplaced->path);
		snprintf(
		    text, sizeof(text),
		    "ProfileList: profiles lie in too many folders: %zu are not looked through, "
		    "the first is \"%s\"",
		    r->unplaced, path);
		rc = remark(r, FSK_ELIMIT, text, err);
	}
	return rc;
}

static int read_list(struct reading *r, struct fsk_fs *fs, struct fsk_err *err)
{
	struct fsk_profile_list list = { 0 };
	struct fsk_hive *hive = NULL;
	struct fsk_err why = { 0 };
	int rc = fsk_system_hive(&hive, fs, "SOFTWARE", &why);

	if (rc == 0)
		rc = fsk_profile_list_read(&list, hive, fsk_system_root(fs), &why);
	fsk_hive_close(hive);
	if (rc != 0)
		rc = rc == FSK_ENOTFOUND ? 0 : fsk_report_failure(r->s, &why, r->name, NULL, err);
	if (rc == 0)
		place_home(r, &list.home);
	for (size_t i = 0; rc == 0 && i < list.count; i++)
		rc = take(r, &list.items[i], err);
	if (rc == 0)
		rc = remark_all(r, &list, err);
	fsk_profile_list_free(&list);
	return rc;
}

static int probe_volume(struct fsk_session *s, const struct fsk_probed *all, size_t i,
                        struct fsk_err *err)
{
	struct fsk_input_volume *v = all->inputs[i];
	struct reading r = { .s = s, .all = all, .windows = v };
	char name[300];
	int rc;

	if (!v->fs || strcmp(v->v.os, "windows") != 0)
		return 0;
	r.name = volume_name(name, sizeof(name), all, v);
	rc = begin(&r, "profiles", err);
	return rc <= 0 ? rc : read_list(&r, v->fs, err);
}

/* --- a Windows that was there before --- */

/* Its folders were moved, drive and all, to `top`. */
static int take_former(struct reading *r, struct fsk_input_volume *v, const char *top,
                       const struct fsk_profile_list *l, struct fsk_err *err)
{
	char path[FSK_PROFILE_PATH_MAX];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < l->count; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", top, l->items[i].path) >=
		        (int) sizeof(path) ||
		    !is_there(v->fs, path))
			continue;
		rc = fsk_profiles_add(&v->profiles, path, l->items[i].sid, err);
		if (rc == FSK_ELIMIT) {
			fsk_err_set(err, rc, "%s: more than %u profiles", top, FSK_PROFILES_MAX);
			return remark(r, rc, err->msg, err);
		}
	}
	return rc;
}

/* What is wrong with the hive is said when plugins open it. */
static int read_former(struct reading *r, struct fsk_input_volume *v, const char *top,
                       struct fsk_err *err)
{
	static const char *const roots[] = { "Windows", "WINNT" };
	char folder[80];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct fsk_profile_list list = { 0 };
		struct fsk_hive *hive = NULL;

		snprintf(folder, sizeof(folder), "%s/%s", top, roots[i]);
		if (fsk_system_hive_in(&hive, v->fs, folder, "SOFTWARE", NULL) != 0)
			continue;
		if (fsk_profile_list_read(&list, hive, roots[i], NULL) == 0)
			rc = take_former(r, v, top, &list, err);
		fsk_hive_close(hive);
		fsk_profile_list_free(&list);
	}
	return rc;
}

static int probe_former(struct fsk_session *s, const struct fsk_probed *all, size_t i,
                        struct fsk_err *err)
{
	struct fsk_input_volume *v = all->inputs[i];
	struct reading r = { .s = s, .all = all, .windows = v };
	char name[300], top[32] = "Windows.old";
	int rc;

	if (!v->fs || strcmp(v->v.os, "windows") != 0)
		return 0;
	r.name = volume_name(name, sizeof(name), all, v);
	rc = begin(&r, "former profiles", err);
	if (rc <= 0)
		return rc;
	rc = read_former(&r, v, "$WINDOWS.~Q/DATA", err);
	for (unsigned n = 0; rc == 0 && is_there(v->fs, top) && n <= FORMER_MAX; n++) {
		rc = read_former(&r, v, top, err);
		snprintf(top, sizeof(top), "Windows.old.%03u", n);
	}
	return rc;
}

int fsk_probe_profiles(struct fsk_session *s, const struct fsk_probed *all, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < all->count; i++)
		fsk_profiles_free(&all->inputs[i]->profiles);
	for (size_t i = 0; rc == 0 && i < all->count; i++)
		rc = probe_volume(s, all, i, err);
	for (size_t i = 0; rc == 0 && i < all->count; i++)
		rc = probe_former(s, all, i, err);
	for (size_t i = 0; rc == 0 && i < all->count; i++)
		fsk_profiles_settle(&all->inputs[i]->profiles);
	return rc;
}
