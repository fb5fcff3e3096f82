// SPDX-License-Identifier: Apache-2.0
#include "player/cdm.h"

#include "base/channel.h"
#include "base/file.h"
#include "base/program.h"
#include "drm/cbor.h"
#include "player/cdm_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS_MAX = 30000 }; // decrypting 256 MiB takes a second

struct cdm {
    pid_t child;
    int channel, media;
    struct buffer request, answer;
    struct device_id device;
};

_Static_assert((int)CDM_FDS <= (int)PROGRAM_FDS_MAX, "program_become() takes them all");

static _Noreturn void become(const char *program, const int *fds)
{
    const struct program_start start = {program, "primrose-cdm", fds,
                                        CDM_FDS, CDM_CHANNEL_FD, CDM_EXIT_SETUP};
    program_become(&start);
}

static outcome open_device(const char *path, int *out, struct why *why)
{
    const int fd = path == NULL ? memfd_create("primrose-device", MFD_CLOEXEC)
                                : open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail_errno(why, errno, "cannot open the device file %s", path == NULL ? "" : path);
    *out = fd;
    return OK;
}

static outcome start(struct cdm *cdm, const char *program, int device, struct why *why)
{
    int ends[2];
    cdm->media = memfd_create("primrose-cdm", MFD_CLOEXEC);
    if (cdm->media < 0) return fail_errno(why, errno, "cannot make shared memory");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno(why, errno, "cannot make a channel");
    cdm->channel = ends[0];
    autofd theirs = ends[1];
    const int fds[CDM_FDS] = {theirs, device, cdm->media};
    cdm->child = fork();
    if (cdm->child == 0) become(program, fds);
    if (cdm->child > 0) return OK;
    cdm->child = 0;
    return fail_errno(why, errno, "cannot start the content decryption process");
}

// Starts a request of `fields` fields behind the operation.
static outcome begin(struct cdm *cdm, enum cdm_operation operation, size_t fields, struct why *why)
{
    cdm->request.len = 0;
    TRY(cbor_put_array(&cdm->request, 1 + fields, why));
    return cbor_put_uint(&cdm->request, operation, why);
}

// Sends the request and leaves the reader at the answer's first field.
static outcome call(struct cdm *cdm, const int *fds, size_t fd_count, struct cbor_reader *out,
                    struct why *why)
{
    static const char died[] = "the content decryption process died";
    size_t items, received;
    uint64_t result;
    struct slice sentence;
    if (channel_send(cdm->channel, buffer_slice(&cdm->request), fds, fd_count, ANSWER_MS_MAX,
                     NULL) != OK ||
        channel_receive(cdm->channel, &cdm->answer, NULL, 0, &received, ANSWER_MS_MAX, NULL) != OK)
        return fail(why, UNAVAILABLE, "%s", died);
    *out = cbor_reader_init(buffer_slice(&cdm->answer), "the answer of primrose-cdm");
    TRY(cbor_take_array(out, 3 + LICENCE_KEYS_MAX, &items, why));
    TRY(cbor_take_uint(out, OUTCOME_COUNT - 1, &result, why));
    TRY(cbor_take_text(out, WHY_BYTES, &sentence, why));
    if (result == OK) return OK;
    return fail(why, (outcome)result, "%.*s", SLICE_ARG(sentence));
}

static outcome call_plain(struct cdm *cdm, struct why *why)
{
    struct cbor_reader answer;
    TRY(call(cdm, NULL, 0, &answer, why));
    return cbor_expect_end(&answer, why);
}

static outcome call_for_bytes(struct cdm *cdm, struct buffer *out, struct why *why)
{
    struct cbor_reader answer;
    struct slice bytes = {NULL, 0};
    TRY(call(cdm, NULL, 0, &answer, why));
    TRY(cbor_take_bytes(&answer, CHANNEL_MESSAGE_BYTES_MAX, &bytes, why));
    return buffer_put(out, bytes, why);
}

static outcome greet(struct cdm *cdm, struct why *why)
{
    struct cbor_reader answer;
    TRY(begin(cdm, CDM_HELLO, 0, why));
    TRY(call(cdm, NULL, 0, &answer, why));
    return cbor_take_exactly(&answer, cdm->device.bytes, DEVICE_ID_BYTES, why);
}

