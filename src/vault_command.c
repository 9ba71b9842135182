/*
 * vault_command.c
 *		The program that lealup.key_command names.
 *
 * It runs beside the worker, which looks at its pipe now and then, so that a slow one delays nothing. No shell interprets the command, and
 * what the program writes to its standard error goes nowhere: a key might be in it.
 */
#include "postgres.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto.h"
#include "storage/ipc.h"
#include "vault_command.h"
#include "vault_file.h"

#define TIME_LIMIT (10 * USECS_PER_SEC)
#define MOST_WORDS 64

static struct
{
	pid_t		pid;			/* 0 = none runs */
	int			output;
	bool		ended;			/* its output has */
	TimestampTz deadline;
	size_t		length;
	unsigned char buffer[256];
}			run;

static void
stop_at_exit(int code, Datum arg)
{
	command_stop();
}

void
command_stop(void)
{
	if (run.pid == 0)
		return;
	kill(-run.pid, SIGKILL);
	kill(run.pid, SIGKILL);		/* it may not be a group yet */
	(void) waitpid(run.pid, NULL, 0);
	close(run.output);
	crypto_cleanse(&run, sizeof(run));
}

/* Takes the command's words apart at its blanks. */
static void
split(char *command, char **words)
{
	int			n = 0;

	for (char *word = strtok(command, " \t\n"); word && n < MOST_WORDS; word = strtok(NULL, " \t\n"))
		words[n++] = word;
	words[n] = NULL;
}

/* In the child: nothing of the server but the environment and the directory. */
static void
become(char **words, int output)
{
	sigset_t	none;
	int			null = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	for (int fd = 3; fd < sysconf(_SC_OPEN_MAX) && fd < 65536; fd++)
		close(fd);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(words[0], words);
	_exit(127);
}

const char *
command_start(const char *command)
{
	static bool registered = false;
	char	   *copy = pstrdup(command);
	char	   *words[MOST_WORDS + 1];
	sigset_t	all;
	sigset_t	saved;
	int			ends[2];
	pid_t		pid;

	command_stop();
	if (!registered)
		on_proc_exit(stop_at_exit, (Datum) 0);
	registered = true;
	split(copy, words);
	if (words[0] == NULL)
		return "lealup.key_command is empty";
	if (pipe2(ends, O_CLOEXEC) != 0)
		return "no pipe could be made for lealup.key_command";
	(void) fcntl(ends[0], F_SETFL, O_NONBLOCK);
	/* The handlers of this process must not run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved);
	pid = fork();
	if (pid == 0)
		become(words, ends[1]);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	close(ends[1]);
	pfree(copy);
	if (pid < 0)
	{
		close(ends[0]);
		return "no process could be started for lealup.key_command";
	}
	run.pid = pid;
	run.output = ends[0];
	run.deadline = GetCurrentTimestamp() + TIME_LIMIT;
	return NULL;
}

/* Reads what is there; more than a key can be is left unread, so that the program fails or runs out of its time. */
static void
read_output(void)
{
	ssize_t		n;

	while (!run.ended && run.length < sizeof(run.buffer))
	{
		n = read(run.output, run.buffer + run.length, sizeof(run.buffer) - run.length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		run.length += n;
		run.ended = n == 0;
	}
	/* A full buffer is no key, whatever follows. */
	run.ended = true;
}

CommandState
command_poll(unsigned char *key, const char **why)
{
	int			status;
	pid_t		ended;
	bool		ok;

	if (run.pid == 0)
	{
		*why = "lealup.key_command does not run";
		return COMMAND_FAILED;
	}
	read_output();
	ended = run.ended && run.length < sizeof(run.buffer) ? waitpid(run.pid, &status, WNOHANG) : 0;
	if (ended == 0 && run.length < sizeof(run.buffer))
	{
		if (GetCurrentTimestamp() < run.deadline)
			return COMMAND_RUNNING;
		*why = "lealup.key_command did not end within 10 seconds";
		command_stop();
		return COMMAND_FAILED;
	}
	if (ended == 0)
	{
		*why = "lealup.key_command wrote more than a key";
		command_stop();
		return COMMAND_FAILED;
	}
	ok = ended == run.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	*why = "lealup.key_command failed: its exit status was not 0";
	if (ended == run.pid && WIFEXITED(status) && WEXITSTATUS(status) == 127)
		*why = "lealup.key_command could not be run";
	if (ok)
	{
		ok = vault_parse_key(run.buffer, run.length, key);
		*why = "lealup.key_command did not write 32 bytes, in hexadecimal or base64 or as they are";
	}
	close(run.output);
	crypto_cleanse(&run, sizeof(run));
	return ok ? COMMAND_SUCCEEDED : COMMAND_FAILED;
}
