// SPDX-License-Identifier: Apache-2.0
#include "store/queue_redis_scripts.h"

// What all of them begin with. States as in enum queue_state: 0 ready, 1 leased, 2 parked.
//
//     member   17 digits of the job's tag, 17 of the push's number, then the id: a sorted set
//     orders
//              equal scores by it
//     class    "memory_mib:disk_mib" of what a job needs: the ready ones of each have a set
#define COMMON                                                                                     \
    "local q = KEYS[1]\n"                                                                          \
    "local tries_max = tonumber(ARGV[2])\n"                                                        \
    "local function clock()\n"                                                                     \
    "  local given = tonumber(ARGV[1])\n"                                                          \
    "  if given >= 0 then return given end\n"                                                      \
    "  local time = redis.call('TIME')\n"                                                          \
    "  return time[1] * 1000 + math.floor(time[2] / 1000)\n"                                       \
    "end\n"                                                                                        \
    "local now = clock()\n"                                                                        \
    "local function text(number) return string.format('%.0f', number) end\n"                       \
    "local function job(id) return q .. 'job:' .. id end\n"                                        \
    "local function next_number()\n"                                                               \
    "  redis.call('SET', q .. 'last', text(now * 1000), 'NX')\n"                                   \
    "  return redis.call('INCR', q .. 'last')\n"                                                   \
    "end\n"                                                                                        \
    "local function member_of(tag, number, id)\n"                                                  \
    "  return string.format('%017.0f%017.0f', tonumber(tag), tonumber(number)) .. id\n"            \
    "end\n"                                                                                        \
    "local function id_of(member) return string.sub(member, 35) end\n"                             \
    "local function ready(id)\n"                                                                   \
    "  local f = redis.call('HMGET', job(id), 'priority', 'tag', 'number', 'group', 'class')\n"    \
    "  local member = member_of(f[2], f[3], id)\n"                                                 \
    "  redis.call('HSET', job(id), 'state', '0')\n"                                                \
    "  redis.call('SADD', q .. 'classes', f[5])\n"                                                 \
    "  redis.call('ZADD', q .. 'ready:' .. f[5], f[1], member)\n"                                  \
    "  if f[4] ~= '' then redis.call('ZADD', q .. 'group:' .. f[4], f[1], member) end\n"           \
    "end\n"                                                                                        \
    "local function leave(id)\n"                                                                   \
    "  local f = redis.call('HMGET', job(id), 'tag', 'number', 'group', 'class')\n"                \
    "  local member = member_of(f[1], f[2], id)\n"                                                 \
    "  redis.call('ZREM', q .. 'ready:' .. f[4], member)\n"                                        \
    "  if f[3] ~= '' then redis.call('ZREM', q .. 'group:' .. f[3], member) end\n"                 \
    "  redis.call('ZREM', q .. 'leased', id)\n"                                                    \
    "  redis.call('SREM', q .. 'parked', id)\n"                                                    \
    "end\n"                                                                                        \
    "local function give_back(id, reason)\n"                                                       \
    "  leave(id)\n"                                                                                \
    "  redis.call('HSET', job(id), 'reason', reason)\n"                                            \
    "  if tonumber(redis.call('HGET', job(id), 'tries')) >= tries_max then\n"                      \
    "    redis.call('HSET', job(id), 'state', '2')\n"                                              \
    "    redis.call('SADD', q .. 'parked', id)\n"                                                  \
    "  else ready(id) end\n"                                                                       \
    "end\n"                                                                                        \
    "local function expire()\n"                                                                    \
    "  local late = redis.call('ZRANGEBYSCORE', q .. 'leased', '-inf', text(now))\n"               \
    "  for _, id in ipairs(late) do\n"                                                             \
    "    give_back(id, 'the lease of ' .. redis.call('HGET', job(id), 'worker')"                   \
    " .. ' ran out')\n"                                                                            \
    "  end\n"                                                                                      \
    "end\n"                                                                                        \
    "local function is_held(id, token)\n"                                                          \
    "  return redis.call('HGET', job(id), 'token') == token\n"                                     \
    "end\n"

