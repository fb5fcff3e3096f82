// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_match.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { PATTERN_BYTES_MAX = 512, TEXT_BYTES_MAX = 8192, REPEATS_MAX = 4096 };

bool match_wildcards(struct slice pattern, struct slice text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.len && (pattern.at[p] == '?' || pattern.at[p] == text.at[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) { // let the last star take one more
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*')
        p++;
    return p == pattern.len;
}

// Counts multiply when they nest, and glibc writes every repeat out.
static bool is_cheap(struct slice pattern)
{
    uint64_t product = 1, number = 0;
    bool is_in_braces = false;
    for (size_t i = 0; i < pattern.len; i++) {
        const uint8_t byte = pattern.at[i];
        const uint8_t next = i + 1 < pattern.len ? pattern.at[i + 1] : 0;
        if (byte == 0) return false;
        if (byte == '\\') {
            if (next >= '1' && next <= '9') return false;
            i++;
        } else if (byte == '{') {
            is_in_braces = true;
            number = 0;
        } else if (is_in_braces && byte >= '0' && byte <= '9') {
            number = number * 10 + (uint64_t)(byte - '0');
        } else if (is_in_braces && (byte == ',' || byte == '}')) {
            if (number > 1) product *= number;
            number = 0;
            is_in_braces = byte == ',';
        }
        if (product > REPEATS_MAX || number > REPEATS_MAX) return false;
    }
    return true;
}

// POSIX finds the leftmost match and of those the longest: the whole text, when that matches.
enum match match_regex(struct slice pattern, struct slice text)
{
    char source[PATTERN_BYTES_MAX + 1], copy[TEXT_BYTES_MAX + 1];
    regex_t compiled;
    regmatch_t span;
    if (pattern.len == 0 || pattern.len > PATTERN_BYTES_MAX || text.len > TEXT_BYTES_MAX ||
        !is_cheap(pattern))
        return MATCH_REFUSED;
    (void)snprintf(source, sizeof source, "%.*s", SLICE_ARG(pattern));
    if (text.len > 0) memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (regcomp(&compiled, source, REG_EXTENDED) != 0) return MATCH_REFUSED;
    const int found = regexec(&compiled, copy, 1, &span, 0);
    regfree(&compiled);
    if (found != 0 && found != REG_NOMATCH) return MATCH_REFUSED;
    const bool is_whole = found == 0 && span.rm_so == 0 && (size_t)span.rm_eo == text.len;
    return is_whole ? MATCH_YES : MATCH_NO;
}
