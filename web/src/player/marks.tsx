// SPDX-License-Identifier: Apache-2.0
//
// What is offered while an intro, a recap or the credits run: to skip them, or the next episode.
//
//     0 --- recap ---|--- intro ---|------------- film -------------|---- credits ---- end
//       [Skip recap]   [Skip intro]                                   [Next episode]
import type { Mark, TitleSummary } from '../api';
import { Link, watchPath } from '../router';
import { Icon } from '../ui/icon';
import { words } from '../words';
import type { Actions, Media } from './media';

const LEAST_MS = 1500; // less is over before one has pressed
const END_MS = 20_000; // without a mark of its own, the next episode is offered so long before the end

// The part that runs now and is worth skipping.
export const markAt = (marks: Mark[], nowMs: number): Mark | null =>
  marks.find((mark) => nowMs >= mark.start_ms && nowMs < mark.end_ms - LEAST_MS) ?? null;

export function isEnding(marks: Mark[], nowMs: number, durationMs: number): boolean {
  const credits = marks.find(({ kind }) => kind === 'credits');
  return durationMs > 0 && nowMs >= (credits?.start_ms ?? durationMs - END_MS);
}

export function Offers(props: {
  marks: Mark[];
  next: TitleSummary | null;
  media: Media;
  actions: Actions;
}) {
  const { marks, next, media, actions } = props;
  const mark = markAt(marks, media.nowMs);
  const w = words.player;
  if (next && isEnding(marks, media.nowMs, media.durationMs))
    return (
      <div class="offers">
        <Link class="button button-accent" href={watchPath(next.id, 0)}>
          <Icon name="next" />
          {w.nextEpisode}
          <span class="visually-hidden">: {next.title}</span>
        </Link>
      </div>
    );
  if (!mark || mark.kind === 'credits') return null;
  return (
    <div class="offers">
      <button class="button" type="button" onClick={() => actions.seekTo(mark.end_ms)}>
        <Icon name="next" />
        {mark.kind === 'intro' ? w.skipIntro : w.skipRecap}
      </button>
    </div>
  );
}
