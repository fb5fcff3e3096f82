// SPDX-License-Identifier: Apache-2.0
//
// What a member has: name, plan, rights; and the password.
import { useState } from 'preact/hooks';

import { count, day } from '../format';
import { type Plan, type Right, changePassword, getMe, getMyRights } from '../household';
import { useLoad } from '../load';
import { Link, titlePath, usePage } from '../router';
import { Complaint, Field, Said, Submit, useSubmit } from '../ui/form';
import { leave } from '../ui/header';
import { Failed, Loading } from '../ui/states';
import { Table } from '../ui/table';
import { words } from '../words';

const w = words.account;

function PlanCard({ plan }: { plan: Plan }) {
  const facts: [string, string][] = [
    [w.streams, `${count(plan.streams)} (${w.perTitle}: ${count(plan.streams_per_title)})`],
    [w.highest, w.classes[plan.highest]],
    [w.downloads, count(plan.downloads)],
    [w.catalogue, plan.has_catalogue ? w.included : w.bought],
  ];
  return (
    <section class="card-panel" aria-labelledby="plan">
      <h2 id="plan">
        {w.plan}: <bdi>{plan.name}</bdi>
      </h2>
      <dl class="pairs">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export const rightColumns = [w.title, w.kind, w.until];
export const rightCells = (right: Right) => [
  <Link href={titlePath(right.title_id)}>{right.title_id}</Link>,
  w.kinds[right.kind],
  right.ends_at ? day(right.ends_at) : w.always,
];

function Rights() {
  const [loaded] = useLoad('rights', getMyRights);
  if (loaded.state !== 'ready') return null;
  return (
    <section class="card-panel" aria-label={w.rights}>
      <Table
        caption={w.rights}
        empty={w.noRights}
        columns={rightColumns}
        rows={loaded.value.items.map((right) => ({ key: right.id, cells: rightCells(right) }))}
      />
    </section>
  );
}

function Password() {
  const [said, setSaid] = useState('');
  const { isBusy, problem, submit } = useSubmit(async ({ password, new_password }) => {
    setSaid('');
    await changePassword(password!, new_password!);
    setSaid(w.changed);
  });
  return (
    <section class="card-panel" aria-labelledby="password">
      <h2 id="password">{w.passwordHeading}</h2>
      <form class="form" key={said} onSubmit={submit}>
        <Complaint problem={problem} sentences={{ 'sign-in-refused': w.wrong }} />
        <Said text={said} />
        <Field name="password" label={w.present} type="password" autocomplete="current-password" />
        <Field
          name="new_password"
          label={w.next}
          hint={words.form.passwordHint}
          type="password"
          autocomplete="new-password"
          minLength={8}
          problem={problem}
        />
        <Submit label={w.change} isBusy={isBusy} />
      </form>
    </section>
  );
}

export function Account() {
  const [loaded, retry] = useLoad('me', () => getMe());
  usePage(w.page);
  if (loaded.state === 'loading') return <Loading />;
  if (loaded.state === 'failed') return <Failed problem={loaded.problem} retry={retry} />;
  const { member, plan } = loaded.value;
  const isMember = member.role !== 'guest';
  return (
    <div class="sheet">
      <h1 data-arrive tabIndex={-1}>
        {w.heading}
      </h1>
      <p class="soft">
        <bdi>{member.name}</bdi>
        {member.login && member.login !== member.name && <bdi> · {member.login}</bdi>}
      </p>
      <PlanCard plan={plan} />
      <Rights />
      {isMember && (
        <>
          <Password />
          <div class="actions">
            <Link class="button" href="/devices">
              {words.nav.devices}
            </Link>
            <Link class="button" href="/profiles">
              {words.nav.profiles}
            </Link>
            <button class="button" type="button" onClick={leave}>
              {words.nav.signOut}
            </button>
          </div>
        </>
      )}
    </div>
  );
}
