// SPDX-License-Identifier: Apache-2.0
//
// Runs a libFuzzer target without libFuzzer: every file of the corpus folder whole, then cut off at
// spread lengths, then with single bits flipped at places that a seed chooses. What a sanitizer or
// an assertion says fails the test.
#include "base/file.h"
#include "base/random.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    INPUT_BYTES_MAX = 4 * 1024 * 1024,
    CUTS = 64,
    FLIPS = 200,
    FILES_MAX = 4096,
};

// A copy of exactly `size` bytes, so that a sanitizer sees a read one past its end.
static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) abort();
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void feed_variants(struct buffer *input)
{
    feed(input->at, input->len);
    for (size_t i = 0; i < CUTS; i++)
        feed(input->at, input->len * i / CUTS);
    struct prng prng = prng_init(input->len);
    for (size_t i = 0; i < FLIPS && input->len > 0; i++) {
        const size_t at = (size_t)prng_below(&prng, input->len);
        const uint8_t bit = (uint8_t)(1u << prng_below(&prng, 8));
        input->at[at] ^= bit;
        feed(input->at, input->len);
        input->at[at] ^= bit;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: replay CORPUS_FOLDER\n");
        return 2;
    }
    struct dirent **entries;
    const int count = scandir(argv[1], &entries, NULL, alphasort);
    int number = 0;
    bool is_all_read = count > 0 && count < FILES_MAX;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            char path[PATH_MAX];
            (void)snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
            autobuffer input = buffer_init(INPUT_BYTES_MAX);
            const bool is_read = file_read(path, &input, NULL) == OK;
            if (is_read) feed_variants(&input);
            is_all_read = is_all_read && is_read;
            printf("%sok %d - %s\n", is_read ? "" : "not ", ++number, entries[i]->d_name);
        }
        free(entries[i]);
    }
    if (count > 0) free(entries);
    if (number == 0) printf("not ok %d - the corpus folder has files\n", ++number);
    printf("1..%d\n", number);
    return is_all_read && number > 0 ? 0 : 1;
}
