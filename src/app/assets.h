// SPDX-License-Identifier: Apache-2.0
//
// The web app's files, built from web/ and carried inside the program.
//
//     web/src/*.tsx -- esbuild --> app-5X2K.js ----+
//                                       |          +-- .incbin --> one table, sorted by path
//                                       +-- gzip --+
//                                       +- brotli -+
//
// Everything under "/assets/" has the hash of its bytes in its name and never changes; the page
// shell ("/") does, so it is to be revalidated. The bytes live as long as the program and may be
// sent from any thread.
#ifndef APP_ASSETS_H
#define APP_ASSETS_H

#include "base/slice.h"

struct asset {
    const char *path; // of the URL: "/", "/assets/app-5X2K.js", "/favicon.svg"
    const char *type; // Content-Type, charset included where it matters
    const char *etag; // W/"...", weak: one for all encodings (RFC 9110, section 8.8.3.3)
    struct slice bytes;
    struct slice gzip;   // the same as one gzip member; len 0 where compression gains nothing
    struct slice brotli; // RFC 7932; len 0 where that gains nothing over gzip
    bool is_immutable; // true: Cache-Control: public, max-age=31536000, immutable. false: no-cache
};

// What the page shell must be sent with; `media` are sources of media beside the app's own origin,
// each with a space before it. The app keeps to it: no inline script or style, nothing
// from elsewhere; 'wasm-unsafe-eval' allows WebAssembly and no more (Content Security Policy 3,
// section 6.1.11.2), for the adaptive-bitrate rule; `blob:` is how Media Source Extensions hand the
// film to the video element.
#define ASSET_POLICY_WITH(media)                                                                   \
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "                 \
    "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'" media "; "                  \
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; "          \
    "frame-ancestors 'none'"
#define ASSET_CONTENT_SECURITY_POLICY ASSET_POLICY_WITH("")

// The asset at the path of a URL, without query and not percent-decoded. The paths that the app
// routes by itself ("/", "/title/<id>", "/operators/<page>") all give the page shell;
// "/watch/<id>" gives the one that also asks for the engine at once. NULL when there is none.
const struct asset *asset_find(struct slice path);

// The page shell, to answer with status 404 where a browser asks for a page that does not exist.
const struct asset *asset_shell(void);

// All of them, sorted by path (bytewise), for tests and listings. Made by web/embed.mjs.
extern const struct asset asset_table[];
extern const size_t asset_count;

#endif
