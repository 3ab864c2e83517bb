/* Command lines as they stand in registries, services and shortcuts, and the
 * file that each of them starts. */
#include <strings.h>

#include "core/base/limits.h"
#include "core/lua/follow.h"
#include "tests/unit/lua/harness.h"

#define F(p)              \
	{                 \
		.path = p \
	}
#define D(p)                                     \
	{                                        \
		.path = p, .type = FSK_ENTRY_DIR \
	}

static const struct fake_file modern[] = {
	D("Program Files"),
	D("Program Files/Vendor"),
	F("Program Files/Vendor/My App/app one.exe"),
	F("Program Files/Vendor/tool.exe"),
	F("Program Files (x86)/Old/old.exe"),
	F("Program Files/cmd tool/x.exe"),
	F("Hijack/Some.exe"),
	F("Hijack/Some Dir/real.exe"),
	F("ProgramData/p.exe"),
	F("Users/Public/pub.exe"),
	D("Users/alice"),
	F("Users/alice/AppData/Roaming/Trojan/t.exe"),
	F("Users/alice/AppData/Local/Programs/3CXDesktopApp/3CXDesktopApp.exe"),
	F("Users/alice/AppData/Local/Temp/drop.dll"),
	F("Users/alice/script.vbs"),
	F("Users/alice/my script.ps1"),
	F("Users/alice/run me.bat"),
	D("Windows"),
	D("Windows/System32"),
	F("Windows/notepad.exe"),
	F("Windows/System32/notepad.exe"),
	F("Windows/explorer.exe"),
	F("Windows/System32/rundll32.exe"),
	F("Windows/System32/cmd.exe"),
	F("Windows/System32/shell32.dll"),
	F("Windows/System32/drivers/disk.sys"),
	F("Windows/System32/wbem/WmiPrvSE.exe"),
	F("Windows/SysWOW64/only32.exe"),
	F("Windows/System32/WindowsPowerShell/v1.0/powershell.exe"),
	F("boot.exe"),
	{ 0 },
};

static const struct fake_file xp[] = {
	D("Documents and Settings/bob"),
	F("Documents and Settings/bob/Application Data/x.exe"),
	F("Documents and Settings/bob/Local Settings/Temp/y.exe"),
	F("WINNT/system32/calc.exe"),
	{ 0 },
};

static const struct fake_file mac[] = {
	F("Applications/3CX Desktop App.app/Contents/MacOS/3CX Desktop App"),
	F("Users/carol/Library/x"),
	F("home/dave/bin/y"),
	F("usr/bin/python3"),
	{ 0 },
};

struct expectation {
	const char *command, *user;
	const char *path; /* NULL: not found, and `message` says why */
	const char *message;
	int code;
};

/* The volume in hand, another one with its letter, and variables, in turn. */
struct world {
	struct fsk_fs *fs, *other;
	char drive;
	const char *const *env[FSK_FOLLOW_SCOPES]; /* ended by NULL */
};

static int lookup(void *arg, struct fsk_entry *out, char drive, const char *path,
                  struct fsk_err *err)
{
	struct world *w = arg;

	assert_true(drive == 0 || drive == w->drive);
	if (strncmp(path, "Torn/", 5) == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "folder \"Torn\" is torn");
	return fsk_fs_lookup(out, drive == 0 ? w->fs : w->other, path, err);
}

static bool has_drive(void *arg, char letter)
{
	struct world *w = arg;

	return w->drive == letter;
}

static const char *variable(void *arg, enum fsk_follow_scope scope, const char *name, size_t n)
{
	struct world *w = arg;

	for (const char *const *v = w->env[scope]; v != NULL && *v != NULL; v += 2)
		if (strlen(*v) == n && strncasecmp(*v, name, n) == 0)
			return v[1];
	return NULL;
}

static struct fsk_follow follow_in(struct world *w, char letter)
{
	return (struct fsk_follow){ .lookup = lookup,
		                    .has_drive = has_drive,
		                    .variable = variable,
		                    .arg = w,
		                    .letter = letter };
}

static void check(const struct fake_file *files, char letter, const struct expectation *x)
{
	struct world w = { .drive = 0 };
	struct fsk_follow f = follow_in(&w, letter);
	struct fsk_followed r;
	struct fsk_err err = { .code = 0 };
	int rc;

	f.user = x->user;
	fake_fs_open(&w.fs, files);
	rc = fsk_follow_command(&r, &f, x->command, &err);
	if (x->path != NULL && rc < 0)
		fail_msg("%s: %s", x->command, err.msg);
	if (x->path == NULL && rc == 0)
		fail_msg("%s: gave %s", x->command, r.entry.loc.path);
	if (rc == 0) {
		if (strcmp(r.entry.loc.path, x->path) != 0)
			fail_msg("%s: %s, not %s", x->command, r.entry.loc.path, x->path);
	} else {
		if (strcmp(err.msg, x->message) != 0)
			fail_msg("%s: %s, not %s", x->command, err.msg, x->message);
		assert_int_equal(rc, x->code);
	}
	fsk_followed_free(&r);
	fsk_fs_close(w.fs);
}

static void check_all(const struct fake_file *files, char letter, const struct expectation *x)
{
	for (; x->command != NULL; x++)
		check(files, letter, x);
}

