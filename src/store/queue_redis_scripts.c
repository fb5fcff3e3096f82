// SPDX-License-Identifier: Apache-2.0
#include "store/queue_redis_scripts.h"

// What all of them begin with. States as in enum queue_state: 0 ready, 1 leased, 2 parked.
//
//     member   17 digits of the push's number, then the id: a sorted set orders equal scores by it
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
    "local function ready(id)\n"                                                                   \
    "  local f = redis.call('HMGET', job(id), 'priority', 'number', 'group')\n"                    \
    "  local member = string.format('%017.0f', tonumber(f[2])) .. id\n"                            \
    "  redis.call('HSET', job(id), 'state', '0')\n"                                                \
    "  redis.call('ZADD', q .. 'ready', f[1], member)\n"                                           \
    "  if f[3] ~= '' then redis.call('ZADD', q .. 'group:' .. f[3], f[1], member) end\n"           \
    "end\n"                                                                                        \
    "local function leave(id)\n"                                                                   \
    "  local f = redis.call('HMGET', job(id), 'number', 'group')\n"                                \
    "  local member = string.format('%017.0f', tonumber(f[1])) .. id\n"                            \
    "  redis.call('ZREM', q .. 'ready', member)\n"                                                 \
    "  if f[2] ~= '' then redis.call('ZREM', q .. 'group:' .. f[2], member) end\n"                 \
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
    "end\n"                                                                                        \
    "local function forget(id)\n"                                                                  \
    "  leave(id)\n"                                                                                \
    "  redis.call('ZREM', q .. 'ids', id)\n"                                                       \
    "  redis.call('DEL', job(id))\n"                                                               \
    "end\n"

const struct redis_script queue_push_script = {
    COMMON "for i = 3, #ARGV, 4 do\n"
           "  local id = ARGV[i]\n"
           "  if redis.call('EXISTS', job(id)) == 0 then\n"
           "    redis.call('ZADD', q .. 'ids', 0, id)\n"
           "    redis.call('HSET', job(id), 'group', ARGV[i + 1], 'priority', ARGV[i + 2],\n"
           "      'payload', ARGV[i + 3], 'number', text(next_number()), 'token', '0',\n"
           "      'tries', '0', 'worker', '', 'reason', '')\n"
           "    ready(id)\n"
           "  end\n"
           "end\n"
           "return 1\n"};

const struct redis_script queue_lease_script = {
    COMMON
    "expire()\n"
    "local worker, lease_ms, max = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])\n"
    "local first = redis.call('ZRANGE', q .. 'ready', 0, 0)\n"
    "if #first == 0 then return {} end\n"
    "local picked = {first[1]}\n"
    "local group = redis.call('HGET', job(string.sub(first[1], 18)), 'group')\n"
    "if group ~= '' and max > 1 then\n"
    "  for _, member in ipairs(redis.call('ZRANGE', q .. 'group:' .. group, 0, max - 1)) do\n"
    "    if member ~= first[1] and #picked < max then picked[#picked + 1] = member end\n"
    "  end\n"
    "end\n"
    "local leases = {}\n"
    "for i, member in ipairs(picked) do\n"
    "  local id = string.sub(member, 18)\n"
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

const struct redis_script queue_ack_script = {COMMON
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
           "return {redis.call('ZCARD', q .. 'ready'), redis.call('ZCARD', q .. 'leased'),\n"
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
                 "  local f = redis.call('HMGET', job(id), 'state', 'tries', 'worker', 'reason')\n"
                 "  views[i] = {id, f[1], f[2], f[3], f[4]}\n"
                 "end\n"
                 "return views\n"};

const struct redis_script queue_drop_script = {COMMON RANGE
                                               "local ids = range(ARGV[3], '', ARGV[4])\n"
                                               "for _, id in ipairs(ids) do forget(id) end\n"
                                               "return #ids\n"};
