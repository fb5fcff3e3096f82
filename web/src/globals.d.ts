// SPDX-License-Identifier: Apache-2.0
declare module '*.css';

// Where the module is served; empty when the app was built without it.
declare module '*/abr.wasm' {
  const url: string;
  export default url;
}
