// SPDX-License-Identifier: Apache-2.0
//
// The pages that a visit to a film does without: one script, which comes when the first of them is
// opened.
export { Account } from './account';
export { Devices } from './devices';
export { Claim, SignIn } from './entrance';
export { Profiles } from './profiles';
export { Search } from './search';
