// SPDX-License-Identifier: Apache-2.0
//
// The text of the C file that carries the assets: `.incbin` lays the bytes down, so the compiler
// never parses them. The hash of each file stands in the text, so that a change of bytes is a
// change of the source.

const quoted = (text) => JSON.stringify(text); // our paths are ASCII: JSON's escapes are C's

function blob(name, file, hash) {
  return [
    `// ${hash}`,
    `__asm__(".section .rodata\\n.balign 16\\n${name}:\\n"`,
    `        ".incbin ${JSON.stringify(quoted(file)).slice(1, -1)}\\n.previous\\n");`,
    `extern const uint8_t ${name}[];`,
  ].join('\n');
}

// assets: [{url, type, hash, file, bytes, gzip | null, brotli | null, isImmutable}], sorted by url.
export function tableText(assets) {
  const blobs = [];
  const rows = assets.map((asset, index) => {
    const plain = `asset_plain_${index}`;
    const packed = `asset_gzip_${index}`;
    const brotli = `asset_brotli_${index}`;
    blobs.push(blob(plain, asset.file, asset.hash));
    if (asset.gzip) blobs.push(blob(packed, `${asset.file}.gz`, asset.hash));
    if (asset.brotli) blobs.push(blob(brotli, `${asset.file}.br`, asset.hash));
    const gzip = asset.gzip ? `{${packed}, ${asset.gzip.length}}` : '{NULL, 0}';
    return [
      `    {.path = ${quoted(asset.url)}, .type = ${quoted(asset.type)},`,
      `     .etag = ${quoted(`W/"${asset.hash}"`)},`,
      `     .bytes = {${plain}, ${asset.bytes.length}},`,
      `     .gzip = ${gzip},`,
      `     .brotli = ${asset.brotli ? `{${brotli}, ${asset.brotli.length}}` : '{NULL, 0}'},`,
      `     .is_immutable = ${asset.isImmutable}},`,
    ].join('\n');
  });
  return [
    '// Made by web/embed.mjs from web/src. Do not edit.',
    '#include "app/assets.h"',
    '',
    ...blobs,
    '',
    'const struct asset asset_table[] = {',
    ...rows,
    '};',
    'const size_t asset_count = sizeof asset_table / sizeof asset_table[0];',
    '',
  ].join('\n');
}
