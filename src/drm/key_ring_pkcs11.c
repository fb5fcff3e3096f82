// SPDX-License-Identifier: Apache-2.0
#include "drm/key_ring_pkcs11.h"

#include "base/file.h"

#define CRYPTOKI_GNU 1 // names of types in lower case
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 64, PIN_BYTES = 256, TOKEN_LABEL_BYTES = 33 };

static unsigned char label[] = "primrose wrapping key";

struct token_ring {
    struct key_ring ring;
    struct ck_function_list **modules; // NULL-terminated
    struct ck_function_list *single[2];
    struct ck_function_list *module; // that has the token
    ck_session_handle_t session;
    bool has_session;
    char name[TOKEN_LABEL_BYTES];
    pthread_mutex_t lock; // a session does one thing at a time
};

static outcome refuse(const struct token_ring *token, ck_rv_t code, const char *what,
                      struct why *why)
{
    const outcome result = code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED ||
                                   code == CKR_PIN_EXPIRED || code == CKR_USER_NOT_LOGGED_IN
                               ? DENIED
                           : code == CKR_HOST_MEMORY       ? NO_MEMORY
                           : code == CKR_MECHANISM_INVALID ? UNSUPPORTED
                           : code == CKR_DEVICE_MEMORY     ? EXHAUSTED
                                                           : UNAVAILABLE;
    return fail(why, result, "token %s does not %s: %s (0x%lx)", token->name, what,
                p11_kit_strerror(code), code);
}

// --- finding the token -----------------------------------------------------------------------

static void unload(struct token_ring *token)
{
    if (token->modules == token->single && token->single[0] != NULL) {
        (void)p11_kit_module_finalize(token->single[0]);
        p11_kit_module_release(token->single[0]);
    } else if (token->modules != NULL && token->modules != token->single) {
        p11_kit_modules_finalize_and_release(token->modules);
    }
    token->modules = NULL;
}

static outcome load(struct token_ring *token, P11KitUri *uri, struct why *why)
{
    const char *path = p11_kit_uri_get_module_path(uri);
    if (path == NULL) {
        token->modules = p11_kit_modules_load_and_initialize(0);
        if (token->modules == NULL)
            return fail(why, UNAVAILABLE,
                        "no PKCS#11 module is configured: name it, as in "
                        "pkcs11:token=...?module-path=/usr/lib/...");
        return OK;
    }
    struct ck_function_list *module = p11_kit_module_load(path, 0);
    if (module == NULL)
        return fail(why, NOT_FOUND, "%s cannot be loaded as a PKCS#11 module", path);
    const ck_rv_t begun = p11_kit_module_initialize(module);
    if (begun != CKR_OK) {
        p11_kit_module_release(module);
        return fail(why, UNAVAILABLE, "PKCS#11 module %s does not start: %s", path,
                    p11_kit_strerror(begun));
    }
    token->single[0] = module;
    token->modules = token->single;
    return OK;
}

static bool find_slot(struct token_ring *token, P11KitUri *uri, ck_slot_id_t *out)
{
    for (struct ck_function_list **at = token->modules; *at != NULL; at++) {
        ck_slot_id_t slots[SLOTS_MAX];
        unsigned long count = SLOTS_MAX;
        if ((*at)->C_GetSlotList(1, slots, &count) != CKR_OK) continue;
        for (unsigned long i = 0; i < count; i++) {
            struct ck_token_info info;
            if ((*at)->C_GetTokenInfo(slots[i], &info) != CKR_OK) continue;
            if (!p11_kit_uri_match_token_info(uri, &info)) continue;
            const struct slice name = slice_trim((struct slice){info.label, sizeof info.label});
            (void)snprintf(token->name, sizeof token->name, "%.*s", SLICE_ARG(name));
            token->module = *at;
            *out = slots[i];
            return true;
        }
    }
    return false;
}

// --- the session -----------------------------------------------------------------------------

