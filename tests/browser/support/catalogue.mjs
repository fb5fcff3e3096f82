// SPDX-License-Identifier: Apache-2.0
//
// More titles than the demo film, made of it: the same files under other names, as an ingest would
// have left them in the tables.
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';

function sql(data, text) {
  const { status, stdout, stderr } = spawnSync('sqlite3', [path.join(data, 'primrose.db')], {
    input: text,
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  if (status !== 0) throw new Error(`sqlite3: ${stderr}`);
  return stdout;
}

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const item = (table, partition, sort, value) =>
  `INSERT OR REPLACE INTO item (tab, partition, sort, version, rank, expires_ms, value) VALUES ` +
  `(${[table, partition, sort].map(quoted).join(', ')}, 1, 0, 0, CAST(${quoted(value)} AS BLOB));`;

const digits = (number, count) => String(number).padStart(count, '0');

// Each of `changes` is what is different of a title: {id, title, place, marks, ...}.
export function addTitles(data, changes, series = []) {
  const film = JSON.parse(
    sql(data, "SELECT CAST(value AS TEXT) FROM item WHERE tab='title' AND partition='primrose';"),
  );
  const rows = [];
  for (const change of changes) {
    const title = { ...film, ...change };
    rows.push(
      item('title-list', 'all', title.id, ''),
      item('title', title.id, 'record', JSON.stringify(title)),
    );
    const { series: of, season, episode, extra_of } = change.place ?? {};
    if (of)
      rows.push(item('episode', of, `${digits(season, 4)}-${digits(episode, 5)}-${title.id}`, ''));
    if (extra_of) rows.push(item('extra', extra_of, title.id, ''));
    cpSync(
      path.join(data, 'blobs/titles/primrose', film.version),
      path.join(data, 'blobs/titles', title.id, film.version),
      { recursive: true },
    );
  }
  for (const one of series)
    rows.push(
      item('series-list', 'all', one.id, ''),
      item('series', one.id, 'record', JSON.stringify(one)),
    );
  sql(data, `BEGIN;\n${rows.join('\n')}\nCOMMIT;`);
}