static void paths(void **state)
{
	static const struct expectation all[] = {
		{ "C:\\boot.exe", NULL, "boot.exe", NULL, 0 },
		{ "c:\\BOOT.EXE", NULL, "boot.exe", NULL, 0 },
		{ "C:/boot.exe /x", NULL, "boot.exe", NULL, 0 },
		{ "\\boot.exe", NULL, "boot.exe", NULL, 0 },
		{ "  \"C:\\boot.exe\"  -a \"b c\"", NULL, "boot.exe", NULL, 0 },
		{ "\"C:\\boot.exe", NULL, "boot.exe", NULL, 0 },
		{ "C:\\boot", NULL, "boot.exe", NULL, 0 },
		{ "\"C:\\Program Files\\Vendor\\My App\\app one.exe\" --x", NULL,
		  "Program Files/Vendor/My App/app one.exe", NULL, 0 },
		{ "C:\\Program Files\\Vendor\\My App\\app one.exe --x", NULL,
		  "Program Files/Vendor/My App/app one.exe", NULL, 0 },
		{ "C:\\Program Files\\Vendor\\tool -a b", NULL, "Program Files/Vendor/tool.exe",
		  NULL, 0 },
		{ "C:\\Hijack\\Some Dir\\real.exe", NULL, "Hijack/Some.exe", NULL, 0 },
		{ "\"C:\\Hijack\\Some Dir\\real.exe\"", NULL, "Hijack/Some Dir/real.exe", NULL, 0 },
		{ "C:\\Program Files\\cmd tool\\x.exe", NULL, "Program Files/cmd tool/x.exe", NULL,
		  0 },
		{ "C:\\PROGRA~1\\Vendor\\tool.exe", NULL, "Program Files/Vendor/tool.exe", NULL,
		  0 },
		{ "C:\\progra~2\\Old\\old.exe", NULL, "Program Files (x86)/Old/old.exe", NULL, 0 },
		{ "\\??\\C:\\Windows\\System32\\notepad.exe", NULL, "Windows/System32/notepad.exe",
		  NULL, 0 },
		{ "\\\\?\\C:\\boot.exe", NULL, "boot.exe", NULL, 0 },
		{ "\\SystemRoot\\System32\\drivers\\disk.sys", NULL,
		  "Windows/System32/drivers/disk.sys", NULL, 0 },
		{ "\"\\??\\C:\\Program Files\\Vendor\\tool.exe\" -k", NULL,
		  "Program Files/Vendor/tool.exe", NULL, 0 },
		{ "system32\\drivers\\disk.sys", NULL, "Windows/System32/drivers/disk.sys", NULL,
		  0 },
		{ "drivers\\disk.sys", NULL, "Windows/System32/drivers/disk.sys", NULL, 0 },
		{ 0 },
	};

	(void) state;
	check_all(modern, 'C', all);
	check_all(modern, 0, all);
}

static void names(void **state)
{
	static const struct expectation all[] = {
		{ "notepad", NULL, "Windows/System32/notepad.exe", NULL, 0 },
		{ "notepad.exe x.txt", NULL, "Windows/System32/notepad.exe", NULL, 0 },
		{ "explorer.exe", NULL, "Windows/explorer.exe", NULL, 0 },
		{ "WmiPrvSE.exe -Embedding", NULL, "Windows/System32/wbem/WmiPrvSE.exe", NULL, 0 },
		{ "only32", NULL, "Windows/SysWOW64/only32.exe", NULL, 0 },
		{ 0 },
	};

	(void) state;
	check_all(modern, 'C', all);
	check(xp, 'C', &(struct expectation){ "calc", NULL, "WINNT/system32/calc.exe", NULL, 0 });
}

static void variables(void **state)
{
	static const struct expectation all[] = {
		{ "%SystemRoot%\\system32\\notepad.exe", NULL, "Windows/System32/notepad.exe", NULL,
		  0 },
		{ "%windir%\\notepad.exe %1", NULL, "Windows/notepad.exe", NULL, 0 },
		{ "\"%ProgramFiles%\\Vendor\\tool.exe\"", NULL, "Program Files/Vendor/tool.exe",
		  NULL, 0 },
		{ "%ProgramFiles(x86)%\\Old\\old.exe", NULL, "Program Files (x86)/Old/old.exe",
		  NULL, 0 },
		{ "%ProgramData%\\p.exe", NULL, "ProgramData/p.exe", NULL, 0 },
		{ "%PUBLIC%\\pub.exe", NULL, "Users/Public/pub.exe", NULL, 0 },
		{ "%SystemDrive%\\boot.exe", NULL, "boot.exe", NULL, 0 },
		{ "%AppData%\\Trojan\\t.exe /s", "alice",
		  "Users/alice/AppData/Roaming/Trojan/t.exe", NULL, 0 },
		{ "%LOCALAPPDATA%\\Programs\\3CXDesktopApp\\3CXDesktopApp.exe --autoLaunch",
		  "alice", "Users/alice/AppData/Local/Programs/3CXDesktopApp/3CXDesktopApp.exe",
		  NULL, 0 },
		{ "%USERPROFILE%\\run me.bat", "alice", "Users/alice/run me.bat", NULL, 0 },
		{ "%HomeDrive%%HomePath%\\script.vbs", "alice", "Users/alice/script.vbs", NULL, 0 },
		{ "%Temp%\\drop.dll", "alice", "Users/alice/AppData/Local/Temp/drop.dll", NULL, 0 },
		{ "%AppData%\\Trojan\\t.exe", NULL, NULL,
		  "%AppData% depends on a user, and none is known", FSK_EUNSUPPORTED },
		{ "%Nonsense%\\t.exe", "alice", NULL, "the variable %Nonsense% is not known",
		  FSK_EUNSUPPORTED },
		{ 0 },
	};
	static const struct expectation old[] = {
		{ "%AppData%\\x.exe", "bob", "Documents and Settings/bob/Application Data/x.exe",
		  NULL, 0 },
		{ "%TEMP%\\y.exe", "bob", "Documents and Settings/bob/Local Settings/Temp/y.exe",
		  NULL, 0 },
		{ "C:\\DOCUME~1\\bob\\Application Data\\x.exe", NULL,
		  "Documents and Settings/bob/Application Data/x.exe", NULL, 0 },
		{ 0 },
	};

	(void) state;
	check_all(modern, 'C', all);
	check_all(modern, 0, all);
	check_all(xp, 'C', old);
}