static outcome read_pin(P11KitUri *uri, char out[PIN_BYTES], struct why *why)
{
    const char *value = p11_kit_uri_get_pin_value(uri);
    const char *source = p11_kit_uri_get_pin_source(uri);
    if (value != NULL && strlen(value) < PIN_BYTES) {
        (void)snprintf(out, PIN_BYTES, "%s", value);
        return OK;
    }
    if (source == NULL)
        return fail(why, INVALID,
                    "the token's PIN is missing: add &pin-source=file:/path to the "
                    "key ring's pkcs11: address");
    const char *path = strncmp(source, "file:", 5) == 0 ? source + 5 : source;
    autobuffer text = buffer_init(PIN_BYTES - 1);
    TRY(file_read(path, &text, why));
    const struct slice pin = slice_trim(buffer_slice(&text));
    (void)snprintf(out, PIN_BYTES, "%.*s", SLICE_ARG(pin));
    explicit_bzero(text.at, text.len);
    return OK;
}

static outcome begin_session(struct token_ring *token, P11KitUri *uri, ck_slot_id_t slot,
                             struct why *why)
{
    char pin[PIN_BYTES] = "";
    TRY(read_pin(uri, pin, why));
    ck_rv_t code = token->module->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
                                                NULL, &token->session);
    token->has_session = code == CKR_OK;
    if (code == CKR_OK)
        code = token->module->C_Login(token->session, CKU_USER, (unsigned char *)pin, strlen(pin));
    explicit_bzero(pin, sizeof pin);
    if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) return OK;
    return refuse(token, code, "let us in", why);
}

static void token_close(struct key_ring *ring)
{
    struct token_ring *token = (struct token_ring *)ring;
    if (token->has_session) (void)token->module->C_CloseSession(token->session);
    unload(token);
    (void)pthread_mutex_destroy(&token->lock);
    free(token);
}

static outcome connect_token(struct token_ring *token, const char *text, P11KitUri *uri,
                             struct why *why)
{
    ck_slot_id_t slot = 0;
    const int parsed = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri);
    if (parsed != P11_KIT_URI_OK)
        return fail(why, INVALID, "the key ring's pkcs11: address cannot be read: %s",
                    p11_kit_uri_message(parsed));
    TRY(load(token, uri, why));
    if (!find_slot(token, uri, &slot))
        return fail(why, NOT_FOUND,
                    "there is no such PKCS#11 token: initialise it with its "
                    "maker's tools (softhsm2-util --init-token), or mend token=");
    return begin_session(token, uri, slot, why);
}

// --- objects ---------------------------------------------------------------------------------

// Handles of our keys: of that id, or all with NULL.
static outcome find_keys(struct token_ring *token, const char *id, ck_object_handle_t *out,
                         unsigned long *count, struct why *why)
{
    ck_object_class_t class = CKO_SECRET_KEY;
    char wanted[WRAPPING_ID_BYTES] = "";
    if (id != NULL) (void)snprintf(wanted, sizeof wanted, "%s", id);
    struct ck_attribute query[] = {
        {CKA_CLASS, &class, sizeof class},
        {CKA_LABEL, label, sizeof label - 1},
        {CKA_ID, wanted, strlen(wanted)},
    };
    struct ck_function_list *module = token->module;
    ck_rv_t code = module->C_FindObjectsInit(token->session, query, id == NULL ? 2 : 3);
    if (code == CKR_OK) {
        code = module->C_FindObjects(token->session, out, WRAPPING_KEYS_MAX, count);
        (void)module->C_FindObjectsFinal(token->session);
    }
    return code == CKR_OK ? OK : refuse(token, code, "say which keys it has", why);
}

static outcome find_key(struct token_ring *token, const char *id, ck_object_handle_t *out,
                        struct why *why)
{
    ck_object_handle_t found[WRAPPING_KEYS_MAX];
    unsigned long count = 0;
    TRY(find_keys(token, id, found, &count, why));
    if (count == 0) return NOT_FOUND;
    *out = found[0];
    return OK;
}

static outcome list_locked(struct token_ring *token, char (*out)[WRAPPING_ID_BYTES], size_t *count,
                           struct why *why)
{
    ck_object_handle_t found[WRAPPING_KEYS_MAX];
    unsigned long objects = 0;
    size_t made = 0;
    TRY(find_keys(token, NULL, found, &objects, why));
    for (unsigned long i = 0; i < objects; i++) {
        char id[WRAPPING_ID_BYTES] = "";
        struct ck_attribute attribute = {CKA_ID, id, sizeof id - 1};
        const ck_rv_t code =
            token->module->C_GetAttributeValue(token->session, found[i], &attribute, 1);
        if (code != CKR_OK || !wrapping_id_is_valid(id)) continue; // another program's key
        memcpy(out[made++], id, sizeof id);
    }
    *count = made;
    return OK;
}

