/* The other volumes of a machine, as a plugin on one of them may ask for. */
#include "core/worker/plugins.h"

#include "core/model/types.h"

static int open_drive(void *arg, struct fsk_fs **out, const struct fsk_machine_drive *d,
                      struct fsk_err *err)
{
	struct fsk_session *s = arg;
	struct fsk_input *input;
	struct fsk_input_volume *volume;
	bool muted = s->muted;
	int rc;

	s->muted = true; /* the probe has said what there is to say */
	rc = fsk_inputs_find(&input, &volume, &s->inputs, d->source, d->volume, err);
	s->muted = muted;
	if (rc < 0)
		return rc;
	volume->v.letter = d->letter;
	/* not what a task about that volume left: names are found the same way each time */
	fsk_fs_set_way(volume->fs, FSK_WAY_FOLDERS);
	*out = volume->fs;
	return 0;
}

static int take_letter(char *out, const json_t *head, const char *key, struct fsk_err *err)
{
	const char *letter;
	int rc = fsk_json_opt_str(&letter, head, key, "", err);

	if (rc < 0)
		return rc;
	*out = letter[0];
	return letter[0] == '\0' || (letter[0] >= 'A' && letter[0] <= 'Z' && letter[1] == '\0')
	           ? 0
	           : fsk_err_set(err, FSK_EPROTO, "TASK: \"%s\" is no drive letter", key);
}

static int take_drive(struct fsk_machine_drive *d, const struct fsk_session *s, const json_t *j,
                      struct fsk_err *err)
{
	uint64_t source, volume;
	int rc = fsk_json_get_u64(&source, j, "source", err);

	if (rc == 0)
		rc = fsk_json_get_u64(&volume, j, "volume", err);
	if (rc == 0)
		rc = take_letter(&d->letter, j, "letter", err);
	if (rc < 0)
		return rc;
	if (source >= s->inputs.count || volume >= FSK_VOLUMES_MAX || d->letter == 0)
		return fsk_err_set(err, FSK_EPROTO, "TASK: no such drive");
	d->source = (uint32_t) source;
	d->volume = (uint32_t) volume;
	return 0;
}

int fsk_group_machine(struct fsk_machine *m, struct fsk_session *s, const json_t *head,
                      struct fsk_err *err)
{
	const json_t *drives = json_object_get(head, "drives");
	const json_t *environment = json_object_get(head, "environment");
	int rc = take_letter(&m->system, head, "system", err);

	m->open = open_drive;
	m->arg = s;
	if (rc == 0 && (json_array_size(drives) > FSK_MACHINE_DRIVES_MAX ||
	                (environment && !json_is_object(environment))))
		rc = fsk_err_set(err, FSK_EPROTO, "TASK: no such machine");
	for (size_t i = 0; rc == 0 && i < json_array_size(drives); i++)
		rc = take_drive(&m->drives[m->ndrives++], s, json_array_get(drives, i), err);
	if (rc == 0)
		m->environment = json_incref((json_t *) environment);
	return rc;
}
