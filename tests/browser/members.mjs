// SPDX-License-Identifier: Apache-2.0
//
// A household from its first minute: the house is claimed, people come and go on two devices, and
// the operator sees to it. Two browser contexts are two devices.
import assert from 'node:assert/strict';

import { COLOURS, overflow, pageFaults } from './support/axe.mjs';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.mjs';
import { assertAdvances, waitUntil } from './support/film.mjs';
import { TITLE, openOwnHouse } from './support/house.mjs';
import { note, run, test } from './support/tap.mjs';

const ADA = { login: 'ada', password: 'three little words' };
const BEN = { login: 'ben', password: 'four other small words' };
const PIN = '2468';

let browser, house, tv, phone; // Ada's two devices
const faults = [];

const device = (options = {}) => openPage(browser, { reducedMotion: 'reduce', ...options }, faults);
const button = (page, name) => page.getByRole('button', { name, exact: true });
const heading = (page, name) => page.getByRole('heading', { name, exact: true });
const status = (page, path) =>
  page.evaluate(async (at) => (await fetch(at, { cache: 'no-store' })).status, path);

async function fill(page, fields) {
  for (const [label, text] of Object.entries(fields))
    await page.getByLabel(label, { exact: true }).fill(text);
}

async function signIn(page, { login, password }) {
  await fill(page, { 'User name': login, Password: password });
  await button(page, 'Sign in').click();
}

const isAt = (page, path) => page.waitForURL(house.url + path);

test('a guest watches before the house is claimed, and is asked for nothing', async () => {
  const page = await device();
  await page.goto(`${house.url}/watch/${TITLE}`);
  await waitUntil(page, 0.3);
  await page.goto(`${house.url}/claim`);
  await page.getByRole('link', { name: 'Not now: go on as a guest' }).click();
  await heading(page, 'All titles').waitFor();
  await page.context().close();
});

test('a wrong claim code is explained; the right one makes the operator and closes the house', async () => {
  tv = await device();
  await tv.goto(house.url);
  await tv.getByRole('link', { name: 'Claim this house' }).click();
  await fill(tv, {
    'Claim code': '7F3K',
    'User name': ADA.login,
    Password: ADA.password,
  });
  await button(tv, 'Claim the house').click();
  await tv.getByRole('alert').getByText('This is not the code').waitFor();
  await tv.getByLabel('Claim code').fill(house.code());
  await button(tv, 'Claim the house').click();
  await heading(tv, 'Who is watching?').waitFor();
  await button(tv, 'Watch as ada').click();
  await heading(tv, 'All titles').waitFor();
  assert.equal(await tv.evaluate(() => document.cookie), '', 'scripts do not see the session');
});

test('from now on a stranger is led to signing in, and then to where he wanted to go', async () => {
  phone = await device({ viewport: { width: 390, height: 800 } });
  await phone.goto(`${house.url}/title/${TITLE}`);
  await isAt(phone, `/sign-in?to=%2Ftitle%2F${TITLE}`);
  await signIn(phone, { ...ADA, password: 'not this one' });
  await phone.getByRole('alert').getByText('do not fit together').waitFor();
  assert.equal(await phone.getByLabel('User name').inputValue(), ADA.login, 'what was typed stays');
  await signIn(phone, ADA);
  await isAt(phone, `/profiles?to=%2Ftitle%2F${TITLE}`);
  await button(phone, 'Watch as ada').click();
  await isAt(phone, `/title/${TITLE}`);
  await phone.getByRole('link', { name: 'Play', exact: true }).click();
  await waitUntil(phone, 0.5);
  await assertAdvances(phone);
  await phone.goto(house.url);
  await heading(phone, 'All titles').waitFor();
});

test('an address of another site is not where signing in leads', async () => {
  const page = await device();
  await page.goto(`${house.url}/sign-in?to=%2F%2Fexample.org%2F`);
  await signIn(page, ADA);
  await isAt(page, '/profiles');
  await page.evaluate(() => fetch('/v1/sessions/current', { method: 'DELETE' }));
  await page.context().close();
});

