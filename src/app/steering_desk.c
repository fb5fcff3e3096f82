// SPDX-License-Identifier: Apache-2.0
#include "app/steering_desk.h"

#include "app/service.h"
#include "base/file.h"
#include "delivery/steering.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct steering_desk {
    pthread_rwlock_t lock; // of `map`
    struct steering_map *map;
    struct file_mark seen; // the renewing thread's own
    char path[];
};

static outcome load(const char *path, struct steering_map **out, struct why *why)
{
    autobuffer text = buffer_init(STEERING_BYTES_MAX);
    TRY(file_read(path, &text, why));
    return steering_map_parse(buffer_slice(&text), path, out, why);
}

outcome steering_desk_open(const char *path, struct steering_desk **out, struct why *why)
{
    const size_t len = strlen(path) + 1;
    struct steering_desk *desk = calloc(1, sizeof *desk + len);
    if (desk == NULL) return fail(why, NO_MEMORY, "no memory for the steering service");
    memcpy(desk->path, path, len);
    (void)pthread_rwlock_init(&desk->lock, NULL);
    desk->seen = file_mark(path);
    const outcome result = load(path, &desk->map, why);
    if (result == OK)
        *out = desk;
    else
        steering_desk_close(&desk);
    return result;
}

void steering_desk_close(struct steering_desk **desk)
{
    if (*desk == NULL) return;
    steering_map_close(&(*desk)->map);
    (void)pthread_rwlock_destroy(&(*desk)->lock);
    free(*desk);
    *desk = NULL;
}

bool steering_desk_renew(struct steering_desk *desk, struct why *why)
{
    struct steering_map *map = NULL;
    if (!file_has_changed(desk->path, &desk->seen)) return true;
    if (load(desk->path, &map, why) != OK) return false;
    (void)pthread_rwlock_wrlock(&desk->lock);
    struct steering_map *old = desk->map;
    desk->map = map;
    (void)pthread_rwlock_unlock(&desk->lock);
    steering_map_close(&old);
    return true;
}

static outcome make_document(struct steering_desk *desk, const struct address *client,
                             struct buffer *out, struct why *why)
{
    struct steering_choice choice;
    (void)pthread_rwlock_rdlock(&desk->lock);
    steering_choose(desk->map, client, &choice);
    const outcome result = steering_document(desk->map, &choice, out, why);
    (void)pthread_rwlock_unlock(&desk->lock);
    return result;
}

void api_steering(void *context, struct http_exchange *exchange)
{
    const struct service *service = context;
    struct why why = {"this house has no steering map"};
    outcome result = NOT_FOUND;
    autobuffer text = buffer_init(STEERING_DOCUMENT_BYTES_MAX);
    const struct address client = places_client(&service->places, exchange);
    if (service->steering != NULL) result = make_document(service->steering, &client, &text, &why);
    const char *kept = result == OK ? arena_copy(&exchange->arena, buffer_slice(&text)) : NULL;
    if (result == OK && kept == NULL) result = NO_MEMORY;
    if (result != OK) {
        http_reply_outcome(exchange, result, &why);
        return;
    }
    http_reply_bytes(exchange, 200, "application/vnd.apple.steering-list",
                     (struct slice){(const uint8_t *)kept, text.len});
    http_reply_field(exchange, "Cache-Control", "private, no-store"); // one client's own
}