static void given_variables(void **state)
{
	static const char *const env[] = { "TOOLS",      "%ProgramFiles%\\Vendor",
		                           "SystemRoot", "C:\\WinNT",
		                           "a",          "%b%",
		                           "b",          "%A%",
		                           "empty",      "",
		                           NULL };
	static const struct {
		const char *text, *expanded, *why;
	} all[] = {
		{ "%tools%\\tool.exe", "C:\\Program Files\\Vendor\\tool.exe", NULL },
		{ "%systemroot%\\x", "C:\\WinNT\\x", NULL }, /* before what is known */
		{ "%windir%", "C:\\Windows", NULL },
		{ "[%empty%]", "[]", NULL },
		{ "100% of 5%", "100% of 5%", NULL },
		{ "%a%", NULL, "its variables name each other" },
		{ "%gone%", NULL, "the variable %gone% is not known" },
	};
	struct world w = { .env = { env } };
	struct fsk_follow f = follow_in(&w, 'C');
	char out[FSK_FOLLOW_MAX + 1];
	struct fsk_followed r;
	struct fsk_err err;

	(void) state;
	fake_fs_open(&w.fs, modern);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int rc = fsk_follow_expand(out, &f, all[i].text, &err);

		assert_int_equal(rc < 0, all[i].expanded == NULL);
		if (rc < 0)
			assert_string_equal(err.msg, all[i].why);
		else
			assert_string_equal(out, all[i].expanded);
	}
	assert_int_equal(fsk_follow_command(&r, &f, "%TOOLS%\\tool.exe -x", &err), 0);
	assert_string_equal(r.entry.loc.path, "Program Files/Vendor/tool.exe");
	assert_int_equal(r.via, FSK_VIA_ENVIRONMENT);
	fsk_followed_free(&r);
	fsk_fs_close(w.fs);
}

static void hosts(void **state)
{
	static const struct expectation all[] = {
		{ "rundll32.exe C:\\Users\\alice\\AppData\\Local\\Temp\\drop.dll,Entry 1 2", NULL,
		  "Users/alice/AppData/Local/Temp/drop.dll", NULL, 0 },
		{ "rundll32 shell32,Control_RunDLL", NULL, "Windows/System32/shell32.dll", NULL,
		  0 },
		{ "C:\\Windows\\system32\\rundll32.exe \"%Temp%\\drop.dll\",#1", "alice",
		  "Users/alice/AppData/Local/Temp/drop.dll", NULL, 0 },
		{ "\"C:\\Windows\\System32\\rundll32.exe\" %Temp%\\drop,Entry", "alice",
		  "Users/alice/AppData/Local/Temp/drop.dll", NULL, 0 },
		{ "regsvr32 /s /u %Temp%\\drop.dll", "alice",
		  "Users/alice/AppData/Local/Temp/drop.dll", NULL, 0 },
		{ "cmd /c C:\\boot.exe", NULL, "boot.exe", NULL, 0 },
		{ "cmd.exe /q /c \"%UserProfile%\\run me.bat\" x", "alice",
		  "Users/alice/run me.bat", NULL, 0 },
		{ "%ComSpec% /c start \"\" /min C:\\boot.exe", NULL, "boot.exe", NULL, 0 },
		{ "cmd /d/c \"\"C:\\Users\\alice\\run me.bat\" x\"", NULL, "Users/alice/run me.bat",
		  NULL, 0 },
		{ "cmd /c cmd /c cmd /c boot.exe", NULL, NULL, "\"boot.exe\": not on this volume",
		  FSK_ENOTFOUND },
		{ "cmd /c cmd /c cmd /c cmd /c cmd /c cmd /c C:\\boot.exe", NULL, NULL,
		  "\"cmd /c C:\\boot.exe\": too many commands inside one another",
		  FSK_EUNSUPPORTED },
		{ "wscript.exe //B C:\\Users\\alice\\script.vbs arg", NULL,
		  "Users/alice/script.vbs", NULL, 0 },
		{ "cscript \"C:\\Users\\alice\\script.vbs\"", NULL, "Users/alice/script.vbs", NULL,
		  0 },
		{ "powershell -NoProfile -ep bypass -w hidden -File \"C:\\Users\\alice\\my script.ps1\" -x",
		  NULL, "Users/alice/my script.ps1", NULL, 0 },
		{ "powershell.exe -ExecutionPolicy Bypass \"C:\\Users\\alice\\my script.ps1\"",
		  NULL, "Users/alice/my script.ps1", NULL, 0 },
		{ "powershell -nop -enc SQBFAFgA", NULL,
		  "Windows/System32/WindowsPowerShell/v1.0/powershell.exe", NULL, 0 },
		{ "powershell -Command \"iex x\"", NULL,
		  "Windows/System32/WindowsPowerShell/v1.0/powershell.exe", NULL, 0 },
		{ "rundll32 C:\\gone.dll,X", NULL, NULL, "\"C:\\gone.dll\": not on this volume",
		  FSK_ENOTFOUND },
		{ 0 },
	};

	(void) state;
	check_all(modern, 'C', all);
}

static void absences(void **state)
{
	static const struct expectation all[] = {
		{ "D:\\tools\\x.exe -a", NULL, NULL,
		  "on drive D:, which the evidence does not have", FSK_ENOTFOUND },
		{ "\"e:\\x y.exe\"", NULL, NULL, "on drive E:, which the evidence does not have",
		  FSK_ENOTFOUND },
		{ "C:\\gone\\x.exe -a", NULL, NULL, "\"C:\\gone\\x.exe\": not on this volume",
		  FSK_ENOTFOUND },
		{ "\"C:\\gone.exe\" -a", NULL, NULL, "\"C:\\gone.exe\": not on this volume",
		  FSK_ENOTFOUND },
		{ "\\\\server\\share\\x.exe", NULL, NULL,
		  "\"\\\\server\\share\\x.exe\": on a server", FSK_ENOTFOUND },
		{ "C:\\Windows", NULL, NULL, "\"C:\\Windows\": not on this volume", FSK_ENOTFOUND },
		{ "C:\\Torn\\x.exe", NULL, NULL,
		  "\"C:\\Torn\\x.exe\": not on this volume, as far as can be seen: folder \"Torn\" is "
		  "torn",
		  FSK_ECORRUPT },
		{ "", NULL, NULL, "the command line is empty", FSK_EINVAL },
		{ "   ", NULL, NULL, "the command line is empty", FSK_EINVAL },
		{ "\"", NULL, NULL, "\"\": not on this volume", FSK_ENOTFOUND },
		{ "%", NULL, NULL, "\"%\": not on this volume", FSK_ENOTFOUND },
		{ "cmd /c cmd /c", NULL, "Windows/System32/cmd.exe", NULL, 0 },
		{ "mshta", NULL, NULL, "\"mshta\": not on this volume", FSK_ENOTFOUND },
		{ "C:\\\x1b[2J.exe", NULL, NULL, "\"C:\\\\x1b[2J.exe\": not on this volume",
		  FSK_ENOTFOUND },
		{ 0 },
	};

	(void) state;
	check_all(modern, 'C', all);
}

