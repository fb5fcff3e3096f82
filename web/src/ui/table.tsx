// SPDX-License-Identifier: Apache-2.0
//
// A table that is one where there is room, and a list of small cards where there is none: then each
// cell says its column's name. The roles are written out, for a browser forgets them with the layout.
import type { ComponentChildren } from 'preact';

export interface Row {
  key: string;
  cells: ComponentChildren[];
  isFaint?: boolean;
}

export function Table(props: {
  caption: string;
  isQuiet?: boolean; // the heading above says the same
  columns: string[];
  rows: Row[];
  empty: string;
}) {
  const { caption, columns, rows } = props;
  return (
    <table class="list" role="table">
      <caption class={props.isQuiet ? 'visually-hidden' : undefined}>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((name) => (
            <th key={name} role="columnheader" scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={row.key} role="row" class={row.isFaint ? 'list-faint' : undefined}>
            {row.cells.map((cell, index) => (
              <td key={columns[index]} role="cell" data-name={columns[index]}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
        {rows.length === 0 && (
          <tr role="row">
            <td role="cell" colSpan={columns.length} class="list-empty faint">
              {props.empty}
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
