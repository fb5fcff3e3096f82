// SPDX-License-Identifier: Apache-2.0
//
// Debian's Chromium with an empty profile, and nothing that would make it talk to anyone but the
// server under test.
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

const executablePath = process.env.PRIMROSE_CHROMIUM ?? '/usr/bin/chromium';

const args = [
  '--no-sandbox', // tests run as root in containers
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

// A reason to skip, or null.
export const whyNoBrowser = existsSync(executablePath)
  ? null
  : `${executablePath} is not there: apt-get install chromium, or set PRIMROSE_CHROMIUM`;

export const openBrowser = () => chromium.launch({ executablePath, args });

// A page that reports what must never happen: script errors and broken security policy.
export async function openPage(browser, options, faults) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) faults.push(message.text());
  });
  await page.addInitScript(() =>
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`Content Security Policy: ${event.violatedDirective} ${event.blockedURI}`),
    ),
  );
  return page;
}
