// SPDX-License-Identifier: Apache-2.0
//
// All members, and how a new one comes to be.
import { useState } from 'preact/hooks';

import { type Member, addMember, getMembers, getPlans } from '../../console';
import { day } from '../../format';
import { useLoad } from '../../load';
import { Link, usePage } from '../../router';
import { Complaint, Dialog, Field, Said, Select, Submit, useSubmit } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { Heading, More, Ready, roleOptions, usePages } from './parts';

const w = words.operators;

export function PlanSelect({ value }: { value: string }) {
  const [plans] = useLoad('plans', getPlans);
  const all = plans.state === 'ready' ? plans.value.items : [];
  const options: [string, string][] = all.map(({ id, name }) => [id, name]);
  if (!all.some(({ id }) => id === value)) options.unshift([value, value]);
  return <Select name="plan" label={w.plan} value={value} options={options} />;
}

export function TerritoryField({
  value,
  problem,
}: Pick<Parameters<typeof Field>[0], 'problem'> & {
  value: string;
}) {
  return (
    <Field
      name="territory"
      label={w.territory}
      value={value}
      pattern="[A-Za-z]{2}"
      maxLength={2}
      problem={problem ?? null}
      isOptional
    />
  );
}

function AddDialog({ close, done }: { close: () => void; done: (name: string) => void }) {
  const { isBusy, problem, submit } = useSubmit(async (values) => {
    const { login, name, password, role, plan, territory } = values;
    await addMember({
      login: login!.trim(),
      password,
      role,
      plan,
      ...(name ? { name } : {}),
      ...(territory ? { territory: territory.toUpperCase() } : {}),
    });
    done(name || login!);
  });
  return (
    <Dialog heading={w.addMember} close={close}>
      <form class="form" onSubmit={submit}>
        <Complaint problem={problem} sentences={{ conflict: w.loginTaken }} />
        <Field name="login" label={words.form.login} pattern="\S+" problem={problem} isFirst />
        <Field name="name" label={words.form.name} problem={problem} isOptional />
        <Field
          name="password"
          label={words.form.password}
          hint={words.form.passwordHint}
          type="password"
          autocomplete="new-password"
          minLength={8}
          problem={problem}
        />
        <Select name="role" label={w.role} value="member" options={roleOptions()} />
        <PlanSelect value="house" />
        <TerritoryField value="" problem={problem} />
        <div class="actions">
          <Submit label={w.addMember} isBusy={isBusy} />
          <button class="button" type="button" onClick={close}>
            {words.form.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const cellsOf = (member: Member) => [
  <Link href={`/operators/members/${member.id}`}>
    <bdi>{member.name}</bdi>
  </Link>,
  <bdi>{member.login}</bdi>,
  w.roles[member.role],
  <bdi>{member.plan}</bdi>,
  member.is_disabled ? w.disabled : w.active,
  day(member.created_at),
];

export function Members() {
  const { loaded, items, again, fetchMore } = usePages('members', getMembers);
  const [isAdding, setIsAdding] = useState(false);
  const [said, setSaid] = useState('');
  usePage(w.members);
  const done = (name: string) => {
    setIsAdding(false);
    setSaid(w.memberAdded(name));
    again();
  };
  const columns = [words.form.name, words.form.login, w.role, w.plan, w.state, w.since];
  return (
    <>
      <Heading text={w.members}>
        <button class="button button-accent" type="button" onClick={() => setIsAdding(true)}>
          <Icon name="plus" />
          {w.addMember}
        </button>
      </Heading>
      <Said text={said} />
      <Ready loaded={loaded} retry={again}>
        {() => (
          <Table
            caption={w.members}
            isQuiet
            columns={columns}
            empty={w.none}
            rows={items.map((member) => ({
              key: member.id,
              cells: cellsOf(member),
              isFaint: member.is_disabled,
            }))}
          />
        )}
      </Ready>
      <More fetchMore={fetchMore} />
      {isAdding && <AddDialog close={() => setIsAdding(false)} done={done} />}
    </>
  );
}
