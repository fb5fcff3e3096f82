// SPDX-License-Identifier: Apache-2.0
//
// Vectors: RFC 9180 appendix A.3.1, message 0.
#include "drm/hpke.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECRET_E "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb"
#define SECRET_R "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"
#define POINT_E                                                                                    \
    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c" \
    "0900be863c403ce65c9bfcb9382657222d18c4"
#define POINT_R                                                                                    \
    "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62f" \
    "b3d30ad6aa8f80e30f1d128aafd68a2ce72ea0"
#define SEALED                                                                                     \
    "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434"

static const char plaintext[] = "Beauty is truth, truth beauty";

static struct hpke_context published(void)
{
    return (struct hpke_context){.info = slice_of("Ode on a Grecian Urn"),
                                 .aad = slice_of("Count-0")};
}

static void from_hex(const char *hex, uint8_t *out, size_t len)
{
    assert_int_equal(slice_hex(slice_of(hex), out, len, NULL), OK);
}

static struct p256_key *key_of(const char *hex)
{
    uint8_t secret[P256_SECRET_BYTES];
    struct p256_key *key = NULL;
    from_hex(hex, secret, sizeof secret);
    assert_int_equal(p256_key_load(secret, &key, NULL), OK);
    return key;
}

static void the_published_vector_is_sealed_byte_for_byte(void **state)
{
    autop256 *sender = key_of(SECRET_E);
    struct p256_point receiver;
    uint8_t expected[sizeof SEALED / 2], point[P256_POINT_BYTES];
    autobuffer sealed = buffer_init(256);
    const struct hpke_context context = published();
    from_hex(POINT_R, receiver.bytes, P256_POINT_BYTES);
    from_hex(POINT_E, point, sizeof point);
    from_hex(SEALED, expected, sizeof expected);
    assert_memory_equal(p256_key_point(sender)->bytes, point, sizeof point);
    assert_int_equal(
        hpke_seal_with(sender, &receiver, &context, slice_of(plaintext), &sealed, NULL), OK);
    assert_int_equal(sealed.len, sizeof expected);
    assert_memory_equal(sealed.at, expected, sizeof expected);
}

static void the_published_vector_is_opened(void **state)
{
    autop256 *receiver = key_of(SECRET_R);
    struct p256_point sender;
    uint8_t sealed[sizeof SEALED / 2];
    autobuffer opened = buffer_init(256);
    const struct hpke_context context = published();
    from_hex(POINT_E, sender.bytes, P256_POINT_BYTES);
    from_hex(SEALED, sealed, sizeof sealed);
    assert_int_equal(hpke_open(receiver, &sender, &context, (struct slice){sealed, sizeof sealed},
                               &opened, NULL),
                     OK);
    assert_true(slice_is(buffer_slice(&opened), plaintext));
}

struct made {
    struct p256_key *receiver;
    struct p256_point encapsulated;
    struct buffer sealed;
};

static struct made seal(struct slice text)
{
    struct made made = {.sealed = buffer_init(256)};
    const struct hpke_context context = published();
    assert_int_equal(p256_key_make(&made.receiver, NULL), OK);
    assert_int_equal(hpke_seal(p256_key_point(made.receiver), &context, text, &made.encapsulated,
                               &made.sealed, NULL),
                     OK);
    return made;
}

static void made_release(struct made *made)
{
    p256_key_close(&made->receiver);
    buffer_release(&made->sealed);
}

static void what_is_sealed_opens_also_when_empty(void **state)
{
    static const char *const texts[] = {"", "x", plaintext};
    for (size_t i = 0; i < 3; i++) {
        struct made made = seal(slice_of(texts[i]));
        const struct hpke_context context = published();
        autobuffer opened = buffer_init(256);
        assert_int_equal(hpke_open(made.receiver, &made.encapsulated, &context,
                                   buffer_slice(&made.sealed), &opened, NULL),
                         OK);
        assert_true(slice_is(buffer_slice(&opened), texts[i]));
        made_release(&made);
    }
}

static void any_change_is_denied_and_leaves_nothing(void **state)
{
    struct made made = seal(slice_of(plaintext));
    autop256 *other = NULL;
    autobuffer opened = buffer_init(256);
    const struct slice sealed = buffer_slice(&made.sealed);
    struct hpke_context context = published();
    assert_int_equal(p256_key_make(&other, NULL), OK);
    assert_int_equal(hpke_open(other, &made.encapsulated, &context, sealed, &opened, NULL), DENIED);
    context.aad = slice_of("Count-1");
    assert_int_equal(hpke_open(made.receiver, &made.encapsulated, &context, sealed, &opened, NULL),
                     DENIED);
    context = published();
    context.info = slice_of("Ode on a Grecian urn");
    assert_int_equal(hpke_open(made.receiver, &made.encapsulated, &context, sealed, &opened, NULL),
                     DENIED);
    context = published();
    for (size_t i = 0; i < sealed.len; i++) {
        made.sealed.at[i] ^= 1;
        assert_int_equal(
            hpke_open(made.receiver, &made.encapsulated, &context, sealed, &opened, NULL), DENIED);
        made.sealed.at[i] ^= 1;
    }
    assert_int_equal(opened.len, 0);
    assert_int_equal(hpke_open(made.receiver, &made.encapsulated, &context,
                               slice_part(sealed, 0, HPKE_TAG_BYTES - 1), &opened, NULL),
                     INVALID);
    made.encapsulated.bytes[64] ^= 1; // not on the curve any more
    assert_int_equal(hpke_open(made.receiver, &made.encapsulated, &context, sealed, &opened, NULL),
                     INVALID);
    made_release(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vector_is_sealed_byte_for_byte),
        cmocka_unit_test(the_published_vector_is_opened),
        cmocka_unit_test(what_is_sealed_opens_also_when_empty),
        cmocka_unit_test(any_change_is_denied_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
