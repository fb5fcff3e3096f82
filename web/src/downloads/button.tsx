// SPDX-License-Identifier: Apache-2.0
//
// On a title's page: keep it, see how far that is, or go to where it is kept.
import { useEffect, useState } from 'preact/hooks';

import { type Problem, type Title } from '../api';
import { asProblem } from '../load';
import { Link } from '../router';
import { Icon } from '../ui/icon';
import { words } from '../words';
import { begin, doneOf, isSupported, isUnderWay, mine, onChange } from './fetch';
import type { Kept } from './store';

const w = words.downloads;

export const percent = (kept: Kept) => Math.floor(doneOf(kept) * 100);

export function useKept(): Kept[] | null {
  const [kept, setKept] = useState<Kept[] | null>(null);
  useEffect(() => {
    let isGone = false;
    const read = () => void mine().then((all) => isGone || setKept(all));
    read();
    const stop = onChange(read);
    return () => {
      isGone = true;
      stop();
    };
  }, []);
  return kept;
}

export function DownloadButton({ title }: { title: Title }) {
  const all = useKept();
  const [isBegun, setIsBegun] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const kept = all?.find((one) => one.title.id === title.id && one.over === '');
  if (!isSupported() || all === null) return null;
  const start = () => {
    setIsBegun(true);
    setProblem(null);
    begin(title)
      .catch((error) => setProblem(asProblem(error)))
      .finally(() => setIsBegun(false));
  };
  if (kept)
    return (
      <Link class="button" href="/downloads">
        <Icon name={kept.isComplete ? 'check' : 'download'} />
        {kept.isComplete ? w.done : isUnderWay(kept.id) ? w.doing(percent(kept)) : w.paused}
      </Link>
    );
  return (
    <>
      <button class="button" type="button" onClick={start} disabled={isBegun}>
        <Icon name="download" />
        {w.start}
      </button>
      {problem && (
        <p class="faint" role="alert">
          {w.reasons[problem.reason] ?? problem.message}
        </p>
      )}
    </>
  );
}
