// SPDX-License-Identifier: Apache-2.0
//
// What a profile keeps of a title: on the list or not, liked or not. A press shows at once and is
// taken back when the house does not take it.
import { useEffect, useState } from 'preact/hooks';

import {
  dropFromList,
  dropOpinion,
  getOpinions,
  getWatchlist,
  keepInList,
  setOpinion,
} from '../api';
import { Icon, type IconName } from '../ui/icon';
import { words } from '../words';

type Opinion = 'up' | 'down' | null;

interface Kept {
  isListed: boolean;
  opinion: Opinion;
}

async function look(id: string, signal: AbortSignal): Promise<Kept> {
  const [list, opinions] = await Promise.all([getWatchlist(signal), getOpinions(signal)]);
  return {
    isListed: list.items.some((one) => one.title_id === id),
    opinion: opinions.items.find((one) => one.title_id === id)?.opinion ?? null,
  };
}

function Toggle(props: { name: string; icon: IconName; isOn: boolean; press: () => void }) {
  return (
    <button
      class="button button-round"
      type="button"
      aria-label={props.name}
      title={props.name}
      aria-pressed={props.isOn}
      onClick={props.press}
    >
      <Icon name={props.icon} />
    </button>
  );
}

export function Keeping({ id }: { id: string }) {
  const [kept, setKept] = useState<Kept | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    look(id, stop.signal).then(setKept, () => {}); // without a profile there is nothing to keep
    return () => stop.abort();
  }, [id]);
  if (!kept) return null;
  const become = (next: Kept, work: Promise<unknown>) => {
    setKept(next);
    work.catch(() => setKept(kept));
  };
  const think = (opinion: 'up' | 'down') => {
    const next = kept.opinion === opinion ? null : opinion;
    become({ ...kept, opinion: next }, next ? setOpinion(id, next) : dropOpinion(id));
  };
  const list = () =>
    become(
      { ...kept, isListed: !kept.isListed },
      kept.isListed ? dropFromList(id) : keepInList(id),
    );
  return (
    <div class="keeping">
      <Toggle
        name={words.title.keep}
        icon={kept.isListed ? 'check' : 'plus'}
        isOn={kept.isListed}
        press={list}
      />
      <Toggle
        name={words.title.like}
        icon="like"
        isOn={kept.opinion === 'up'}
        press={() => think('up')}
      />
      <Toggle
        name={words.title.dislike}
        icon="dislike"
        isOn={kept.opinion === 'down'}
        press={() => think('down')}
      />
    </div>
  );
}