static outcome token_list(struct key_ring *ring, char (*out)[WRAPPING_ID_BYTES], size_t *count,
                          struct why *why)
{
    struct token_ring *token = (struct token_ring *)ring;
    (void)pthread_mutex_lock(&token->lock);
    const outcome result = list_locked(token, out, count, why);
    (void)pthread_mutex_unlock(&token->lock);
    return result;
}

static outcome token_add(struct key_ring *ring, const char *id, struct why *why)
{
    struct token_ring *token = (struct token_ring *)ring;
    unsigned char yes = 1, no = 0;
    unsigned long bytes = 32;
    char text[WRAPPING_ID_BYTES];
    (void)snprintf(text, sizeof text, "%s", id);
    struct ck_mechanism mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    struct ck_attribute attributes[] = {
        {CKA_TOKEN, &yes, sizeof yes},         {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes},     {CKA_EXTRACTABLE, &no, sizeof no},
        {CKA_ENCRYPT, &yes, sizeof yes},       {CKA_DECRYPT, &yes, sizeof yes},
        {CKA_VALUE_LEN, &bytes, sizeof bytes}, {CKA_LABEL, label, sizeof label - 1},
        {CKA_ID, text, strlen(text)},
    };
    ck_object_handle_t made;
    (void)pthread_mutex_lock(&token->lock);
    const ck_rv_t code = token->module->C_GenerateKey(
        token->session, &mechanism, attributes, sizeof attributes / sizeof attributes[0], &made);
    (void)pthread_mutex_unlock(&token->lock);
    return code == CKR_OK ? OK : refuse(token, code, "make a wrapping key", why);
}

static outcome token_drop(struct key_ring *ring, const char *id, struct why *why)
{
    struct token_ring *token = (struct token_ring *)ring;
    ck_object_handle_t key;
    (void)pthread_mutex_lock(&token->lock);
    outcome result = find_key(token, id, &key, why);
    if (result == OK) {
        const ck_rv_t code = token->module->C_DestroyObject(token->session, key);
        if (code != CKR_OK) result = refuse(token, code, "destroy a wrapping key", why);
    }
    (void)pthread_mutex_unlock(&token->lock);
    return result == NOT_FOUND ? OK : result;
}

// --- sealing ---------------------------------------------------------------------------------

struct gcm_call {
    unsigned char nonce[WRAP_NONCE_BYTES];
    unsigned char associated[WRAP_CONTEXT_BYTES + 64];
    struct ck_gcm_params params;
    struct ck_mechanism mechanism;
};

static void gcm_call_init(struct gcm_call *call, const uint8_t *nonce, struct slice associated)
{
    memcpy(call->nonce, nonce, sizeof call->nonce);
    memcpy(call->associated, associated.at, associated.len);
    call->params = (struct ck_gcm_params){.iv_ptr = call->nonce,
                                          .iv_len = sizeof call->nonce,
                                          .iv_bits = 8 * sizeof call->nonce,
                                          .aad_ptr = call->associated,
                                          .aad_len = associated.len,
                                          .tag_bits = 128};
    call->mechanism = (struct ck_mechanism){CKM_AES_GCM, &call->params, sizeof call->params};
}

static outcome token_seal(struct key_ring *ring, const char *id, const uint8_t *nonce,
                          struct slice associated, const uint8_t secret[CONTENT_KEY_BYTES],
                          uint8_t sealed[WRAP_SEALED_BYTES], struct why *why)
{
    struct token_ring *token = (struct token_ring *)ring;
    struct gcm_call call;
    ck_object_handle_t key;
    unsigned char plain[CONTENT_KEY_BYTES];
    unsigned long made = WRAP_SEALED_BYTES;
    gcm_call_init(&call, nonce, associated);
    (void)pthread_mutex_lock(&token->lock);
    outcome result = find_key(token, id, &key, why);
    if (result == OK) {
        memcpy(plain, secret, sizeof plain);
        ck_rv_t code = token->module->C_EncryptInit(token->session, &call.mechanism, key);
        if (code == CKR_OK)
            code = token->module->C_Encrypt(token->session, plain, sizeof plain, sealed, &made);
        explicit_bzero(plain, sizeof plain);
        if (code != CKR_OK || made != WRAP_SEALED_BYTES)
            result = refuse(token, code, "wrap a content key", why);
    }
    (void)pthread_mutex_unlock(&token->lock);
    return result;
}

