// SPDX-License-Identifier: Apache-2.0
//
// From the engine's numbers to a sentence that a person understands and can act on.
import { words } from '../words';
import { denial } from './protection';

export interface Fault {
  message: string;
  code: string; // for a support call
}

// The engine's categories, as shaka.util.Error.Category numbers them.
const NETWORK = 1;
const MANIFEST = 4;
const MEDIA = 3;
const STREAMING = 5;
const DRM = 6;

const BAD_HTTP_STATUS = 1001; // data: [uri, status, ...]
const CONTENT_UNSUPPORTED = 4032;

interface EngineError {
  category: number;
  code: number;
  data?: unknown[];
}

function sentence({ category, code, data }: EngineError): string {
  if (code === BAD_HTTP_STATUS && (data?.[1] === 404 || data?.[1] === 410)) return words.fault.gone;
  if (code === CONTENT_UNSUPPORTED) return words.fault.decode;
  switch (category) {
    case NETWORK:
      return words.fault.network;
    case MANIFEST:
      return words.fault.manifest;
    case MEDIA:
      return words.fault.decode;
    case STREAMING:
      return words.fault.network;
    case DRM:
      return words.fault.licence;
    default:
      return words.fault.unknown;
  }
}

export function explain(error: unknown): Fault {
  const address = (error as EngineError | null)?.data?.[0];
  if (typeof address === 'string' && address.startsWith('kept:'))
    return { message: words.downloads.damaged, code: 'download-damaged' };
  const denied = denial((error as EngineError | null)?.data);
  if (denied) return denied;
  if (error !== null && typeof error === 'object' && 'category' in error && 'code' in error)
    return { message: sentence(error as EngineError), code: String((error as EngineError).code) };
  return { message: words.fault.unknown, code: String(error) };
}
