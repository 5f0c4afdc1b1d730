// SPDX-License-Identifier: MIT
// poolmalloc resolve: what the library says of stray writes and invalid frees, with functions and lines of
// source in the place of addresses. Runs addr2line for each.
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verb.h"

extern char **environ;

struct resolve {
    char **files; // with room for all arguments
    unsigned file_count;
    bool failed;  // addr2line could not be run: nothing more is asked of it
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct resolve *resolve = state->input;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    resolve->files[resolve->file_count++] = argument;
    return 0;
}

// ---- addr2line ----

// Starts it with its output as *ret_answer; -1 after a message.
static pid_t start(char *module, uint64_t address, FILE **ret_answer)
{
    char text[32];
    char *named = getenv("ADDR2LINE");
    char *list[] = {named && *named ? named : (char[]){"addr2line"}, (char[]){"-fCe"}, module, text, NULL};
    int ends[2];
    pid_t child = -1;
    posix_spawn_file_actions_t actions;
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)address);
    if (pipe(ends) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(&child, list[0], &actions, NULL, list, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error) {
        close(ends[0]);
        verb_complain("%s: %s; it is part of binutils, ADDR2LINE names another", list[0], strerror(error));
        return -1;
    }
    *ret_answer = fdopen(ends[0], "r");
    return child;
}

static void read_line(FILE *from, char *ret_line, int size)
{
    if (!fgets(ret_line, size, from))
        ret_line[0] = '\0';
    ret_line[strcspn(ret_line, "\n")] = '\0';
}

// Says which function and line an address in a module is of, as far as that is known.
static void print_source(struct resolve *resolve, char *module, uint64_t address)
{
    char function[1024], place[4096];
    FILE *answer;
    pid_t child = resolve->failed ? -1 : start(module, address, &answer);
    if (child < 0) {
        resolve->failed = true;
        return;
    }
    read_line(answer, function, sizeof function);
    read_line(answer, place, sizeof place);
    fclose(answer);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    if (function[0] && strcmp(function, "??") != 0)
        printf(": %s", function);
    if (place[0] && place[0] != '?')
        printf(" at %s", place);
}

// ---- Text ----

// "  allocated by MODULE+0xOFFSET (0xADDRESS)": the module, cut out of the line, and the offset. A return
// address is behind the call that it is about.
static bool find_place(char *line, char **ret_module, uint64_t *ret_offset)
{
    static const char *const words[] = {"  allocated by ", "  freed by "};
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++) {
        char *module = line + strlen(words[i]), *plus = NULL, *end;
        if (strncmp(line, words[i], strlen(words[i])) != 0)
            continue;
        for (char *next = module; (next = strstr(next, "+0x")); next++)
            plus = next;
        if (!plus || plus == module)
            return false;
        *ret_offset = strtoull(plus + 1, &end, 16) - 1;
        if (strncmp(end, " (0x", 4) != 0)
            return false;
        *plus = '\0';
        *ret_module = module;
        return true;
    }
    return false;
}

static void resolve_text(struct resolve *resolve, FILE *file)
{
    char *line = NULL, *module;
    size_t room = 0;
    uint64_t offset;
    for (ssize_t length; (length = getline(&line, &room, file)) > 0;) {
        bool ended = line[length - 1] == '\n';
        fwrite(line, 1, (size_t)(length - ended), stdout);
        if (find_place(line, &module, &offset))
            print_source(resolve, module, offset);
        if (ended)
            putchar('\n');
        fflush(stdout); // it may be a running program's
    }
    free(line);
}

int verb_resolve(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse, .args_doc = "[FILE|-]...",
        .doc = "Add functions and lines of source to reports of overflow_check, poison and invalid frees.\v"
               "Copies what programs wrote to standard error, and says behind each address who that is, as "
               "far as the program and its libraries tell (compile with -g): program 2>&1 | poolmalloc "
               "resolve. Runs addr2line, or the program that ADDR2LINE names. Exit status: 0; 1 if a file "
               "cannot be read or there is no addr2line; 2 for a wrong command line."};
    static char standard_input[] = "-";
    char *files[argc + 1];
    struct resolve resolve = {.files = files};
    bool ok = true;
    verb_parse(&argp, argc, argv, &resolve);
    if (resolve.file_count == 0)
        files[resolve.file_count++] = standard_input;
    for (unsigned i = 0; i < resolve.file_count; i++) {
        FILE *file = strcmp(files[i], "-") == 0 ? stdin : fopen(files[i], "r");
        if (!file)
            verb_complain("%s: %s", files[i], strerror(errno));
        else
            resolve_text(&resolve, file);
        ok &= file != NULL;
        if (file && file != stdin)
            fclose(file);
    }
    return ok && !resolve.failed ? VERB_OK : VERB_FAILED;
}