// Where jobs stand in their shares, and how they leave for good.
#define SHARES                                                                                     \
    "local function share_key(share, priority)\n"                                                  \
    "  return q .. 'share:' .. text(tonumber(priority)) .. ':' .. share\n"                         \
    "end\n"                                                                                        \
    "local function line_up(id, share, priority, cost)\n"                                          \
    "  local key = share_key(share, priority)\n"                                                   \
    "  local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]\n"                         \
    "  local pace = redis.call('HGET', q .. 'pace', priority)\n"                                   \
    "  local tag = math.max(tonumber(last or 0), tonumber(pace or 0))\n"                           \
    "  redis.call('ZADD', key, text(tag + tonumber(cost)), id)\n"                                  \
    "  redis.call('HSET', job(id), 'priority', priority, 'tag', text(tag))\n"                      \
    "end\n"                                                                                        \
    "local function forget(id)\n"                                                                  \
    "  leave(id)\n"                                                                                \
    "  local f = redis.call('HMGET', job(id), 'share', 'priority')\n"                              \
    "  redis.call('ZREM', share_key(f[1], f[2]), id)\n"                                            \
    "  redis.call('ZREM', q .. 'ids', id)\n"                                                       \
    "  redis.call('DEL', job(id))\n"                                                               \
    "end\n"

const struct redis_script queue_push_script = {
    COMMON SHARES "for i = 3, #ARGV, 7 do\n"
                  "  local id = ARGV[i]\n"
                  "  if redis.call('EXISTS', job(id)) == 0 then\n"
                  "    redis.call('ZADD', q .. 'ids', 0, id)\n"
                  "    redis.call('HSET', job(id), 'group', ARGV[i + 1], 'payload', ARGV[i + 3],\n"
                  "      'share', ARGV[i + 4], 'cost', ARGV[i + 5], 'class', ARGV[i + 6],\n"
                  "      'number', text(next_number()), 'token', '0', 'tries', '0', 'worker', '',\n"
                  "      'reason', '')\n"
                  "    line_up(id, ARGV[i + 4], ARGV[i + 2], ARGV[i + 5])\n"
                  "    ready(id)\n"
                  "  end\n"
                  "end\n"
                  "return 1\n"};

#define FITS                                                                                       \
    "local memory, disk = tonumber(ARGV[6]), tonumber(ARGV[7])\n"                                  \
    "local function fits(class)\n"                                                                 \
    "  local m, d = string.match(class, '(%d+):(%d+)')\n"                                          \
    "  return (memory == 0 or tonumber(m) <= memory) and (disk == 0 or tonumber(d) <= disk)\n"     \
    "end\n"

const struct redis_script queue_lease_script = {
    COMMON FITS
    "expire()\n"
    "local worker, lease_ms, max = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])\n"
    "local first, score\n"
    "for _, class in ipairs(redis.call('SMEMBERS', q .. 'classes')) do\n"
    "  local head = redis.call('ZRANGE', q .. 'ready:' .. class, 0, 0, 'WITHSCORES')\n"
    "  if #head == 0 then redis.call('SREM', q .. 'classes', class)\n"
    "  elseif fits(class) then\n"
    "    local own = tonumber(head[2])\n"
    "    if not first or own < score or (own == score and head[1] < first) then\n"
    "      first, score = head[1], own\n"
    "    end\n"
    "  end\n"
    "end\n"
    "if not first then return {} end\n"
    "local picked = {first}\n"
    "local f = redis.call('HMGET', job(id_of(first)), 'group', 'tag', 'priority')\n"
    "local group, pace = f[1], tonumber(redis.call('HGET', q .. 'pace', f[3]) or 0)\n"
    "if tonumber(f[2]) > pace then redis.call('HSET', q .. 'pace', f[3], f[2]) end\n"
    "if group ~= '' and max > 1 then\n"
    "  for _, member in ipairs(redis.call('ZRANGE', q .. 'group:' .. group, 0, -1)) do\n"
    "    if member ~= first and #picked < max\n"
    "        and fits(redis.call('HGET', job(id_of(member)), 'class')) then\n"
    "      picked[#picked + 1] = member\n"
    "    end\n"
    "  end\n"
    "end\n"
    "local leases = {}\n"
    "for i, member in ipairs(picked) do\n"
    "  local id = id_of(member)\n"
    "  local token = text(next_number())\n"
    "  leave(id)\n"
    "  local tries = redis.call('HINCRBY', job(id), 'tries', 1)\n"
    "  redis.call('HSET', job(id), 'state', '1', 'worker', worker, 'token', token,\n"
    "    'reason', '')\n"
    "  redis.call('ZADD', q .. 'leased', text(now + lease_ms), id)\n"
    "  local f = redis.call('HMGET', job(id), 'group', 'priority', 'payload')\n"
    "  leases[i] = {id, f[1], f[2], f[3], token, text(tries)}\n"
    "end\n"
    "return leases\n"};

