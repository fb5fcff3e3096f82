// SPDX-License-Identifier: Apache-2.0
//
// A catalogue of more than one film: rows, search, a series and its player, what a profile keeps, and
// two editors at one title. PRIMROSE_PICTURES names a folder for the pictures of the documentation.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { COLOURS, overflow, pageFaults } from './support/axe.mjs';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.mjs';
import { addTitles } from './support/catalogue.mjs';
import { waitUntil } from './support/film.mjs';
import { openOwnHouse } from './support/house.mjs';
import { picture, wantsPictures } from './support/pictures.mjs';
import { note, run, test } from './support/tap.mjs';

const ADA = { login: 'ada', password: 'three little words' };
const SERIES = 'harbour';

const people = [{ id: 'iris', name: 'Íris Vale', character: 'The keeper' }];
const crew = [{ id: 'ozu', name: 'Mai Ozu', job: 'director' }];
const marks = [
  { kind: 'intro', start_ms: 0, end_ms: 8000 },
  { kind: 'credits', start_ms: 30_000, end_ms: 0 },
];
const episode = (id, number, title) => ({
  id,
  title,
  synopsis: `${title} comes over the harbour, and nobody knows how long it will stay.`,
  place: { series: SERIES, series_title: 'The Harbour', season: 1, episode: number },
  genres: ['drama'],
  cast: people,
  scenes: [], // the film's name others
  crew,
  marks,
});
const film = (id, title, words = []) => ({ id, title, words, genres: ['drama'], crew });

const TITLES = [
  episode('harbour-1', 1, 'Fog'),
  episode('harbour-2', 2, 'Storm'),
  film('lamps', 'A Street of Lamps', [
    { lang: 'de', title: 'Die Laternenstraße', synopsis: '' },
    { lang: 'ar', title: 'شارع المصابيح', synopsis: '' },
  ]),
  film('salt', 'Salt'),
  film('ferry', 'The Last Ferry'),
  {
    id: 'ferry-trailer',
    title: 'The Last Ferry, trailer',
    place: { extra_of: 'ferry', extra: 'trailer' },
  },
];
const series = {
  id: SERIES,
  title: 'The Harbour',
  synopsis: 'A small town, a large sea, and those who keep the light between them.',
  genres: ['drama'],
  words: [{ lang: 'es', title: 'El puerto', synopsis: '' }],
};

let browser, house, page;
const faults = [];

const device = (options = {}) => openPage(browser, { reducedMotion: 'reduce', ...options }, faults);
const button = (where, name) => where.getByRole('button', { name, exact: true });
const heading = (where, name) => where.getByRole('heading', { name, exact: true });
const link = (where, name) => where.getByRole('link', { name });

test('the first page has a row of what is new and rows by genre', async () => {
  page = await device();
  await page.goto(house.url);
  await heading(page, 'drama').waitFor();
  const row = page.getByRole('region', { name: 'drama' });
  await link(row, /^The Harbour/).waitFor();
  await link(row, /^Salt/).waitFor();
  assert.equal(await link(row, /^Fog/).count(), 0, 'episodes stand under their series');
  await row.getByRole('link').first().focus();
  const before = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press('ArrowRight');
  const after = await page.evaluate(() => document.activeElement.textContent);
  assert.notEqual(before, after, 'an arrow leads along the row');
  await picture(page, 'home');
});

test('search finds series, people and names in other languages, also mistyped', async () => {
  await page.keyboard.press('/');
  const box = page.getByRole('searchbox', { name: 'Search titles' });
  await box.pressSequentially('harbuor');
  await link(page, /^The Harbour/).waitFor();
  await picture(page, 'search');
  await box.fill('mai oz');
  await link(page, /^Mai Ozu/).click();
  await heading(page, 'Mai Ozu').waitFor();
  await link(page, /^Salt/).waitFor();
  await page.goBack();
  await page.getByRole('searchbox').fill('مصابيح');
  await link(page, /^A Street of Lamps/).waitFor();
  await page.getByRole('searchbox').fill('laternenstrasse');
  await link(page, /^A Street of Lamps/).waitFor();
});