outcome cdm_open(const struct cdm_options *options, struct cdm **out, struct why *why)
{
    char beside[PATH_MAX];
    const char *program = options->program;
    autofd device = -1;
    if (program == NULL) {
        TRY(program_beside("primrose-cdm", beside, why));
        program = beside;
    }
    if (access(program, X_OK) != 0)
        return fail_errno(why, errno, "%s cannot be run: install Primrose whole", program);
    TRY(open_device(options->device_path, &device, why));
    struct cdm *cdm = malloc(sizeof *cdm);
    if (cdm == NULL) return fail(why, NO_MEMORY, "no memory for content decryption");
    *cdm = (struct cdm){.channel = -1,
                        .media = -1,
                        .request = buffer_init(CHANNEL_MESSAGE_BYTES_MAX),
                        .answer = buffer_init(CHANNEL_MESSAGE_BYTES_MAX)};
    outcome result = start(cdm, program, device, why);
    if (result == OK) result = greet(cdm, why);
    if (result != OK) {
        cdm_close(&cdm);
        return result;
    }
    *out = cdm;
    return OK;
}

void cdm_close(struct cdm **cdm)
{
    struct cdm *closing = *cdm;
    if (closing == NULL) return;
    *cdm = NULL;
    fd_close(&closing->channel); // the process saves its memory and leaves
    while (closing->child > 0 && waitpid(closing->child, NULL, 0) < 0 && errno == EINTR)
        continue;
    fd_close(&closing->media);
    buffer_release(&closing->request);
    buffer_release(&closing->answer);
    free(closing);
}

pid_t cdm_process(const struct cdm *cdm)
{
    return cdm->child;
}

outcome cdm_device(struct cdm *cdm, struct device_id *out, struct why *why)
{
    *out = cdm->device;
    return OK;
}

outcome cdm_register(struct cdm *cdm, const char *name, struct buffer *out, struct why *why)
{
    TRY(begin(cdm, CDM_REGISTER, 1, why));
    TRY(cbor_put_text(&cdm->request, slice_of(name), why));
    return call_for_bytes(cdm, out, why);
}

outcome cdm_trust(struct cdm *cdm, const struct ed25519_public *service, struct why *why)
{
    TRY(begin(cdm, CDM_TRUST, 1, why));
    TRY(cbor_put_bytes(&cdm->request, (struct slice){service->bytes, ED25519_PUBLIC_BYTES}, why));
    return call_plain(cdm, why);
}

outcome cdm_challenge(struct cdm *cdm, const struct cdm_wish *wish, uint64_t *out_number,
                      struct buffer *out, struct why *why)
{
    static const uint8_t first[LICENCE_ID_BYTES];
    struct cbor_reader answer;
    struct slice message = {NULL, 0};
    uint64_t number = 0;
    assert(wish->key_count > 0 && wish->key_count <= LICENCE_KEYS_MAX);
    TRY(begin(cdm, CDM_CHALLENGE, 4 + wish->key_count, why));
    TRY(cbor_put_text(&cdm->request, slice_of(wish->title), why));
    TRY(cbor_put_uint(&cdm->request, wish->kind, why));
    TRY(cbor_put_bytes(
        &cdm->request,
        (struct slice){wish->renews == NULL ? first : wish->renews, LICENCE_ID_BYTES}, why));
    TRY(cbor_put_uint(&cdm->request, wish->key_count, why));
    for (size_t i = 0; i < wish->key_count; i++)
        TRY(cbor_put_bytes(&cdm->request, (struct slice){wish->key_ids[i].bytes, KEY_ID_BYTES},
                           why));
    TRY(call(cdm, NULL, 0, &answer, why));
    TRY(cbor_take_uint(&answer, UINT64_MAX, &number, why));
    TRY(cbor_take_bytes(&answer, CHALLENGE_BYTES_MAX, &message, why));
    TRY(buffer_put(out, message, why));
    *out_number = number;
    return OK;
}

// A licence as the CDM tells of it: id, kind, five times.
static outcome take_licence(struct cbor_reader *answer, struct device_licence *out, struct why *why)
{
    struct device_licence made;
    uint64_t kind = 0;
    int64_t *const times[] = {&made.terms.issued_ms, &made.terms.expires_ms, &made.terms.renew_ms,
                              &made.terms.begin_within_ms, &made.terms.finish_within_ms};
    TRY(cbor_take_exactly(answer, made.id, LICENCE_ID_BYTES, why));
    TRY(cbor_take_uint(answer, LICENCE_KIND_COUNT - 1, &kind, why));
    made.terms.kind = (enum licence_kind)kind;
    for (size_t i = 0; i < 5; i++)
        TRY(cbor_take_int(answer, times[i], why));
    *out = made;
    return OK;
}

outcome cdm_licence(struct cdm *cdm, uint64_t number, struct slice licence,
                    struct device_licence *out, struct why *why)
{
    struct cbor_reader answer;
    TRY(begin(cdm, CDM_LICENCE, 2, why));
    TRY(cbor_put_uint(&cdm->request, number, why));
    TRY(cbor_put_bytes(&cdm->request, licence, why));
    TRY(call(cdm, NULL, 0, &answer, why));
    return take_licence(&answer, out, why);
}

