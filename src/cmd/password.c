// SPDX-License-Identifier: Apache-2.0
#include "cmd/password.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

outcome password_read(const char *prompt, char *out, size_t room, struct why *why)
{
    struct termios before, silent;
    const bool is_terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (is_terminal) {
        silent = before;
        silent.c_lflag &= (tcflag_t)~ECHO;
        (void)fputs(prompt, stderr);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    const char *line = fgets(out, (int)room, stdin);
    if (is_terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        (void)fputc('\n', stderr);
    }
    if (line == NULL)
        return fail(why, INVALID, "no password: write it to standard input, on one line");
    out[strcspn(out, "\r\n")] = '\0';
    return OK;
}
