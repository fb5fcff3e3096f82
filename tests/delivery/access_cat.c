// SPDX-License-Identifier: Apache-2.0
#include "asked.h"

#include "base/base64.h"
#include "drm/cose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KEYS                                                                                       \
    "{\"audience\":\"edge\",\"keys\":[{\"kid\":\"k\",\"for\":\"cat\",\"alg\":\"HS256\","           \
    "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\",\"iss\":\"play\"}]}"
#define BASE_CLAIMS "0164706c6179036465646765041a6b49d23c" // iss play, aud edge, exp: now + 60
#define URL         "/film/v.stereo.mp4?x=1"

static struct access_keys *keys;

static int open_keys(void **state)
{
    (void)state;
    return access_keys_parse(slice_of(KEYS), "keys", &keys, NULL) == OK ? 0 : 1;
}

static int close_keys(void **state)
{
    (void)state;
    access_keys_close(&keys);
    return 0;
}

// Signs the three claims that a token of these keys needs and `count` more, given in hex.
static void sign(const char *more, unsigned count, char *out, size_t room)
{
    uint8_t bytes[512];
    char hex[1100];
    (void)snprintf(hex, sizeof hex, "%02x%s%s", 0xa3 + count, BASE_CLAIMS, more);
    const size_t len = strlen(hex) / 2;
    assert_int_equal(slice_hex(slice_of(hex), bytes, len, NULL), OK);
    autobuffer cose = buffer_init(COSE_BYTES_MAX), text = buffer_init(COSE_BYTES_MAX * 2);
    assert_int_equal(
        cose_mac0_make(&keys->keys[0].key, slice_of("k"), (struct slice){bytes, len}, &cose, NULL),
        OK);
    assert_int_equal(base64_format(BASE64_URL, buffer_slice(&cose), &text, NULL), OK);
    (void)snprintf(out, room, "%s", buffer_text(&text));
}

static enum access_fault try(struct asked *asked, const char *more, unsigned count)
{
    char token[1024], fields[1200];
    sign(more, count, token, sizeof token);
    (void)snprintf(fields, sizeof fields,
                   "X-Tier: gold\r\nX-Two: a\r\nX-Two: b\r\nCTA-Common-Access-Token: %s\r\n",
                   token);
    (void)ask(asked, URL, fields);
    asked->request.country = "DE";
    asked->request.alpn = "h2";
    return fault_of(keys, &asked->request);
}

