/* Command lines as they stand in registries, services and shortcuts, and the
 * file that each of them starts. */
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

static int lookup(void *arg, struct fsk_entry *out, const char *path, struct fsk_err *err)
{
	return fsk_fs_lookup(out, arg, path, err);
}

static void check(const struct fake_file *files, char letter, const struct expectation *x)
{
	struct fsk_follow f = { .lookup = lookup, .letter = letter, .user = x->user };
	struct fsk_fs *fs;
	struct fsk_entry e;
	struct fsk_err err = { .code = 0 };
	int rc;

	fake_fs_open(&fs, files);
	f.arg = fs;
	rc = fsk_follow_command(&e, &f, x->command, &err);
	if (x->path != NULL && rc < 0)
		fail_msg("%s: %s", x->command, err.msg);
	if (x->path == NULL && rc == 0)
		fail_msg("%s: gave %s", x->command, e.loc.path);
	if (rc == 0) {
		if (strcmp(e.loc.path, x->path) != 0)
			fail_msg("%s: %s, not %s", x->command, e.loc.path, x->path);
		fsk_entry_free(&e);
	} else {
		assert_int_equal(rc, x->code);
		assert_string_equal(err.msg, x->message);
	}
	fsk_fs_close(fs);
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
		                           "empty",      "" };
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
	struct fsk_follow f = { .lookup = lookup, .letter = 'C', .env = env, .nenv = 5 };
	char out[FSK_FOLLOW_MAX + 1];
	struct fsk_entry e;
	struct fsk_fs *fs;
	struct fsk_err err;

	(void) state;
	fake_fs_open(&fs, modern);
	f.arg = fs;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int rc = fsk_follow_expand(out, &f, all[i].text, &err);

		assert_int_equal(rc < 0, all[i].expanded == NULL);
		if (rc < 0)
			assert_string_equal(err.msg, all[i].why);
		else
			assert_string_equal(out, all[i].expanded);
	}
	assert_int_equal(fsk_follow_command(&e, &f, "%TOOLS%\\tool.exe -x", &err), 0);
	assert_string_equal(e.loc.path, "Program Files/Vendor/tool.exe");
	fsk_entry_free(&e);
	fsk_fs_close(fs);
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
		{ "cmd /c cmd /c cmd /c cmd /c cmd /c C:\\boot.exe", NULL, NULL,
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
		{ "D:\\tools\\x.exe -a", NULL, NULL, "on drive D:, not on this volume",
		  FSK_ENOTFOUND },
		{ "\"e:\\x y.exe\"", NULL, NULL, "on drive E:, not on this volume", FSK_ENOTFOUND },
		{ "C:\\gone\\x.exe -a", NULL, NULL, "\"C:\\gone\\x.exe -a\": not on this volume",
		  FSK_ENOTFOUND },
		{ "\"C:\\gone.exe\" -a", NULL, NULL, "\"C:\\gone.exe\": not on this volume",
		  FSK_ENOTFOUND },
		{ "\\\\server\\share\\x.exe", NULL, NULL,
		  "\"\\\\server\\share\\x.exe\": on a server", FSK_ENOTFOUND },
		{ "C:\\Windows", NULL, NULL, "\"C:\\Windows\": not on this volume", FSK_ENOTFOUND },
		{ "", NULL, NULL, "the command line is empty", FSK_EINVAL },
		{ "   ", NULL, NULL, "the command line is empty", FSK_EINVAL },
		{ "\"", NULL, NULL, "\"\": not on this volume", FSK_ENOTFOUND },
		{ "%", NULL, NULL, "\"%\": not on this volume", FSK_ENOTFOUND },
		{ "cmd /c", NULL, NULL, "the command line is empty", FSK_EINVAL },
		{ "rundll32", NULL, NULL, "\"\": not on this volume", FSK_ENOTFOUND },
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
	      &(struct expectation){ "C:\\boot.exe", NULL, NULL, "on drive C:, not on this volume",
	                             FSK_ENOTFOUND });
	check(modern, 0,
	      &(struct expectation){ "E:\\boot.exe", NULL, NULL, "on drive E:, not on this volume",
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

static void long_lines_are_refused(void **state)
{
	struct fsk_follow f = { .lookup = lookup };
	char *command = malloc(200001);
	struct fsk_entry e;
	struct fsk_err err;

	(void) state;
	assert_non_null(command);
	memset(command, 'x', 200000);
	command[200000] = '\0';
	fake_fs_open((struct fsk_fs **) &f.arg, modern);
	assert_int_equal(fsk_follow_command(&e, &f, command, &err), FSK_ELIMIT);
	command[32000] = '\0'; /* of permitted length, and only spaces make it costly */
	for (size_t i = 1; i < 32000; i += 2)
		command[i] = ' ';
	assert_int_equal(fsk_follow_command(&e, &f, command, &err), FSK_ENOTFOUND);
	fsk_fs_close(f.arg);
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
		cmocka_unit_test(long_lines_are_refused),
	};

	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