test('a profile with a PIN opens with it alone; a child sees nothing of the account', async () => {
  await tv.goto(`${house.url}/profiles`);
  await button(tv, 'Edit profiles').click();
  await button(tv, 'Edit ada').click();
  const dialog = tv.getByRole('dialog', { name: 'Edit ada' });
  await dialog.getByLabel('PIN', { exact: true }).fill(PIN);
  await button(dialog, 'Save').click();
  await dialog.waitFor({ state: 'detached' });
  await button(tv, 'Done').click();
  await button(tv, 'Watch as Kids').click();
  await heading(tv, 'Browse titles').or(heading(tv, 'No titles yet')).waitFor();
  await button(tv, 'Menu of Kids').click();
  assert.deepEqual(await tv.locator('.menu-list li').allTextContents(), ['Switch profile']);
  assert.equal(await status(tv, '/v1/members'), 403, 'nor does the service show it');
  await tv.getByRole('link', { name: 'Switch profile' }).click();
  await button(tv, 'Watch as ada').click();
  const asked = tv.getByRole('dialog', { name: 'PIN of ada' });
  await asked.getByLabel('PIN', { exact: true }).fill('1111');
  await button(asked, 'Go on').click();
  await asked.getByRole('alert').getByText('This is not the PIN').waitFor();
  await asked.getByLabel('PIN', { exact: true }).fill(PIN);
  await button(asked, 'Go on').click();
  await heading(tv, 'All titles').waitFor();
});

test('a film goes on on the other device where this one left it', async () => {
  await tv.goto(`${house.url}/watch/${TITLE}?t=12`);
  await waitUntil(tv, 12.5);
  const told = tv.waitForResponse((response) => response.url().endsWith('/v1/positions'));
  await tv.keyboard.press('k');
  assert.equal((await told).status(), 200);
  await phone.goto(house.url);
  await heading(phone, 'Continue watching').waitFor();
  await phone.getByRole('link', { name: /^Resume at 0:1[2-4]/ }).click();
  await phone.waitForFunction(() => document.querySelector('video')?.currentTime >= 12);
  const places = await tv.evaluate(() =>
    Object.keys(localStorage).filter((key) => /posit/.test(key)),
  );
  assert.ok(places.length > 0);
  for (const place of places)
    assert.match(place, /^primrose\.positions\.profile_/, 'of a profile, not of the browser');
});

test('too many screens are explained, and one may be taken over', async () => {
  const third = await device();
  await third.goto(`${house.url}/sign-in?to=%2Fwatch%2F${TITLE}`);
  await signIn(third, ADA);
  await button(third, 'Watch as ada').click();
  await third.getByRole('dialog').getByLabel('PIN', { exact: true }).fill(PIN);
  await button(third.getByRole('dialog'), 'Go on').click();
  await third.getByRole('alert').getByText('Too many screens are in use').waitFor();
  await button(third, 'Play here instead').click();
  await third.waitForFunction(() => document.querySelector('video')?.currentTime >= 12.1);
  await tv.keyboard.press('ArrowLeft'); // a seek is reported: that is when it hears of it
  await tv.getByRole('alert').getByText('plays on another screen now').waitFor();
  await third.evaluate(() => fetch('/v1/sessions/current', { method: 'DELETE' }));
  await third.context().close();
});

test('a device that is signed out elsewhere is at the door at its next step', async () => {
  await tv.goto(`${house.url}/devices`);
  await tv.getByText('This device').waitFor();
  assert.equal(await tv.locator('.row').count(), 2);
  await tv.locator('.row').filter({ hasNotText: 'This device' }).getByRole('button').click();
  await tv.getByText('is signed out.').waitFor();
  await tv.waitForFunction(() => document.querySelectorAll('.row').length === 1);
  for (let tries = 0; (await status(phone, '/v1/titles')) !== 401; tries++) {
    assert.ok(tries < 40, 'it is still let in after ten seconds');
    await phone.waitForTimeout(250); // what the gate knows of a caller lives for two seconds
  }
  await phone.goto(house.url);
  await isAt(phone, '/sign-in');
});