// What tokens answer for a wrong tag.
static bool is_forged(ck_rv_t code)
{
    return code == CKR_ENCRYPTED_DATA_INVALID || code == CKR_ENCRYPTED_DATA_LEN_RANGE ||
           code == CKR_GENERAL_ERROR || code == CKR_DATA_INVALID;
}

static outcome token_open(struct key_ring *ring, const char *id, const uint8_t *nonce,
                          struct slice associated, const uint8_t sealed[WRAP_SEALED_BYTES],
                          uint8_t secret[CONTENT_KEY_BYTES], struct why *why)
{
    struct token_ring *token = (struct token_ring *)ring;
    struct gcm_call call;
    ck_object_handle_t key;
    unsigned char bytes[WRAP_SEALED_BYTES], plain[WRAP_SEALED_BYTES];
    unsigned long made = sizeof plain;
    gcm_call_init(&call, nonce, associated);
    memcpy(bytes, sealed, sizeof bytes);
    (void)pthread_mutex_lock(&token->lock);
    outcome result = find_key(token, id, &key, why);
    if (result == OK) {
        ck_rv_t code = token->module->C_DecryptInit(token->session, &call.mechanism, key);
        const bool has_begun = code == CKR_OK;
        if (has_begun)
            code = token->module->C_Decrypt(token->session, bytes, sizeof bytes, plain, &made);
        if (code == CKR_OK && made == CONTENT_KEY_BYTES)
            memcpy(secret, plain, CONTENT_KEY_BYTES);
        else
            result = has_begun && is_forged(code)
                         ? CORRUPT
                         : refuse(token, code, "unwrap a content key", why);
        explicit_bzero(plain, sizeof plain);
    }
    (void)pthread_mutex_unlock(&token->lock);
    return result;
}

static const struct key_ring_ops token_ops = {token_list, token_add,  token_drop,
                                              token_seal, token_open, token_close};

// --- opening ---------------------------------------------------------------------------------

static outcome open_token(const char *text, struct token_ring **out, struct why *why)
{
    struct token_ring *token = calloc(1, sizeof *token);
    P11KitUri *uri = p11_kit_uri_new();
    outcome result = OK;
    if (token != NULL) {
        token->ring.ops = &token_ops;
        (void)pthread_mutex_init(&token->lock, NULL);
    }
    if (token == NULL || uri == NULL)
        result = fail(why, NO_MEMORY, "no memory for the key ring");
    else
        result = connect_token(token, text, uri, why);
    if (uri != NULL) p11_kit_uri_free(uri);
    if (result == OK)
        *out = token;
    else if (token != NULL)
        token_close(&token->ring);
    return result;
}

static outcome count_keys(struct token_ring *token, size_t *out, struct why *why)
{
    char ids[WRAPPING_KEYS_MAX][WRAPPING_ID_BYTES];
    return token_list(&token->ring, ids, out, why);
}

outcome key_ring_pkcs11_open(const char *uri, struct key_ring **out, struct why *why)
{
    struct token_ring *token = NULL;
    size_t count = 0;
    TRY(open_token(uri, &token, why));
    outcome result = count_keys(token, &count, why);
    if (result == OK && count == 0)
        result = fail(why, NOT_FOUND,
                      "token %s has no wrapping key yet: make it with `primrose keys make`",
                      token->name);
    if (result == OK)
        *out = &token->ring;
    else
        token_close(&token->ring);
    return result;
}

outcome key_ring_pkcs11_make(const char *uri, const char *first_id, struct why *why)
{
    struct token_ring *token = NULL;
    size_t count = 0;
    TRY(open_token(uri, &token, why));
    outcome result = count_keys(token, &count, why);
    if (result == OK && count > 0)
        result = fail(why, CONFLICT, "token %s has wrapping keys already, which are never replaced",
                      token->name);
    if (result == OK) result = token_add(&token->ring, first_id, why);
    token_close(&token->ring);
    return result;
}