test('a series leads to its episodes, and an episode to the next', async () => {
  await page.goto(`${house.url}/series/${SERIES}`);
  await heading(page, 'Season 1').waitFor();
  await picture(page, 'series');
  await link(page, /^1\. Fog/).click();
  await heading(page, 'Fog').waitFor();
  await link(page, 'Next: S1 E2, Storm').click();
  await heading(page, 'Storm').waitFor();
  assert.equal(await link(page, /^Next:/).count(), 0);
  await link(page, 'The Harbour').click();
  await heading(page, 'The Harbour').waitFor();
});

test('the intro is skipped by a press, and the credits lead to the next episode', async () => {
  await page.goto(`${house.url}/watch/harbour-1?t=0`);
  await waitUntil(page, 0.2);
  await button(page, 'Skip intro').click();
  await page.waitForFunction(() => document.querySelector('video').currentTime >= 8);
  await button(page, 'Skip intro').waitFor({ state: 'detached' });
  await page.goto(`${house.url}/watch/harbour-1?t=30`);
  await waitUntil(page, 30.2);
  await link(page, /^Next episode/).waitFor();
  await picture(page, 'next-episode');
  await link(page, /^Next episode/).press('Enter');
  await page.waitForURL(/\/watch\/harbour-2/);
  await waitUntil(page, 0.2);
  assert.deepEqual(await pageFaults(page), []);
});

test('what is kept and liked stays, and the list stands on the first page', async () => {
  await page.goto(`${house.url}/title/ferry`);
  await heading(page, 'Extras').waitFor();
  const kept = page.waitForResponse((one) => one.url().endsWith('/v1/watchlist/ferry'));
  await button(page, 'Keep on my list').click();
  assert.equal((await kept).status(), 204);
  const liked = page.waitForResponse((one) => one.url().endsWith('/v1/opinions/ferry'));
  await button(page, 'I like this').click();
  assert.equal((await liked).status(), 204);
  await page.reload();
  await page.getByRole('button', { name: 'Keep on my list', pressed: true }).waitFor();
  await page.getByRole('button', { name: 'I like this', pressed: true }).waitFor();
  await page.goto(house.url);
  await link(page.getByRole('region', { name: 'My list' }), /^The Last Ferry/).waitFor();
});

async function claim() {
  await page.goto(`${house.url}/claim`);
  await page.getByLabel('Claim code').fill(house.code());
  await page.getByLabel('User name').fill(ADA.login);
  await page.getByLabel('Password', { exact: true }).fill(ADA.password);
  await button(page, 'Claim the house').click();
  await button(page, 'Watch as ada').click();
  await heading(page, 'All titles').waitFor();
}

test('two editors at one title: who is slower loses nothing, and neither does the other', async () => {
  await claim();
  await page.goto(`${house.url}/operators/titles`);
  await link(page, 'Salt').click();
  await heading(page, 'Salt').waitFor();
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByLabel('Synopsis').first().fill('Hers: the sea gives and takes.');
  await button(other, 'Save').click();
  await other.getByText('Saved.').waitFor();
  await other.close();
  await page.getByLabel('Genres, separated by commas').fill('drama, sea');
  await button(page, 'Save').click();
  await page.getByRole('alert').getByText('Somebody else changed this meanwhile').waitFor();
  await picture(page, 'conflict');
  assert.deepEqual(await pageFaults(page), []);
  assert.equal(await page.getByLabel('Genres, separated by commas').inputValue(), 'drama, sea');
  await button(page, 'Save mine').click();
  await page.getByText('Saved.').waitFor();
  await page.reload();
  await heading(page, 'Salt').waitFor();
  assert.equal(await page.getByLabel('Genres, separated by commas').inputValue(), 'drama, sea');
  assert.match(await page.getByLabel('Synopsis').first().inputValue(), /^Hers/);
});