test('an operator adds a member, who signs in; disables him, and he cannot', async () => {
  await tv.goto(`${house.url}/operators/members`);
  await button(tv, 'Add a member').first().click();
  const dialog = tv.getByRole('dialog', { name: 'Add a member' });
  await fill(dialog, {
    'User name': BEN.login,
    Name: 'Ben',
    Password: BEN.password,
  });
  await button(dialog, 'Add a member').click();
  await tv.getByText('Ben can sign in now.').waitFor();
  await signIn(phone, BEN);
  await heading(phone, 'Who is watching?').waitFor();
  await tv.getByRole('link', { name: 'Ben', exact: true }).click();
  await tv
    .getByRole('region', { name: 'State' })
    .getByLabel(/Why/)
    .fill('card expired, überfällig');
  await button(tv, 'Disable').click();
  await tv.getByText('This member cannot sign in.').waitFor();
  const page = await device();
  await page.goto(`${house.url}/sign-in`);
  await signIn(page, BEN);
  await page.getByRole('alert').getByText('do not fit together').waitFor();
  await page.context().close();
  await tv.getByRole('link', { name: 'Audit log' }).click();
  await tv.getByText('card expired, überfällig').first().waitFor();
});

test('a right is granted, and taken back; a plan is saved', async () => {
  await tv.goto(`${house.url}/operators/members`);
  await tv.getByRole('link', { name: 'Ben', exact: true }).click();
  await button(tv, 'Grant a title').click();
  const rights = tv.getByRole('table', { name: 'Bought, rented, given' });
  await rights.getByRole('cell', { name: 'Gift' }).waitFor();
  await button(tv, `Take back ${TITLE}`).click();
  await rights.getByText('Nothing yet.').waitFor();
  await tv.getByRole('link', { name: 'Plans' }).click();
  await button(tv, 'Add a plan').click();
  const dialog = tv.getByRole('dialog', { name: 'Add a plan' });
  await fill(dialog, { Id: 'mobile', Name: 'Mobile', 'Screens at once': '1' });
  await dialog.getByLabel('of them on one title').fill('1');
  await dialog.getByLabel('Highest quality').selectOption('SD');
  await button(dialog, 'Save').click();
  await tv.getByRole('row', { name: /Mobile.*mobile.*1.*SD/ }).waitFor();
});

test('a key is shown once, works, and does no longer when it is revoked', async () => {
  const asks = (key) =>
    fetch(`${house.url}/v1/members`, {
      headers: { authorization: `Bearer ${key}` },
    });
  await tv.goto(`${house.url}/operators/keys`);
  await button(tv, 'Make a key').first().click();
  const dialog = tv.getByRole('dialog', { name: 'Make a key' });
  await dialog.getByLabel('Name').fill('nightly ingest');
  await dialog.getByLabel('Role').selectOption({ index: 1 });
  await button(dialog, 'Make a key').click();
  const key = await dialog.locator('code').textContent();
  assert.match(key, /^pk_/);
  assert.equal((await asks(key)).status, 200);
  await button(dialog, 'Close').click();
  assert.equal(await tv.getByText(key).count(), 0);
  await button(tv, 'Revoke nightly ingest').click();
  await tv.getByText('nightly ingest is revoked.').waitFor();
  for (let tries = 0; (await asks(key)).status !== 401; tries++) {
    assert.ok(tries < 40, 'the key still opens after ten seconds');
    await tv.waitForTimeout(250);
  }
});