static void other_letters(void **state)
{
	(void) state;
	check(modern, 'D', &(struct expectation){ "D:\\boot.exe", NULL, "boot.exe", NULL, 0 });
	check(modern, 'D',
	      &(struct expectation){ "%SystemDrive%\\boot.exe", NULL, "boot.exe", NULL, 0 });
	check(modern, 'D',
	      &(struct expectation){ "C:\\boot.exe", NULL, NULL,
	                             "on drive C:, which the evidence does not have",
	                             FSK_ENOTFOUND });
	check(modern, 0,
	      &(struct expectation){ "E:\\boot.exe", NULL, NULL,
	                             "on drive E:, which the evidence does not have",
	                             FSK_ENOTFOUND });
}

static void unix_commands(void **state)
{
	static const struct expectation all[] = {
		{ "/usr/bin/python3 -m x", NULL, "usr/bin/python3", NULL, 0 },
		{ "/Applications/3CX Desktop App.app/Contents/MacOS/3CX Desktop App -x", NULL,
		  "Applications/3CX Desktop App.app/Contents/MacOS/3CX Desktop App", NULL, 0 },
		{ "~/Library/x", "carol", "Users/carol/Library/x", NULL, 0 },
		{ "~/bin/y -v", "dave", "home/dave/bin/y", NULL, 0 },
		{ "~/Library/x", NULL, NULL, "~ depends on a user, and none is known",
		  FSK_EUNSUPPORTED },
		{ "/gone", NULL, NULL, "\"/gone\": not on this volume", FSK_ENOTFOUND },
		{ 0 },
	};

	(void) state;
	check_all(mac, 0, all);
}

static const struct fake_file forms_files[] = {
	F("a b/run me.exe"),
	F("a b/x.js"),
	F("Data/a.bat"),
	F("Data/app.jar"),
	F("Data/b.ps1"),
	F("Data/c.exe"),
	F("Data/d.dll"),
	F("Data/e.cpl"),
	F("Data/f.msi"),
	F("Data/g.hta"),
	F("Data/h.inf"),
	F("Data/h.txt"),
	F("Data/i.py"),
	F("Data/s.sct"),
	F("Data/java/bin/javaw.exe"),
	F("Data/wscript.exe"),
	D("Program Files (x86)"),
	F("Program Files (x86)/Old/old.exe"),
	F("Program Files/Both/b.exe"),
	F("Program Files (x86)/Both/b.exe"),
	D("Users/alice"),
	F("Users/alice/AppData/Roaming/x.ps1"),
	D("Windows"),
	F("Windows/System32/cmd.exe"),
	F("Windows/System32/both.dll"),
	F("Windows/SysWOW64/both.dll"),
	F("Windows/SysWOW64/narrow.dll"),
	F("Windows/System32/spool/p.dll"),
	F("Windows/System32/conhost.exe"),
	F("Windows/System32/forfiles.exe"),
	F("Windows/System32/msiexec.exe"),
	F("Windows/System32/mshta.exe"),
	F("Windows/System32/regsvr32.exe"),
	F("Windows/System32/rundll32.exe"),
	F("Windows/System32/scrobj.dll"),
	F("Windows/System32/svchost.exe"),
	F("Windows/System32/wscript.exe"),
	F("Windows/System32/WindowsPowerShell/v1.0/powershell.exe"),
	F("Windows/explorer.exe"),
	F("Windows.old/Windows/System32/cmd.exe"),
	F("Windows.old/Data/old.exe"),
	{ 0 },
};

#define POWERSHELL "Windows/System32/WindowsPowerShell/v1.0/powershell.exe"

static void spellings(void **state)
{
	static const struct expectation all[] = {
		{ "\"C:\\a b\"\\\"run me.exe\" -x", NULL, "a b/run me.exe", NULL, 0 },
		{ "C:\\\"a b\"\\\"run me.exe\" -x", NULL, "a b/run me.exe", NULL, 0 },
		{ "\"%SystemDrive%\\a b\\run me\"", NULL, "a b/run me.exe", NULL, 0 },
		{ "C:\\Data\\c.exe,", NULL, "Data/c.exe", NULL, 0 },
		{ "C:\\Data\\c.exe\"", NULL, "Data/c.exe", NULL, 0 },
		{ "\"C:\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "\"C:\\a b\\run me.exe -x", NULL, "a b/run me.exe", NULL, 0 },
		{ "'C:\\Data\\c.exe'", NULL, "Data/c.exe", NULL, 0 },
		{ "C:/Data\\c.exe /x", NULL, "Data/c.exe", NULL, 0 },
		{ "C:\\\\Data\\\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "C:\\Data\\.\\..\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "C:\\..\\..\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume2\\Data\\c.exe", NULL, "Data/c.exe",
		  NULL, 0 },
		{ "\\Device\\HarddiskVolume2\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "\\\\?\\Volume{3cf05510-0000}\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "\\\\.\\C:\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "\\\\localhost\\c$\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "\\\\?\\UNC\\srv\\c$\\Data\\c.exe", NULL, NULL,
		  "\"\\\\?\\UNC\\srv\\c$\\Data\\c.exe\": on a server", FSK_ENOTFOUND },
		{ "\\Device\\Mup\\srv\\c.exe", NULL, NULL,
		  "\"\\Device\\Mup\\srv\\c.exe\": on a server", FSK_ENOTFOUND },
		{ "file:///C:/a%20b/run%20me.exe", NULL, "a b/run me.exe", NULL, 0 },
		{ "https://example.org/c.exe", NULL, NULL,
		  "\"https://example.org/c.exe\": on a server", FSK_ENOTFOUND },
		{ "C:\\Data\\c.exe \"%1\" %* %NOPE%", NULL, "Data/c.exe", NULL, 0 },
		{ "C:\\Data\\%NOPE%\\c.exe", NULL, NULL, "the variable %NOPE% is not known",
		  FSK_EUNSUPPORTED },
		{ "C:\\gone\\run.exe C:\\Windows\\System32\\cmd.exe /c C:\\Data\\a.bat", NULL, NULL,
		  "\"C:\\gone\\run.exe\": not on this volume", FSK_ENOTFOUND },
		{ 0 },
	};

	(void) state;
	check_all(forms_files, 'C', all);
}

