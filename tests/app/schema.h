// SPDX-License-Identifier: Apache-2.0
//
// As much of JSON Schema 2020-12 as app/openapi.json uses: type, const, enum, properties, required,
// additionalProperties, items, oneOf, $ref into the document, minimum, maximum, maxLength, pattern,
// uniqueItems. Any other keyword that constrains is a failure of the check itself, so that the
// document cannot outgrow it unnoticed.
#ifndef TESTS_APP_SCHEMA_H
#define TESTS_APP_SCHEMA_H

#include "base/json.h"

// INVALID with the path to what does not fit.
must_check outcome schema_check(const json_t *document, const json_t *schema, const json_t *value,
                                const char *path, struct why *why);

// The node that "$ref" in `node` names, or `node` itself.
const json_t *schema_follow(const json_t *document, const json_t *node);

#endif
