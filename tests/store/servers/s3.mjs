// SPDX-License-Identifier: Apache-2.0
//
// An S3 on loopback for the tests: s3rver's own front (signatures, XML, ranges, uploads in parts) over a store in
// memory. s3rver's store of files writes objects in place, so that a reader may see half of one, which S3 promises
// never to show; this one replaces them whole and lists them in byte order. Nor does s3rver check signatures of version
// 4: that is done here, by signing each request a second time with aws4, another's code.
//
//     node s3.mjs [FAULTS]     prints "port N"; FAULTS: every so many-th request is answered 503, or cut off
import crypto from 'node:crypto';
import http from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';

const require = createRequire(import.meta.url);
const aws4 = require('aws4');
const S3rver = require('s3rver');
const S3Object = require('s3rver/lib/models/object');
const S3Bucket = require('s3rver/lib/models/bucket');

async function readAll(content) {
  if (Buffer.isBuffer(content)) return content;
  const pieces = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

const md5Of = (bytes) => crypto.createHash('md5').update(bytes).digest('hex');

class MemoryStore {
  buckets = new Map();
  uploads = new Map();

  reset() {
    this.buckets.clear();
  }

  async listBuckets() {
    return [...this.buckets.keys()].map((name) => new S3Bucket(name, new Date()));
  }

  // A bucket comes to be when it is first named: each test takes its own.
  async getBucket(name) {
    if (!this.buckets.has(name)) this.buckets.set(name, new Map());
    return new S3Bucket(name, new Date());
  }

  async putBucket(name) {
    return this.getBucket(name);
  }

  async deleteBucket(name) {
    this.buckets.delete(name);
  }

  async getSubresource() {
    return null;
  }

  object(bucket, key, content) {
    const kept = this.buckets.get(bucket).get(key);
    return new S3Object(bucket, key, content, kept.metadata);
  }

  async listObjects(bucket, { startAfter = '', prefix = '', maxKeys = Infinity }) {
    const keys = [...this.buckets.get(bucket).keys()]
      .filter((key) => key.startsWith(prefix) && key > startAfter)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return {
      objects: keys.slice(0, maxKeys).map((key) => this.object(bucket, key, null)),
      commonPrefixes: [],
      isTruncated: keys.length > maxKeys,
    };
  }

  async existsObject(bucket, key) {
    return this.buckets.get(bucket).has(key);
  }

  async getObject(bucket, key, options = {}) {
    const kept = this.buckets.get(bucket).get(key);
    if (!kept) return null;
    const last = kept.bytes.length - 1;
    const start = options.start ?? 0;
    const end = Math.min(options.end ?? Infinity, last);
    const isPart = options.start !== undefined || options.end !== undefined;
    const isOutside = isPart && end < start;
    const object = this.object(bucket, key, isOutside ? null : Readable.from([kept.bytes.subarray(start, end + 1)]));
    if (isPart) object.range = { start, end };
    return object;
  }

  async putObject(object) {
    const bytes = await readAll(object.content);
    const md5 = md5Of(bytes);
    this.keep(object.bucket, object.key, bytes, object.metadata, md5);
    return { size: bytes.length, md5 };
  }

  keep(bucket, key, bytes, metadata, etag) {
    this.buckets.get(bucket).set(key, {
      bytes,
      metadata: {
        ...metadata,
        etag: JSON.stringify(etag),
        'last-modified': new Date().toUTCString(),
        'content-length': bytes.length,
      },
    });
  }

  async deleteObject(bucket, key) {
    this.buckets.get(bucket).delete(key);
  }

  async initiateUpload(bucket, key, id, metadata) {
    this.uploads.set(id, { key, metadata, parts: new Map() });
  }

  async putPart(bucket, id, number, content) {
    const bytes = await readAll(content);
    this.uploads.get(id).parts.set(Number(number), bytes);
    return { size: bytes.length, md5: md5Of(bytes) };
  }

  async putObjectMultipart(bucket, id, parts) {
    const upload = this.uploads.get(id);
    const pieces = parts.map((part) => upload.parts.get(part.number));
    const md5 = `${md5Of(Buffer.concat(pieces.map((piece) => Buffer.from(md5Of(piece), 'hex'))))}-${parts.length}`;
    const { metadata } = new S3Object(bucket, upload.key, null, upload.metadata);
    const bytes = Buffer.concat(pieces);
    this.keep(bucket, upload.key, bytes, metadata, md5);
    this.uploads.delete(id);
    return { size: bytes.length, md5 };
  }
}

const [faults] = process.argv.slice(2);
const server = new S3rver({ silent: true, vhostBuckets: false });
server.store = server.context.store = new MemoryStore();

const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

function isSignedRightly({ method, url, headers }) {
  const [, region, names] =
    /Credential=S3RVER\/\d{8}\/([a-z0-9-]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+)/.exec(headers.authorization) ?? [];
  if (!names) return false;
  const signed = Object.fromEntries(names.split(';').map((name) => [name, headers[name]]));
  const again = aws4.sign({ service: 's3', region, method, path: url, headers: signed, host: headers.host }, credentials);
  return again.headers.Authorization === headers.authorization;
}

let requests = 0;
const front = server.callback();
const listener = http.createServer((request, response) => {
  requests++;
  if (faults && requests % Number(faults) === 0) {
    if (requests % 2 === 0) return request.socket.destroy();
    response.writeHead(503);
    return response.end('<Error><Code>SlowDown</Code></Error>');
  }
  if (!isSignedRightly(request)) {
    response.writeHead(403);
    return response.end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
  }
  return front(request, response);
});
listener.listen(0, '127.0.0.1', () => console.log(`port ${listener.address().port}`));
