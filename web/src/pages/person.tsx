// SPDX-License-Identifier: Apache-2.0
//
// A person, and what there is of him or her for this profile.
import { getPerson } from '../api';
import { useLoad } from '../load';
import { usePage } from '../router';
import { Failed, Loading } from '../ui/states';
import { Entries } from '../ui/title';
import { Missing } from './missing';

export function PersonPage({ id }: { id: string }) {
  const [loaded, retry] = useLoad(`person/${id}`, (signal) => getPerson(id, signal));
  usePage(loaded.state === 'ready' ? loaded.value.name : null);
  if (loaded.state === 'loading') return <Loading />;
  if (loaded.state === 'failed' && loaded.problem.status === 404) return <Missing />;
  if (loaded.state === 'failed') return <Failed problem={loaded.problem} retry={retry} />;
  return (
    <div class="person">
      <h1 class="display" data-arrive tabIndex={-1}>
        {loaded.value.name}
      </h1>
      <ul class="grid">
        <Entries entries={loaded.value.items} />
      </ul>
    </div>
  );
}
