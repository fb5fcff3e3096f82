// SPDX-License-Identifier: Apache-2.0
//
// One member: what he is, his rights and his devices. Every change says why, for the log.
import { useState } from 'preact/hooks';

import { getTitles } from '../../api';
import {
  type Member,
  editMember,
  endMemberDevice,
  getMember,
  getMemberDevices,
  getRights,
  grantRight,
  revokeRight,
} from '../../console';
import { useLoad } from '../../load';
import { Link, usePage } from '../../router';
import { Complaint, Field, Said, Select, Submit, useSubmit } from '../../ui/form';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { rightCells, rightColumns } from '../account';
import { DeviceList } from '../devices';
import { PlanSelect, TerritoryField } from './members';
import { Heading, Ready, roleOptions } from './parts';

const w = words.operators;

function Facts({ member, done }: { member: Member; done: () => void }) {
  const [said, setSaid] = useState('');
  const save = async (change: object, reason: string) => {
    setSaid('');
    await editMember(member.id, change, reason);
    setSaid(words.form.saved);
    done();
  };
  const { isBusy, problem, submit } = useSubmit(async (values) => {
    const { name, role, plan, territory, password, reason } = values;
    const change = {
      name,
      role,
      plan,
      ...(territory ? { territory: territory.toUpperCase() } : {}),
      ...(password ? { password } : {}),
    };
    await save(change, reason ?? '');
  });
  const state = useSubmit(({ reason }) => save({ is_disabled: !member.is_disabled }, reason ?? ''));
  return (
    <>
      <section class="card-panel" aria-label={w.details}>
        <form class="form" onSubmit={submit}>
          <Complaint problem={problem ?? state.problem} />
          <Said text={said} />
          <Field name="name" label={words.form.name} value={member.name} problem={problem} />
          <Select name="role" label={w.role} value={member.role} options={roleOptions()} />
          <PlanSelect value={member.plan} />
          <TerritoryField value={member.territory ?? ''} problem={problem} />
          <Field
            name="password"
            label={w.newPassword}
            type="password"
            autocomplete="new-password"
            minLength={8}
            problem={problem}
            isOptional
          />
          <Field name="reason" label={w.reason} maxLength={180} isOptional />
          <Submit label={words.form.save} isBusy={isBusy} />
        </form>
      </section>
      <section class="card-panel" aria-label={w.state}>
        {member.is_disabled && <p>{w.disabledText}</p>}
        <form class="form" onSubmit={state.submit}>
          <Field name="reason" label={w.reason} maxLength={180} isOptional />
          <button
            class={member.is_disabled ? 'button' : 'button button-danger'}
            type="submit"
            aria-disabled={state.isBusy}
          >
            {member.is_disabled ? w.enable : w.disable}
          </button>
        </form>
      </section>
    </>
  );
}

function Grant({ id, done }: { id: string; done: () => void }) {
  const [titles] = useLoad('titles', getTitles);
  const { isBusy, problem, submit } = useSubmit(async (values) => {
    const { title_id, kind, ends_at, reason } = values;
    const until = ends_at
      ? { ends_at: new Date(`${ends_at}T23:59:59`).toISOString().replace(/\.\d+/, '') }
      : {};
    await grantRight(id, { title_id, kind, ...until }, reason ?? '');
    done();
  });
  const all = titles.state === 'ready' ? titles.value.items : [];
  if (all.length === 0) return null;
  const kinds = Object.entries(words.account.kinds);
  return (
    <form class="form form-wide" onSubmit={submit}>
      <Complaint problem={problem} />
      <Select
        name="title_id"
        label={words.account.title}
        value={all[0]!.id}
        options={all.map(({ id: title, title: name }) => [title, name])}
      />
      <Select name="kind" label={words.account.kind} value="gift" options={kinds} />
      <Field name="ends_at" label={w.until} type="date" isOptional />
      <Field name="reason" label={w.reason} maxLength={180} isOptional />
      <Submit label={w.grant} isBusy={isBusy} />
    </form>
  );
}

function Rights({ id }: { id: string }) {
  const [loaded, retry] = useLoad(`member/${id}/rights`, (signal) => getRights(id, signal));
  const revoke = (right: string) => revokeRight(id, right).then(retry, retry);
  return (
    <section class="card-panel" aria-label={words.account.rights}>
      <Ready loaded={loaded} retry={retry}>
        {({ items }) => (
          <Table
            caption={words.account.rights}
            columns={[...rightColumns, w.actions]}
            empty={words.account.noRights}
            rows={items.map((right) => ({
              key: right.id,
              cells: [
                ...rightCells(right),
                <button
                  class="button button-small"
                  type="button"
                  aria-label={w.revokeNamed(right.title_id)}
                  onClick={() => revoke(right.id)}
                >
                  {w.revoke}
                </button>,
              ],
            }))}
          />
        )}
      </Ready>
      <Grant id={id} done={retry} />
    </section>
  );
}

function Devices({ id }: { id: string }) {
  const [loaded, retry] = useLoad(`member/${id}/devices`, (signal) => getMemberDevices(id, signal));
  return (
    <section class="card-panel" aria-labelledby="devices">
      <h2 id="devices">{w.devicesOf}</h2>
      <Ready loaded={loaded} retry={retry}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="faint">{w.none}</p>
          ) : (
            <DeviceList
              devices={items}
              end={(device) => endMemberDevice(id, device.id)}
              reload={retry}
            />
          )
        }
      </Ready>
    </section>
  );
}

export function MemberPage({ id }: { id: string }) {
  const [loaded, retry] = useLoad(`member/${id}`, (signal) => getMember(id, signal));
  usePage(loaded.state === 'ready' ? loaded.value.name : null);
  return (
    <Ready loaded={loaded} retry={retry}>
      {(member) => (
        <>
          <Link class="quiet-link" href="/operators/members">
            {w.back}
          </Link>
          <Heading text={<bdi>{member.name}</bdi>} />
          <div class="panels">
            <Facts member={member} done={retry} />
            <Rights id={id} />
            <Devices id={id} />
          </div>
        </>
      )}
    </Ready>
  );
}