test('search finds as one types, accents or not, and stands in the address', async () => {
  await tv.goto(house.url);
  await heading(tv, 'All titles').waitFor();
  await tv.keyboard.press('/');
  const box = tv.getByRole('searchbox', { name: 'Search titles' });
  await box.pressSequentially('prím');
  await tv.getByText('1 title').waitFor();
  await tv
    .getByRole('link', { name: /^Primrose/ })
    .last()
    .waitFor();
  await tv.goto(tv.url());
  await tv.getByText('1 title').waitFor();
  await box.fill('zebra');
  await tv.getByText('Nothing is called “zebra” here.').waitFor();
});

test('arrow keys lead from card to card and into the film, without Tab', async () => {
  await tv.goto(house.url);
  await heading(tv, 'All titles').waitFor();
  const at = () => tv.evaluate(() => document.activeElement.textContent);
  await tv.keyboard.press('ArrowDown');
  assert.match(await at(), /^(Play|Resume)/);
  await tv.keyboard.press('ArrowRight');
  assert.match(await at(), /^Details/);
  await tv.keyboard.press('ArrowLeft');
  assert.match(await at(), /^(Play|Resume)/);
  await tv.keyboard.press('ArrowDown');
  assert.ok(await tv.evaluate(() => document.activeElement.matches('.card-link')));
  assert.notEqual(
    await tv.evaluate(() => getComputedStyle(document.activeElement).outlineStyle),
    'none',
  );
});

const SPOKEN = {
  es: ['Todos los títulos', 'Cuenta', 'Dispositivos', 'Miembros'],
  de: ['Alle Titel', 'Konto', 'Geräte', 'Mitglieder'],
  ar: ['كل العناوين', 'الحساب', 'الأجهزة', 'الأعضاء'],
};