outcome cdm_add_key(struct cdm *cdm, const struct content_key *key, struct why *why)
{
    TRY(begin(cdm, CDM_ADD_KEY, 2, why));
    TRY(cbor_put_bytes(&cdm->request, (struct slice){key->id.bytes, KEY_ID_BYTES}, why));
    TRY(cbor_put_bytes(&cdm->request, (struct slice){key->secret, CONTENT_KEY_BYTES}, why));
    const outcome result = call_plain(cdm, why);
    explicit_bzero(cdm->request.at, cdm->request.room);
    return result;
}

outcome cdm_keep(struct cdm *cdm, const uint8_t id[LICENCE_ID_BYTES], struct buffer *out,
                 struct why *why)
{
    TRY(begin(cdm, CDM_KEEP, 1, why));
    TRY(cbor_put_bytes(&cdm->request, (struct slice){id, LICENCE_ID_BYTES}, why));
    return call_for_bytes(cdm, out, why);
}

outcome cdm_restore(struct cdm *cdm, struct slice sealed, struct device_licence *out,
                    struct why *why)
{
    struct cbor_reader answer;
    TRY(begin(cdm, CDM_RESTORE, 1, why));
    TRY(cbor_put_bytes(&cdm->request, sealed, why));
    TRY(call(cdm, NULL, 0, &answer, why));
    return take_licence(&answer, out, why);
}

outcome cdm_track_open(struct cdm *cdm, struct decoder *decoder, uint64_t *out_track,
                       struct why *why)
{
    struct cbor_reader answer;
    int fds[2];
    decoder_hand_over(decoder, &fds[0], &fds[1]);
    outcome result = begin(cdm, CDM_TRACK_OPEN, 0, why);
    if (result == OK) result = call(cdm, fds, 2, &answer, why);
    fd_close(&fds[0]); // from here on this process cannot reach clear media
    fd_close(&fds[1]);
    if (result != OK) return result;
    return cbor_take_uint(&answer, CDM_TRACKS_MAX - 1, out_track, why);
}

outcome cdm_track_close(struct cdm *cdm, uint64_t track, struct why *why)
{
    TRY(begin(cdm, CDM_TRACK_CLOSE, 1, why));
    TRY(cbor_put_uint(&cdm->request, track, why));
    return call_plain(cdm, why);
}

static outcome put_sample(struct buffer *out, const struct cdm_sample *sample, struct why *why)
{
    const struct sample_protection *protection = &sample->protection;
    const struct track_encryption *track = &protection->encryption;
    uint8_t packed[CDM_SUBSAMPLES_BYTES_MAX], *at = packed;
    for (size_t i = 0; i < protection->subsample_count; i++) {
        const struct subsample *part = &protection->subsamples[i];
        *at++ = (uint8_t)(part->clear_bytes >> 8);
        *at++ = (uint8_t)(part->clear_bytes & 0xff);
        for (unsigned shift = 32; shift > 0; shift -= 8)
            *at++ = (uint8_t)(part->protected_bytes >> (shift - 8));
    }
    TRY(cbor_put_uint(out, sample->offset, why));
    TRY(cbor_put_uint(out, sample->size, why));
    TRY(cbor_put_uint(out, track->scheme, why));
    TRY(cbor_put_uint(out, (uint64_t)track->crypt_blocks << 4 | track->skip_blocks, why));
    TRY(cbor_put_bytes(out, (struct slice){track->key_id.bytes, KEY_ID_BYTES}, why));
    TRY(cbor_put_bytes(out, (struct slice){protection->iv, CENC_IV_BYTES}, why));
    return cbor_put_bytes(out, (struct slice){packed, (size_t)(at - packed)}, why);
}

outcome cdm_feed(struct cdm *cdm, uint64_t track, enum decoder_part part, struct slice bytes,
                 const struct cdm_sample *samples, size_t count, struct why *why)
{
    size_t encrypted = 0;
    for (size_t i = 0; i < count; i++)
        encrypted += samples[i].protection.is_protected;
    TRY(begin(cdm, CDM_FEED, 4 + encrypted * 7, why));
    TRY(cbor_put_uint(&cdm->request, track, why));
    TRY(cbor_put_uint(&cdm->request, part, why));
    TRY(cbor_put_uint(&cdm->request, bytes.len, why));
    TRY(cbor_put_uint(&cdm->request, encrypted, why));
    for (size_t i = 0; i < count; i++)
        if (samples[i].protection.is_protected) TRY(put_sample(&cdm->request, &samples[i], why));
    if (ftruncate(cdm->media, 0) != 0)
        return fail_errno(why, errno, "cannot hand media to the content decryption process");
    TRY(fd_write_at(cdm->media, bytes, 0, why));
    return call_plain(cdm, why);
}