static void commands_of_cmd(void **state)
{
	static const struct expectation all[] = {
		{ "cmd /c cd /d C:\\Data & a.bat", NULL, "Data/a.bat", NULL, 0 },
		{ "cmd /c pushd \"C:\\Data\"&&call a.bat", NULL, "Data/a.bat", NULL, 0 },
		{ "cmd /c echo off && C:\\Data\\c.exe >nul", NULL, "Data/c.exe", NULL, 0 },
		{ "cmd /c start /b C:\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "cmd /c start \"a title\" /d \"C:\\Data\" /min c.exe", NULL, "Data/c.exe", NULL,
		  0 },
		{ "cmd /c \"start C:\\Data\\c.exe\"", NULL, "Data/c.exe", NULL, 0 },
		{ "cmd /s /c \"\"C:\\a b\\run me.exe\" \"x\"\"", NULL, "a b/run me.exe", NULL, 0 },
		{ "cmd /c \"\"C:\\a b\\run me.exe\" & exit\"", NULL, "a b/run me.exe", NULL, 0 },
		{ "cmd /c C:\\Da^ta\\c^.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "cmd /V:ON/cC:\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "cmd /c if exist C:\\x C:\\Data\\a.bat", NULL, "Data/a.bat", NULL, 0 },
		{ "cmd /c if not exist \"C:\\a b\" (call C:\\Data\\a.bat)", NULL, "Data/a.bat",
		  NULL, 0 },
		{ "cmd /c if /i %OS%==x C:\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "cmd /c for /l %i in (1,1,9) do @C:\\Data\\c.exe %i", NULL, "Data/c.exe", NULL,
		  0 },
		{ "cmd /c exit", NULL, "Windows/System32/cmd.exe", NULL, 0 },
		{ "cmd /c cd /d D:\\x & rem", NULL, "Windows/System32/cmd.exe", NULL, 0 },
		{ "cmd", NULL, "Windows/System32/cmd.exe", NULL, 0 },
		{ "cmd /c powershell -File C:\\Data\\b.ps1", NULL, "Data/b.ps1", NULL, 0 },
		{ "cmd /c C:\\Data\\gone.exe & C:\\Data\\c.exe", NULL, NULL,
		  "\"C:\\Data\\gone.exe\": not on this volume", FSK_ENOTFOUND },
		{ 0 },
	};

	(void) state;
	check_all(forms_files, 'C', all);
}