// Each claim where it holds and where it does not. The request is as in try() and asked.h.
static const struct {
    const char *what, *claim; // label and value in hex
    enum access_fault fault;
} cases[] = {
    {"nbf: ahead, within the skew", "051a6b49d218", ACCESS_GRANTED},
    {"nbf: too early", "051a6b49d263", ACCESS_EARLY},
    {"nbf: a fraction", "05fb41dad2747fe00000", ACCESS_GRANTED},
    {"iat", "061a6b49d200", ACCESS_GRANTED},
    {"sub", "02626d65", ACCESS_GRANTED},
    {"sub twice is no claim of another key", "08a0", ACCESS_UNSUPPORTED},
    {"catv", "19013601", ACCESS_GRANTED},
    {"catv 2", "19013602", ACCESS_UNSUPPORTED},
    {"catreplay: permitted", "19013400", ACCESS_GRANTED},
    {"catreplay: reuse detection", "19013402", ACCESS_GRANTED},
    {"catreplay 3", "19013403", ACCESS_UNSUPPORTED},
    {"catreplay: prohibited, but no cti", "19013401", ACCESS_MALFORMED},
    {"catm", "1901398163474554", ACCESS_GRANTED},
    {"catm", "1901398164504f5354", ACCESS_METHOD},
    {"catm: no array", "19013963474554", ACCESS_MALFORMED},
    {"catalpn", "19013a81426832", ACCESS_GRANTED},
    {"catalpn", "19013a8168687474702f312e31", ACCESS_CONDITION},
    {"catgeoiso3166", "19013c82624652624445", ACCESS_GRANTED},
    {"catgeoiso3166", "19013c81625553", ACCESS_TERRITORY},
    {"a part of the country", "19013c816544452d4245", ACCESS_TERRITORY},
    {"catnip: an address", "19013781d83444c0000207", ACCESS_GRANTED},
    {"catnip: a network", "19013781d83482181843c00002", ACCESS_GRANTED},
    {"catnip: a host in its network", "19013781d8348244c00002011818", ACCESS_GRANTED},
    {"catnip: another network", "19013781d83482181843c00003", ACCESS_ADDRESS},
    {"catnip: all of IPv6", "19013781d836820040", ACCESS_ADDRESS},
    {"catnip: an AS", "1901378119fde8", ACCESS_ADDRESS},
    {"catnip: 67 bits of IPv4", "19013781d83482184343c00002", ACCESS_MALFORMED},
    {"catnip: a text", "19013781693139322e302e322e37", ACCESS_MALFORMED},
    {"cath", "19013ba166782d74696572a10064676f6c64", ACCESS_GRANTED},
    {"cath: a field that came twice, once otherwise", "19013ba165782d74776fa1006161",
     ACCESS_CONDITION},
    {"cath: not there", "19013ba166782d6e6f6e65a10360", ACCESS_CONDITION},
    {"catif", "190142a10482190133a1684c6f636174696f6e6968747470733a2f2f78", ACCESS_GRANTED},
    {"catifdata", "190140816178", ACCESS_GRANTED},
    {"catr", "190143a20001011878", ACCESS_GRANTED},
    {"catpor", "190135fb3fe0000000000000", ACCESS_UNSUPPORTED},
    {"geohash", "19011a63753333", ACCESS_UNSUPPORTED},
    {"catgeocoord", "19013d83010203", ACCESS_UNSUPPORTED},
    {"catgeoalt", "19013e820102", ACCESS_UNSUPPORTED},
    {"cattpk", "19013f4178", ACCESS_UNSUPPORTED},
    {"catdpop", "190141a0", ACCESS_UNSUPPORTED},
    {"cattprint", "190144a0", ACCESS_UNSUPPORTED},
    {"a label nobody knows", "1903e701", ACCESS_UNSUPPORTED},
    {"a text label", "617801", ACCESS_UNSUPPORTED},
    {"iss again", "0164706c6179", ACCESS_MALFORMED},
    {"catu: scheme", "190138a100a100656874747073", ACCESS_GRANTED},
    {"host", "190138a101a10069642e6578616d706c65", ACCESS_GRANTED},
    {"host", "190138a101a102652e6576696c", ACCESS_SCOPE},
    {"port", "190138a102a10063343433", ACCESS_GRANTED},
    {"path begins", "190138a103a101662f66696c6d2f", ACCESS_GRANTED},
    {"path begins", "190138a103a101662f66696c6d73", ACCESS_SCOPE},
    {"two parts", "190138a203a101662f66696c6d2f08a100642e6d7033", ACCESS_SCOPE},
    {"query", "190138a104a10063783d31", ACCESS_GRANTED},
    {"parent path", "190138a105a100652f66696c6d", ACCESS_GRANTED},
    {"file name", "190138a106a1006c762e73746572656f2e6d7034", ACCESS_GRANTED},
    {"stem", "190138a107a1006176", ACCESS_GRANTED},
    {"extension", "190138a108a1006b2e73746572656f2e6d7034", ACCESS_GRANTED},
    {"ends", "190138a108a102642e6d7034", ACCESS_GRANTED},
    {"contains", "190138a108a1036474657265", ACCESS_GRANTED},
    {"contains", "190138a108a103646d6f6e6f", ACCESS_SCOPE},
    {"regex", "190138a103a10481682f66696c6d2f2e2a", ACCESS_GRANTED},
    {"regex: not the whole", "190138a103a10481662f66696c6d2f", ACCESS_SCOPE},
    {"regex: with groups", "190138a103a104826a2f2866696c6d292f2e2a6466696c6d", ACCESS_UNSUPPORTED},
    {"no regex", "190138a103a10481622861", ACCESS_UNSUPPORTED},
    {"no such part", "190138a10aa10060", ACCESS_UNSUPPORTED},
    {"no such match", "190138a103a10560", ACCESS_UNSUPPORTED},
    {"SHA-256",
     "190138a107a12058204c94485e0c21ae6c41ce1dfe7b6bfaceea5ab68e40a2476f50208e526f506080",
     ACCESS_GRANTED},
    {"SHA-256",
     "190138a107a120582050e721e49c013f00c62cf59f2163542a9d8df02464efeb615d31051b0fddc326",
     ACCESS_SCOPE},
    {"SHA-512/256",
     "190138a107a1215820e668619215a82eca6f7025b0f0903df7e963f1c34d28087cdb0161a46da663be",
     ACCESS_GRANTED},
    {"no hash", "190138a107a1206176", ACCESS_MALFORMED},
};