test('a wrong country is pointed at; a window that is over takes the title from sight', async () => {
  await page.getByRole('button', { name: /^Add\s?: Windows/ }).click();
  const countries = page.getByLabel('Countries (empty: all)');
  await countries.fill('Germany');
  await page.getByLabel('Until').fill('2020-01-02');
  await button(page, 'Save').click();
  await page.getByRole('alert').getByText('ISO 3166-1').waitFor();
  assert.equal(await page.getByLabel('Until').inputValue(), '2020-01-02', 'what was typed stays');
  await countries.fill('de');
  await button(page, 'Save').click();
  await page.getByText('Saved.').waitFor();
  await picture(page, 'editor');
  await page.goto(`${house.url}/title/salt`);
  await page.getByRole('alert').waitFor();
  await page.goto(`${house.url}/search?q=salt`);
  await page.getByText('Nothing is called “salt” here.').waitFor();
});

// What the check says of a film with a black span: the demo film has no fault.
function blacken(data) {
  const folder = path.join(data, 'blobs/reports/primrose');
  const name = readdirSync(folder).find((one) => /^[0-9a-f]+\.json$/.test(one));
  const report = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  const rule = report.rules.find((one) => one.rule === 'black');
  Object.assign(rule, { verdict: 'warn', findings: 1 });
  report.verdict = 'warn';
  report.findings = [
    {
      rule: 'black',
      verdict: 'warn',
      where: 'track 0 (video)',
      sentence: 'a black span: 7 s, at most 5 are asked for',
      value: 7,
      start_ms: 12_000,
      end_ms: 19_000,
      start: '00:00:12:00',
      end: '00:00:19:00',
    },
  ];
  rmSync(path.join(folder, name)); // it is linked with the film's that others have
  writeFileSync(path.join(folder, name), JSON.stringify(report));
}

async function followAnIngest() {
  const workers = wantsPictures ? '1' : '0'; // nobody works: all chunks wait, as long as one looks
  const gone = house.ingest(['--id', 'rehearsal', '--rules', 'off', '--workers', workers]);
  await page.goto(`${house.url}/operators/jobs`);
  await link(page, /rehearsal/).press('Enter');
  await heading(page, 'Chunks').waitFor({ timeout: 60_000 });
  const row = page.getByRole('listitem').filter({ hasText: 'v-270p' });
  await row.getByText(wantsPictures ? /[2-4] done/ : '6 waiting').waitFor({ timeout: 300_000 });
  await page.getByLabel('Priority').fill('-5');
  await page.getByLabel('Priority').press('Enter');
  await page.getByText('Saved.').waitFor();
  await picture(page, 'ingest', { fullPage: true });
  await page.goto(`${house.url}/operators/jobs/rehearsal`);
  assert.equal(await page.getByLabel('Priority').inputValue(), '-5');
  await button(page, 'Cancel the ingest').press('Enter');
  const dialog = page.getByRole('dialog');
  await button(dialog, 'Let it go on').press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await button(page, 'Cancel the ingest').press('Enter');
  await button(dialog, 'Cancel the ingest').press('Enter');
  await page.getByText('Run the same command again').waitFor({ timeout: 60_000 });
  assert.equal(await gone, 1);
  await heading(page, 'Chunks').waitFor(); // what is done stays to be seen
}

test('an ingest is followed chunk by chunk, put first, and cancelled by keys', followAnIngest, {
  timeoutMs: 400_000,
});

test('what the check found stands by the title, and leads to the place in the film', async () => {
  await page.goto(`${house.url}/operators/titles/primrose`);
  await link(page, 'What the check of the master found').press('Enter');
  await heading(page, 'Check of Primrose').waitFor();
  await page.getByRole('cell', { name: 'at most 5 s' }).waitFor();
  await picture(page, 'check');
  await link(page, /^Play at 00:00:12:00/).press('Enter');
  await page.waitForURL(/\/watch\/primrose\?t=12$/);
  await page.goto(`${house.url}/operators/reports/salt`);
  await page.getByRole('alert').getByText('ingested without a check').waitFor();
});

