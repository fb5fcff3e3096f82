// SPDX-License-Identifier: Apache-2.0
#include "license/denial.h"

static const struct {
    int status;
    const char *code, *sentence;
} denials[] = {
#define DENIAL_ROW(name, status, code, sentence) {status, code, sentence},
    DENIALS(DENIAL_ROW)
#undef DENIAL_ROW
};

int denial_status(enum denial denial)
{
    return denials[denial].status;
}

const char *denial_code(enum denial denial)
{
    return denials[denial].code;
}

const char *denial_sentence(enum denial denial)
{
    return denials[denial].sentence;
}

// A header that is not ours was made by nobody of ours: it is a forgery like any other.
enum denial denial_of_fault(enum entitlement_fault fault)
{
    static const enum denial of[] = {
        [ENTITLEMENT_SOUND] = GRANTED,
        [ENTITLEMENT_MALFORMED] = DENY_TOKEN_MALFORMED,
        [ENTITLEMENT_ALGORITHM] = DENY_TOKEN_FORGED,
        [ENTITLEMENT_KEY_UNKNOWN] = DENY_TOKEN_KEY,
        [ENTITLEMENT_FORGED] = DENY_TOKEN_FORGED,
        [ENTITLEMENT_AUDIENCE] = DENY_TOKEN_AUDIENCE,
        [ENTITLEMENT_EARLY] = DENY_TOKEN_EARLY,
        [ENTITLEMENT_EXPIRED] = DENY_TOKEN_EXPIRED,
    };
    return of[fault];
}