static void more_hosts(void **state)
{
	static const struct expectation all[] = {
		{ "rundll32 shell32.dll,Control_RunDLL C:\\Data\\e.cpl,,1", NULL, "Data/e.cpl",
		  NULL, 0 },
		{ "rundll32.exe url.dll,FileProtocolHandler \"C:\\Data\\g.hta\"", NULL,
		  "Data/g.hta", NULL, 0 },
		{ "rundll32 zipfldr.dll,RouteTheCall C:\\Data\\c.exe", NULL, "Data/c.exe", NULL,
		  0 },
		{ "rundll32 shell32,ShellExec_RunDLL cmd /c C:\\Data\\a.bat", NULL, "Data/a.bat",
		  NULL, 0 },
		{ "rundll32 setupapi.dll,InstallHinfSection DefaultInstall 132 C:\\Data\\h.inf",
		  NULL, "Data/h.inf", NULL, 0 },
		{ "rundll32 \"C:\\Data\\d.dll\" #1", NULL, "Data/d.dll", NULL, 0 },
		{ "rundll32 C:\\Data\\d #1", NULL, "Data/d.dll", NULL, 0 },
		{ "rundll32", NULL, "Windows/System32/rundll32.exe", NULL, 0 },
		{ "rundll32 /sta {35786D3C-B075-49b9-88DD-029876E11C01}", NULL,
		  "Windows/System32/rundll32.exe", NULL, 0 },
		{ "regsvr32 /s /n /u /i:C:\\Data\\s.sct scrobj.dll", NULL, "Data/s.sct", NULL, 0 },
		{ "regsvr32 /s /i:\"C:\\Data\\s.sct\" scrobj", NULL, "Data/s.sct", NULL, 0 },
		{ "regsvr32 /s /u /i:http://example.org/x.sct scrobj.dll", NULL, NULL,
		  "\"http://example.org/x.sct\": on a server", FSK_ENOTFOUND },
		{ "regsvr32 /s /i:U C:\\Data\\d.dll", NULL, "Data/d.dll", NULL, 0 },
		{ "wscript //nologo //e:jscript C:\\Data\\h.txt x", NULL, "Data/h.txt", NULL, 0 },
		{ "cscript \"C:\\a b\\x.js\" \"y\"", NULL, "a b/x.js", NULL, 0 },
		{ "mshta C:\\Data\\g.hta", NULL, "Data/g.hta", NULL, 0 },
		{ "mshta \"http://example.org/x.hta\"", NULL, NULL,
		  "\"http://example.org/x.hta\": on a server", FSK_ENOTFOUND },
		{ "mshta vbscript:Execute(\"CreateObject(\"\"x\"\").Run \"\"C:\\Data\\c.exe\"\"\")",
		  NULL, "Data/c.exe", NULL, 0 },
		{ "mshta javascript:a=1;close()", NULL, "Windows/System32/mshta.exe", NULL, 0 },
		{ "msiexec /qn /i C:\\Data\\f.msi", NULL, "Data/f.msi", NULL, 0 },
		{ "msiexec.exe /iC:\\Data\\f.msi", NULL, "Data/f.msi", NULL, 0 },
		{ "MsiExec.exe /X{3CF05510-0000-4000-8000-000000000001}", NULL,
		  "Windows/System32/msiexec.exe", NULL, 0 },
		{ "msiexec /i {3CF05510-0000-4000-8000-000000000001} /qn", NULL,
		  "Windows/System32/msiexec.exe", NULL, 0 },
		{ "msiexec /y \"C:\\Data\\d.dll\"", NULL, "Data/d.dll", NULL, 0 },
		{ "explorer.exe C:\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "explorer /root,\"C:\\Data\\c.exe\"", NULL, "Data/c.exe", NULL, 0 },
		{ "explorer.exe shell:AppsFolder", NULL, "Windows/explorer.exe", NULL, 0 },
		{ "explorer.exe", NULL, "Windows/explorer.exe", NULL, 0 },
		{ "explorer.exe /factory,{75dff2b7-6936-4c06-a8bb-676a7b00b24b} -Embedding", NULL,
		  "Windows/explorer.exe", NULL, 0 },
		{ "explorer.exe C:\\Data", NULL, "Windows/explorer.exe", NULL, 0 },
		{ "explorer.exe C:\\Data\\gone.exe", NULL, NULL,
		  "\"C:\\Data\\gone.exe\": not on this volume", FSK_ENOTFOUND },
		{ "control.exe /name Microsoft.Fonts", NULL, NULL,
		  "\"control.exe\": not on this volume", FSK_ENOTFOUND },
		{ "wscript.exe \"%1\" %*", NULL, "Windows/System32/wscript.exe", NULL, 0 },
		{ "msiexec /i \"%1\" %*", NULL, "Windows/System32/msiexec.exe", NULL, 0 },
		{ "rundll32 C:\\Data\\d.dll,Open %1", NULL, "Data/d.dll", NULL, 0 },
		{ "\"%1\" %*", NULL, NULL, "\"\"%1\" %*\": depends on what it is called with",
		  FSK_EUNSUPPORTED },
		{ "C:\\Data\\java\\bin\\javaw.exe -Xmx1g -jar C:\\Data\\app.jar x", NULL,
		  "Data/app.jar", NULL, 0 },
		{ "C:\\Data\\java\\bin\\javaw.exe -cp x Main", NULL, "Data/java/bin/javaw.exe",
		  NULL, 0 },
		{ "pythonw -u -W ignore C:\\Data\\i.py", NULL, "Data/i.py", NULL, 0 },
		{ "python -c \"exec(open('C:\\Data\\i.py').read())\"", NULL, "Data/i.py", NULL, 0 },
		{ "conhost.exe --headless powershell -File C:\\Data\\b.ps1", NULL, "Data/b.ps1",
		  NULL, 0 },
		{ "\\??\\C:\\Windows\\System32\\conhost.exe 0xffffffff -ForceV1", NULL,
		  "Windows/System32/conhost.exe", NULL, 0 },
		{ "forfiles /p C:\\Windows /m x /c \"cmd /c C:\\Data\\a.bat\"", NULL, "Data/a.bat",
		  NULL, 0 },
		{ "forfiles /c \"cmd /c @path\"", NULL, NULL,
		  "\"cmd /c @path\": depends on what forfiles finds", FSK_EUNSUPPORTED },
		{ "forfiles /p C:\\x", NULL, "Windows/System32/forfiles.exe", NULL, 0 },
		{ "C:\\Windows\\System32\\svchost.exe -k netsvcs -p", NULL,
		  "Windows/System32/svchost.exe", NULL, 0 },
		{ "wmic process call create \"cmd /c C:\\Data\\a.bat\"", NULL, "Data/a.bat", NULL,
		  0 },
		{ "runas /user:x \"C:\\Data\\c.exe -x\"", NULL, "Data/c.exe", NULL, 0 },
		{ "control.exe C:\\Data\\e.cpl,,1", NULL, "Data/e.cpl", NULL, 0 },
		{ "pcalua.exe -a C:\\Data\\c.exe", NULL, "Data/c.exe", NULL, 0 },
		{ "C:\\Data\\c.exe C:\\Data\\d.dll", NULL, "Data/c.exe", NULL, 0 },
		{ 0 },
	};

	(void) state;
	check_all(forms_files, 'C', all);
}

