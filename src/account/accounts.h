// SPDX-License-Identifier: Apache-2.0
//
// What every function about members works with, and who does a deed.
//
//     table "house"       house          state        the house is closed since ...   (house.h)
//     table "member"      <member>       record       login, role, plan, territory    (member.h)
//     table "member-list" all            <member>
//     table "login"       <hash>         member       which member a login names
//     table "device"      <member>       <device>     where somebody is signed in     (session.h)
//     table "token"       <hash>         session      a token's member and device
//     table "profile"     <member>       <profile>                                    (profile.h)
//     table "plan"        all            <plan>                                       (plan.h)
//     table "right"       <member>       <right>      bought, rented or given         (right.h)
//     table "api-key"     all            <key>                                        (api_key.h)
//     table "download"    <member>       <download>   kept on a device                (download.h)
//     table "event"       <month>        <newest first>   who did what and why        (event.h)
//
// Passwords, PINs, tokens and keys are never kept, only what they hash to.
#ifndef ACCOUNT_ACCOUNTS_H
#define ACCOUNT_ACCOUNTS_H

#include "account/secret.h"
#include "base/clock.h"
#include "store/cache.h"
#include "store/table.h"

struct accounts {
    struct table_store *tables;
    struct cache_store *cache; // counts attempts
    const struct clock *clock; // wall time, also of tests
    struct password_cost cost;
};

// Who changes something, and why: goes into the event log.
struct deed {
    const char *actor;  // id of a member or key; "system" for the command line
    const char *reason; // "" when nobody asked
};

#endif