const struct redis_script queue_release_script = {
    COMMON "local id = ARGV[3]\n"
           "if not is_held(id, ARGV[4]) or redis.call('HGET', job(id), 'state') == '2' then\n"
           "  return 0\n"
           "end\n"
           "leave(id)\n"
           "redis.call('HINCRBY', job(id), 'tries', -1)\n"
           "redis.call('HSET', job(id), 'token', '0', 'reason', '')\n"
           "ready(id)\n"
           "return 1\n"};

const struct redis_script queue_extend_script = {
    COMMON "local id = ARGV[3]\n"
           "if not is_held(id, ARGV[4]) or redis.call('HGET', job(id), 'state') == '2' then\n"
           "  return 0\n"
           "end\n"
           "leave(id)\n"
           "redis.call('HSET', job(id), 'state', '1')\n"
           "redis.call('ZADD', q .. 'leased', text(now + tonumber(ARGV[5])), id)\n"
           "return 1\n"};

const struct redis_script queue_ack_script = {COMMON SHARES
                                              "if not is_held(ARGV[3], ARGV[4]) then return 0 end\n"
                                              "forget(ARGV[3])\n"
                                              "return 1\n"};

const struct redis_script queue_nack_script = {
    COMMON "if not is_held(ARGV[3], ARGV[4]) then return 0 end\n"
           "redis.call('HSET', job(ARGV[3]), 'token', '0')\n"
           "give_back(ARGV[3], ARGV[5])\n"
           "return 1\n"};

const struct redis_script queue_count_script = {
    COMMON "expire()\n"
           "local ready = 0\n"
           "for _, class in ipairs(redis.call('SMEMBERS', q .. 'classes')) do\n"
           "  ready = ready + redis.call('ZCARD', q .. 'ready:' .. class)\n"
           "end\n"
           "return {ready, redis.call('ZCARD', q .. 'leased'),\n"
           "  redis.call('SCARD', q .. 'parked')}\n"};

// Ids are ASCII: behind every id of a prefix comes the prefix and byte 255.
#define RANGE                                                                                      \
    "local function range(prefix, after, max)\n"                                                   \
    "  local from = after == '' and '[' .. prefix or '(' .. after\n"                               \
    "  if prefix == '' and after == '' then from = '-' end\n"                                      \
    "  return redis.call('ZRANGEBYLEX', q .. 'ids', from, '(' .. prefix .. '\\255',\n"             \
    "    'LIMIT', 0, max)\n"                                                                       \
    "end\n"

const struct redis_script queue_list_script = {
    COMMON RANGE "expire()\n"
                 "local views = {}\n"
                 "for i, id in ipairs(range(ARGV[3], ARGV[4], ARGV[5])) do\n"
                 "  local f = redis.call('HMGET', job(id), 'state', 'tries', 'worker', 'reason',\n"
                 "    'priority')\n"
                 "  views[i] = {id, f[1], f[2], f[3], f[4], f[5]}\n"
                 "end\n"
                 "return views\n"};

const struct redis_script queue_drop_script = {COMMON SHARES RANGE
                                               "local ids = range(ARGV[3], '', ARGV[4])\n"
                                               "for _, id in ipairs(ids) do forget(id) end\n"
                                               "return #ids\n"};

const struct redis_script queue_retry_script = {
    COMMON "expire()\n"
           "local id = ARGV[3]\n"
           "local state = redis.call('HGET', job(id), 'state')\n"
           "if not state then return -1 end\n"
           "if state ~= '2' then return 0 end\n"
           "leave(id)\n"
           "redis.call('HSET', job(id), 'tries', '0', 'token', '0', 'reason', '')\n"
           "ready(id)\n"
           "return 1\n"};

const struct redis_script queue_prioritize_script = {
    COMMON SHARES RANGE
    "local priority = ARGV[4]\n"
    "local moving = {}\n"
    "for _, id in ipairs(range(ARGV[3], '', -1)) do\n"
    "  local f = redis.call('HMGET', job(id), 'state', 'share', 'priority', 'cost', 'tag',\n"
    "    'number')\n"
    "  if f[3] ~= priority then\n"
    "    local place = string.format('%017.0f', tonumber(f[3]) + 2 ^ 32)\n"
    "    moving[#moving + 1] = {place .. member_of(f[5], f[6], id), id, f[1], f[2], f[3], f[4]}\n"
    "  end\n"
    "end\n"
    "table.sort(moving, function(a, b) return a[1] < b[1] end)\n"
    "for _, m in ipairs(moving) do\n"
    "  local id, state = m[2], m[3]\n"
    "  if state == '0' then leave(id) end\n"
    "  redis.call('ZREM', share_key(m[4], m[5]), id)\n"
    "  line_up(id, m[4], priority, m[6])\n"
    "  if state == '0' then ready(id) end\n"
    "end\n"
    "return #moving\n"};