static void powershell(void **state)
{
	static const struct expectation all[] = {
		{ "powershell -ExecutionPolicy Bypass -File \"C:\\Data\\b.ps1\" -x", NULL,
		  "Data/b.ps1", NULL, 0 },
		{ "powershell -Command \"& 'C:\\Data\\b.ps1' -x\"", NULL, "Data/b.ps1", NULL, 0 },
		{ "powershell -c \"Start-Process -FilePath C:\\Data\\c.exe\"", NULL, "Data/c.exe",
		  NULL, 0 },
		{ "powershell & 'C:\\a b\\run me.exe'", NULL, "a b/run me.exe", NULL, 0 },
		{ "powershell -w hidden -c IEX(gc $env:APPDATA\\x.ps1)", "alice",
		  "Users/alice/AppData/Roaming/x.ps1", NULL, 0 },
		{ "powershell -c iex(gc ${env:APPDATA}\\x.ps1)", "alice",
		  "Users/alice/AppData/Roaming/x.ps1", NULL, 0 },
		{ "powershell -c \"rundll32 C:\\Data\\d.dll,#1\"", NULL, "Data/d.dll", NULL, 0 },
		{ "powershell -c \"C:\\gone.ps1; C:\\Data\\c.exe\"", NULL, "Data/c.exe", NULL, 0 },
		{ "powershell -c \"& 'C:\\gone.ps1'\"", NULL, NULL,
		  "\"C:\\gone.ps1\": not on this volume", FSK_ENOTFOUND },
		{ "powershell -c \"& \\\"$env:APPDATA\\x.ps1\\\"\"", NULL, NULL,
		  "%APPDATA% depends on a user, and none is known", FSK_EUNSUPPORTED },
		{ "powershell -c \"Get-Date\"", NULL, POWERSHELL, NULL, 0 },
		{ "powershell -NoExit -Version 2", NULL, POWERSHELL, NULL, 0 },
		/* & 'C:\Data\b.ps1' */
		{ "powershell -enc JgAgACcAQwA6AFwARABhAHQAYQBcAGIALgBwAHMAMQAnAA==", NULL,
		  "Data/b.ps1", NULL, 0 },
		{ "powershell -enc ====", NULL, POWERSHELL, NULL, 0 },
		{ 0 },
	};

	(void) state;
	check_all(forms_files, 'C', all);
}

/* With options: what is found, and how. */
static void with_options(void **state)
{
	static const char *const machine[] = { "Path",   "%SystemRoot%\\system32;C:\\Data;%x",
		                               "windir", "%SystemRoot%",
		                               "Tools",  "C:\\Data",
		                               "TEMP",   "%SystemRoot%\\TEMP",
		                               NULL };
	static const char *const user[] = { "Path", "\"C:\\a b\";D:\\bin", NULL };
	static const struct {
		const char *command;
		const char *user, *dir, *root;
		bool wow64;
		const char *path, *host, *program, *script;
		unsigned via;
	} all[] = {
		{ .command = "C:\\Windows\\System32\\both.dll",
		  .path = "Windows/System32/both.dll" },
		{ .command = "C:\\Windows\\System32\\both.dll",
		  .wow64 = true,
		  .path = "Windows/SysWOW64/both.dll",
		  .via = FSK_VIA_WOW64 },
		{ .command = "%windir%\\System32\\narrow.dll",
		  .path = "Windows/SysWOW64/narrow.dll",
		  .via = FSK_VIA_WOW64 | FSK_VIA_ENVIRONMENT },
		{ .command = "C:\\Windows\\sysnative\\both.dll",
		  .wow64 = true,
		  .path = "Windows/System32/both.dll",
		  .via = FSK_VIA_WOW64 },
		{ .command = "C:\\Windows\\System32\\spool\\p.dll",
		  .wow64 = true,
		  .path = "Windows/System32/spool/p.dll" },
		{ .command = "%ProgramFiles%\\Old\\old.exe",
		  .path = "Program Files (x86)/Old/old.exe",
		  .via = FSK_VIA_WOW64 },
		{ .command = "%ProgramFiles%\\Both\\b.exe", .path = "Program Files/Both/b.exe" },
		{ .command = "%ProgramFiles%\\Both\\b.exe",
		  .wow64 = true,
		  .path = "Program Files (x86)/Both/b.exe",
		  .via = FSK_VIA_WOW64 },
		{ .command = "%Tools%\\c.exe", .path = "Data/c.exe", .via = FSK_VIA_ENVIRONMENT },
		{ .command = "c.exe -x",
		  .path = "Data/c.exe",
		  .via = FSK_VIA_SEARCH | FSK_VIA_ENVIRONMENT },
		{ .command = "\"run me\"",
		  .user = "alice",
		  .path = "a b/run me.exe",
		  .via = FSK_VIA_SEARCH | FSK_VIA_ENVIRONMENT },
		{ .command = "c.exe",
		  .dir = "%SystemDrive%\\Data",
		  .path = "Data/c.exe",
		  .via = FSK_VIA_DIR },
		{ .command = "..\\Data\\c",
		  .dir = "C:\\Windows",
		  .path = "Data/c.exe",
		  .via = FSK_VIA_DIR },
		{ .command = "C:\\Windows\\System32\\cmd.exe",
		  .root = "Windows.old",
		  .path = "Windows.old/Windows/System32/cmd.exe",
		  .via = FSK_VIA_ROOT },
		{ .command = "C:\\Data\\old.exe",
		  .root = "\\Windows.old\\",
		  .path = "Windows.old/Data/old.exe",
		  .via = FSK_VIA_ROOT },
		{ .command = "C:\\Data\\c.exe", .root = "Windows.old", .path = "Data/c.exe" },
		{ .command = "C:\\PROGRA~2\\Old\\old.exe",
		  .path = "Program Files (x86)/Old/old.exe",
		  .via = FSK_VIA_SHORT },
		{ .command = "\\Device\\HarddiskVolume3\\Data\\c.exe",
		  .path = "Data/c.exe",
		  .via = FSK_VIA_DEVICE },
		{ .command = "cmd /c C:\\Data\\a.bat", .path = "Data/a.bat", .host = "cmd" },
		{ .command = "cmd /c wscript C:\\Data\\h.txt",
		  .path = "Data/h.txt",
		  .host = "wscript" },
		{ .command = "C:\\Data\\wscript.exe C:\\Data\\h.txt",
		  .path = "Data/h.txt",
		  .host = "wscript",
		  .program = "Data/wscript.exe" },
		{ .command = "C:\\Data\\wscript.exe C:\\gone.js",
		  .host = "wscript",
		  .program = "Data/wscript.exe" },
		{ .command = "powershell -e JgAgACcAQwA6AFwARABhAHQAYQBcAGIALgBwAHMAMQAnAA==",
		  .path = "Data/b.ps1",
		  .host = "powershell",
		  .script = "& 'C:\\Data\\b.ps1'",
		  .via = FSK_VIA_DECODED },
		{ .command = "powershell -e RwBlAHQALQBEAGEAdABlAA==",
		  .path = POWERSHELL,
		  .script = "Get-Date",
		  .via = FSK_VIA_SEARCH },
		{ .command = "%TEMP%\\gone.exe", .user = "alice" },
	};
	struct world w = { .env = { NULL, user, machine } };

	(void) state;
	fake_fs_open(&w.fs, forms_files);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct fsk_follow f = follow_in(&w, 'C');
		struct fsk_followed r;
		struct fsk_err err;
		int rc;

		f.user = all[i].user;
		f.dir = all[i].dir;
		f.root = all[i].root;
		f.wow64 = all[i].wow64;
		rc = fsk_follow_command(&r, &f, all[i].command, &err);
		if ((rc == 0) != (all[i].path != NULL) ||
		    (rc == 0 && strcmp(r.entry.loc.path, all[i].path) != 0))
			fail_msg("%zu %s: %s", i, all[i].command,
			         rc < 0 ? err.msg : r.entry.loc.path);
		if (rc == 0 && r.via != all[i].via)
			fail_msg("%zu %s: via %u", i, all[i].command, r.via);
		assert_string_equal(r.host, all[i].host != NULL ? all[i].host : "");
		assert_int_equal(r.has_program, all[i].program != NULL);
		if (r.has_program)
			assert_string_equal(r.program.loc.path, all[i].program);
		if (all[i].script != NULL)
			assert_string_equal(r.script, all[i].script);
		else
			assert_null(r.script);
		fsk_followed_free(&r);
	}
	fsk_fs_close(w.fs);
}