static void every_claim_is_enforced_or_refused(void **state)
{
    (void)state;
    static struct asked asked;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const enum access_fault fault = try(&asked, cases[i].claim, 1);
        if (fault != cases[i].fault)
            fail_msg("%s: %s, not %s", cases[i].what, access_code(fault),
                     access_code(cases[i].fault));
    }
}

static enum access_fault try_text(struct asked *asked, const char *hex)
{
    uint8_t bytes[512];
    char target[1500];
    const size_t len = strlen(hex) / 2;
    assert_int_equal(slice_hex(slice_of(hex), bytes, len, NULL), OK);
    autobuffer cose = buffer_init(COSE_BYTES_MAX), text = buffer_init(COSE_BYTES_MAX * 2);
    assert_int_equal(
        cose_mac0_make(&keys->keys[0].key, slice_of("k"), (struct slice){bytes, len}, &cose, NULL),
        OK);
    assert_int_equal(base64_format(BASE64_URL, buffer_slice(&cose), &text, NULL), OK);
    (void)snprintf(target, sizeof target, "/film/v.mp4?CTA-Common-Access-Token=%s",
                   buffer_text(&text));
    return fault_of(keys, ask(asked, target, ""));
}

static void a_token_needs_its_end_its_issuer_and_its_audience(void **state)
{
    (void)state;
    static struct asked asked;
    assert_int_equal(try_text(&asked, "a3" BASE_CLAIMS), ACCESS_GRANTED);
    assert_int_equal(try_text(&asked, "a20164706c6179036465646765"), ACCESS_UNSUPPORTED); // no exp
    assert_int_equal(try_text(&asked, "a2036465646765041a6b49d209"), ACCESS_PARTY);       // no iss
    assert_int_equal(try_text(&asked, "a20164706c6179041a6b49d209"), ACCESS_PARTY);       // no aud
    assert_int_equal(try_text(&asked, "a30164706c617903816178041a6b49d209"),
                     ACCESS_PARTY); // aud [other]
    assert_int_equal(try_text(&asked, "a30164706c6179038261786465646765041a6b49d209"),
                     ACCESS_GRANTED); // aud [other, edge]
    assert_int_equal(try_text(&asked, "a30164706c6179036465646765041a6b49d200"), ACCESS_EXPIRED);
    assert_int_equal(try_text(&asked, "a4" BASE_CLAIMS), ACCESS_MALFORMED);      // cut off
    assert_int_equal(try_text(&asked, "a3" BASE_CLAIMS "00"), ACCESS_MALFORMED); // more behind
    assert_int_equal(try_text(&asked, "80"), ACCESS_MALFORMED);
}

static void a_token_for_one_use_is_used_once(void **state)
{
    (void)state;
    static struct asked asked;
    struct access_replay *replay = NULL;
    assert_int_equal(access_replay_open(&replay, NULL), OK);
    assert_int_equal(try(&asked, "1901340107427431", 2), ACCESS_UNSUPPORTED); // without a memory
    assert_int_equal(access_check(keys, replay, &asked.request).fault, ACCESS_GRANTED);
    assert_int_equal(access_check(keys, replay, &asked.request).fault, ACCESS_REPLAYED);
    access_replay_close(&replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_claim_is_enforced_or_refused),
        cmocka_unit_test(a_token_needs_its_end_its_issuer_and_its_audience),
        cmocka_unit_test(a_token_for_one_use_is_used_once),
    };
    return cmocka_run_group_tests(tests, open_keys, close_keys);
}
