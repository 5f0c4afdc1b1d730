// SPDX-License-Identifier: MIT
// Runs a libFuzzer harness on the files of its corpus, without libFuzzer: what was found once stays
// found. replay DIRECTORY
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *directory, const char *name)
{
    static uint8_t data[1 << 20];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(data, 1, sizeof data, file) : 0;
    if (file)
        fclose(file);
    printf("%s: %zu bytes\n", name, size);
    fflush(stdout); // the last line names the input that failed
    LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int count = argc == 2 ? scandir(argv[1], &entries, NULL, alphasort) : -1, replayed = 0;
    for (int i = 0; i < count; i++)
        if (entries[i]->d_name[0] != '.') {
            replay(argv[1], entries[i]->d_name);
            replayed++;
        }
    return replayed > 0 ? 0 : 1;
}
