// SPDX-License-Identifier: Apache-2.0
//
// Which tile of which sheet shows a moment of the film.
import type { Storyboard } from '../api';
import type { Engine, Picture } from './engine';

export function tileAt(board: Storyboard, ms: number): Picture {
  const perSheet = board.columns * board.rows;
  const last = board.sheet_count * perSheet - 1;
  const tile = Math.min(Math.max(0, Math.floor(ms / board.tile_ms)), last);
  const within = tile % perSheet;
  return {
    url: board.url.replace('%d', String(Math.floor(tile / perSheet))),
    x: (within % board.columns) * board.tile_width,
    y: Math.floor(within / board.columns) * board.tile_height,
    width: board.tile_width,
    height: board.tile_height,
    sheetWidth: board.tile_width * board.columns,
    sheetHeight: board.tile_height * board.rows,
  };
}

export async function pictureAt(
  board: Storyboard | null,
  engine: Engine | null,
  ms: number,
): Promise<Picture | null> {
  if (board) return tileAt(board, ms);
  return engine ? engine.picture(ms) : null;
}