static void two_drives(void **state)
{
	static const struct fake_file data[] = { F("bin/tool.exe"), F("only.exe"), { 0 } };
	static const char *const machine[] = { "Path", "D:\\bin", NULL };
	static const struct {
		char letter;
		const char *command, *path, *message;
	} all[] = {
		{ 'C', "D:\\bin\\tool.exe -x", "bin/tool.exe", NULL },
		{ 'C', "tool", "bin/tool.exe", NULL },
		{ 'C', "\\Device\\HarddiskVolume3\\only.exe", "only.exe", NULL },
		{ 'C', "\\\\?\\D:\\only.exe", "only.exe", NULL },
		{ 'C', "cmd /c d:\\only.exe", "only.exe", NULL },
		{ 'C', "D:\\gone.exe", NULL, "\"D:\\gone.exe\": not on drive D:" },
		{ 'C', "E:\\gone.exe", NULL, "on drive E:, which the evidence does not have" },
		{ 'C', "\\only.exe", NULL, "\"\\only.exe\": not on this volume" },
	};
	struct world w = { .drive = 'D', .env = { NULL, NULL, machine } };

	(void) state;
	fake_fs_open(&w.fs, modern);
	fake_fs_open(&w.other, data);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct fsk_follow f = follow_in(&w, all[i].letter);
		struct fsk_followed r;
		struct fsk_err err;

		if (fsk_follow_command(&r, &f, all[i].command, &err) == 0)
			assert_string_equal(r.entry.loc.path, all[i].path);
		else
			assert_string_equal(err.msg, all[i].message);
		fsk_followed_free(&r);
	}
	fsk_fs_close(w.fs);
	fsk_fs_close(w.other);
}

/* Asked on D:, what belongs to Windows is on C:. */
static void windows_is_elsewhere(void **state)
{
	static const struct fake_file data[] = { F("run.exe"), { 0 } };
	static const char *const commands[][2] = {
		{ "notepad", "Windows/System32/notepad.exe" },
		{ "%windir%\\notepad.exe", "Windows/notepad.exe" },
		{ "\\SystemRoot\\notepad.exe", "Windows/notepad.exe" },
		{ "%AppData%\\Trojan\\t.exe", "Users/alice/AppData/Roaming/Trojan/t.exe" },
		{ "\\run.exe", "run.exe" },
	};
	struct world w = { .drive = 'C' };
	struct fsk_follow f = follow_in(&w, 'D');

	(void) state;
	f.system = 'C';
	f.user = "alice";
	fake_fs_open(&w.other, modern);
	fake_fs_open(&w.fs, data);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct fsk_followed r;

		assert_int_equal(fsk_follow_command(&r, &f, commands[i][0], NULL), 0);
		assert_string_equal(r.entry.loc.path, commands[i][1]);
		fsk_followed_free(&r);
	}
	fsk_fs_close(w.fs);
	fsk_fs_close(w.other);
}

static void long_lines_are_refused(void **state)
{
	struct world w = { .drive = 0 };
	struct fsk_follow f = follow_in(&w, 'C');
	char *command = malloc(200001);
	struct fsk_followed r;
	struct fsk_err err;

	(void) state;
	assert_non_null(command);
	memset(command, 'x', 200000);
	command[200000] = '\0';
	fake_fs_open(&w.fs, modern);
	assert_int_equal(fsk_follow_command(&r, &f, command, &err), FSK_ELIMIT);
	command[32000] = '\0'; /* of permitted length, and only spaces make it costly */
	for (size_t i = 1; i < 32000; i += 2)
		command[i] = ' ';
	assert_int_equal(fsk_follow_command(&r, &f, command, &err), FSK_ENOTFOUND);
	fsk_followed_free(&r);
	fsk_fs_close(w.fs);
	free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(names),
		cmocka_unit_test(variables),
		cmocka_unit_test(hosts),
		cmocka_unit_test(given_variables),
		cmocka_unit_test(absences),
		cmocka_unit_test(other_letters),
		cmocka_unit_test(unix_commands),
		cmocka_unit_test(spellings),
		cmocka_unit_test(commands_of_cmd),
		cmocka_unit_test(more_hosts),
		cmocka_unit_test(powershell),
		cmocka_unit_test(with_options),
		cmocka_unit_test(two_drives),
		cmocka_unit_test(windows_is_elsewhere),
		cmocka_unit_test(long_lines_are_refused),
	};

	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