test('a series gets words, and its episodes another order', async () => {
  await page.goto(`${house.url}/operators/series`);
  await link(page, 'The Harbour').press('Enter');
  await heading(page, 'The Harbour').waitFor();
  await page.getByLabel('Genres, separated by commas').fill('drama, sea');
  await button(page, 'Save').press('Enter');
  await page.getByText('Saved.').waitFor();
  const storm = page.getByRole('group', { name: 'Storm' });
  await storm.getByLabel('Episode').fill('1');
  await page.getByRole('group', { name: 'Fog' }).getByLabel('Episode').fill('2');
  await picture(page, 'series-editor', { fullPage: true });
  await storm.getByLabel('Episode').press('Enter');
  await page.getByText('The order is saved.').waitFor();
  await link(page, 'As members see it').press('Enter');
  await link(page, /^1\. Storm/).waitFor();
  await link(page, /^2\. Fog/).waitFor();
  await page.goBack();
  await heading(page, 'The Harbour').waitFor();
  assert.equal(await page.getByLabel('Genres, separated by commas').inputValue(), 'drama, sea');
});

const PAGES = [
  { at: '/', ready: () => heading(page, 'All titles') },
  { at: '/search?q=harbour', ready: () => link(page, /^The Harbour/) },
  { at: `/series/${SERIES}`, ready: () => heading(page, 'Season 1') },
  { at: '/title/harbour-1', ready: () => button(page, 'I like this') },
  { at: '/person/iris', ready: () => heading(page, 'Íris Vale') },
  { at: '/operators/titles', ready: () => link(page, 'Salt') },
  { at: '/operators/titles/lamps', ready: () => heading(page, 'A Street of Lamps') },
  { at: '/operators/series', ready: () => link(page, 'The Harbour') },
  { at: `/operators/series/${SERIES}`, ready: () => page.getByRole('group', { name: 'Fog' }) },
  { at: '/operators/jobs', ready: () => link(page, /rehearsal/) },
  { at: '/operators/jobs/rehearsal', ready: () => heading(page, 'Chunks') },
  { at: '/operators/reports/primrose', ready: () => heading(page, 'Check of Primrose') },
];

test(
  'no violation and nothing cut off, in both themes, at 320 and 1280 px',
  async () => {
    for (const { at, ready } of PAGES) {
      await page.goto(house.url + at);
      await ready().first().waitFor();
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 720 });
        for (const colorScheme of ['dark', 'light']) {
          await page.emulateMedia({ colorScheme });
          const only = colorScheme === 'dark' ? undefined : COLOURS;
          assert.deepEqual(await pageFaults(page, only), [], `${at}, ${colorScheme}, ${width} px`);
        }
      }
    }
  },
  { timeoutMs: 300_000 },
);

test('in Arabic the pages stand the other way round, and nothing is cut off', async () => {
  const mine = await device({ locale: 'ar', viewport: { width: 390, height: 800 } });
  await mine.context().addCookies(await page.context().cookies());
  const kept = await page.evaluate(() => ({ ...localStorage })); // which profile it is
  await mine.addInitScript((all) => Object.assign(localStorage, all), kept);
  await mine.goto(`${house.url}/series/${SERIES}`);
  await heading(mine, 'الموسم 1').waitFor();
  assert.equal(await mine.evaluate(() => document.documentElement.dir), 'rtl');
  assert.equal(await overflow(mine), 0);
  await mine.goto(`${house.url}/title/lamps`);
  await heading(mine, 'شارع المصابيح').waitFor();
  assert.deepEqual(await pageFaults(mine), []);
  await mine.goto(`${house.url}/operators/jobs/rehearsal`);
  await heading(mine, 'الأجزاء').waitFor();
  assert.deepEqual(await pageFaults(mine), []);
  await mine.goto(`${house.url}/operators/reports/primrose`);
  await heading(mine, 'فحص Primrose').waitFor();
  assert.deepEqual(await pageFaults(mine), []);
  await mine.context().close();
});

test('no script error and no breach of the security policy in all of this', async () => {
  assert.deepEqual(faults, []);
});

const begun = Date.now();
await run({
  before: async () => {
    if (whyNoBrowser) return { skip: whyNoBrowser };
    house = await openOwnHouse((data) => {
      addTitles(data, TITLES, [series]);
      blacken(data);
    });
    browser = await openBrowser();
    return {};
  },
  after: async () => {
    await browser?.close();
    await house?.close();
    note(`${((Date.now() - begun) / 1000).toFixed(1)} s`);
  },
});