test('a profile speaks its language, and the pages fit it at 320 px, from right to left too', async () => {
  const page = await device({
    locale: 'de-AT',
    viewport: { width: 320, height: 640 },
  });
  await page.goto(`${house.url}/sign-in`);
  await heading(page, 'Willkommen zurück').waitFor(); // the browser's, before anybody is known
  await page.context().close();
  await tv.setViewportSize({ width: 320, height: 640 });
  for (const [language, names] of Object.entries(SPOKEN)) {
    const id = await tv.evaluate(() => localStorage.getItem('primrose.profile'));
    await tv.evaluate(
      ([profile, tag]) =>
        fetch(`/v1/profiles/${profile}`, {
          method: 'PATCH',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ language: tag }),
        }),
      [id, language],
    );
    for (const [index, path] of ['/', '/account', '/devices', '/operators/members'].entries()) {
      await tv.goto(house.url + path);
      await heading(tv, names[index]).waitFor();
      assert.equal(await tv.evaluate(() => document.documentElement.lang), language);
      const wrong = language === 'ar' ? await pageFaults(tv) : await overflow(tv);
      assert.deepEqual(wrong, language === 'ar' ? [] : 0, `${language} ${path}`);
    }
    const direction = await tv.evaluate(() => getComputedStyle(document.body).direction);
    assert.equal(direction, language === 'ar' ? 'rtl' : 'ltr');
  }
  await tv.evaluate(
    (profile) =>
      fetch(`/v1/profiles/${profile}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ language: 'en' }),
      }),
    await tv.evaluate(() => localStorage.getItem('primrose.profile')),
  );
  await tv.goto(house.url);
  await heading(tv, 'All titles').waitFor();
});

const door = [
  {
    name: 'signing in',
    path: '/sign-in',
    ready: (page) => heading(page, 'Welcome back').waitFor(),
  },
  {
    name: 'claimed',
    path: '/claim',
    ready: (page) => heading(page, 'This house is claimed').waitFor(),
  },
];
const inside = [
  {
    name: 'profiles',
    path: '/profiles',
    ready: (page) => button(page, 'Watch as ada').waitFor(),
  },
  {
    name: 'profiles, editing',
    path: '/profiles',
    ready: async (page) => {
      await button(page, 'Edit profiles').click();
      await button(page, 'Edit Kids').click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'front page, menu',
    path: '/',
    ready: async (page) => {
      await heading(page, 'All titles').waitFor();
      await button(page, 'Menu of ada').click();
    },
  },
  {
    name: 'account',
    path: '/account',
    ready: (page) => page.getByText('Nothing yet.').waitFor(),
  },
  {
    name: 'devices',
    path: '/devices',
    ready: (page) => page.getByText('This device').waitFor(),
  },
  {
    name: 'search',
    path: '/search?q=prim',
    ready: (page) => page.getByText('1 title').waitFor(),
  },
  {
    name: 'members',
    path: '/operators/members',
    ready: (page) => page.getByRole('link', { name: 'Ben', exact: true }).waitFor(),
  },
  {
    name: 'a member',
    path: '/operators/members',
    ready: async (page) => {
      await page.getByRole('link', { name: 'ada', exact: true }).click();
      await button(page, 'Grant a title').waitFor();
    },
  },
  {
    name: 'plans, a new one',
    path: '/operators/plans',
    ready: async (page) => {
      await page.getByText('mobile', { exact: true }).waitFor();
      await button(page, 'Add a plan').click();
    },
  },
  {
    name: 'keys',
    path: '/operators/keys',
    ready: (page) => page.getByText('None yet.').waitFor(),
  },
  {
    name: 'log',
    path: '/operators/log',
    ready: (page) => page.getByText('house.closed').first().waitFor(),
  },
];

for (const [where, pages] of [
  ['at the door', door],
  ['inside', inside],
])
  test(
    `${where}: no violation, nothing cut off, in both themes, at 320 and 1280 px`,
    async () => {
      const page = where === 'inside' ? tv : await device();
      for (const { name, path, ready } of pages) {
        await page.goto(house.url + path);
        await ready(page);
        for (const width of [320, 1280]) {
          await page.setViewportSize({ width, height: 720 });
          for (const colorScheme of ['dark', 'light']) {
            await page.emulateMedia({ colorScheme });
            const only = colorScheme === 'dark' ? undefined : COLOURS;
            assert.deepEqual(
              await pageFaults(page, only),
              [],
              `${name}, ${colorScheme}, ${width} px`,
            );
          }
        }
      }
      if (page !== tv) await page.context().close();
    },
    { timeoutMs: 120_000 },
  );

test('a changed password signs all other devices out; signing out leaves nothing behind', async () => {
  await tv.setViewportSize({ width: 1280, height: 720 });
  await tv.goto(`${house.url}/account`);
  await fill(tv, {
    'Present password': 'a wrong one',
    'New password': 'five very new small words',
  });
  await button(tv, 'Change the password').click();
  await tv.getByRole('alert').getByText('The present password is another one.').waitFor();
  await tv.getByLabel('Present password', { exact: true }).fill(ADA.password);
  await button(tv, 'Change the password').click();
  await tv.getByText('The password is changed.').waitFor();
  await button(tv, 'Menu of ada').click();
  await tv.locator('.menu-list').getByRole('button', { name: 'Sign out' }).click();
  await isAt(tv, '/sign-in');
  assert.equal(await status(tv, '/v1/titles'), 401);
  await tv.goto(`${house.url}/watch/${TITLE}`);
  await isAt(tv, `/sign-in?to=%2Fwatch%2F${TITLE}`);
});

test('no script error and no breach of the security policy in all of this', async () => {
  assert.deepEqual(faults, []);
});

const begun = Date.now();
await run({
  before: async () => {
    if (whyNoBrowser) return { skip: whyNoBrowser };
    house = await openOwnHouse();
    browser = await openBrowser();
    return {};
  },
  after: async () => {
    await browser?.close();
    await house?.close();
    note(`${((Date.now() - begun) / 1000).toFixed(1)} s`);
  },
});
