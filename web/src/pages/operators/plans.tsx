// SPDX-License-Identifier: Apache-2.0
//
// Plans: what a member may do at once and how well.
import { useState } from 'preact/hooks';

import { getPlans, savePlan } from '../../console';
import { count } from '../../format';
import type { Plan } from '../../household';
import { useLoad } from '../../load';
import { usePage } from '../../router';
import { Complaint, Dialog, Field, Said, Select, Submit, Tick, useSubmit } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { Heading, Ready } from './parts';

const w = words.operators;
const a = words.account;

const NEW: Plan = {
  id: '',
  name: '',
  streams: 3,
  streams_per_title: 2,
  highest: 'uhd',
  downloads: 25,
  has_catalogue: true,
};

function PlanDialog(props: { plan: Plan; close: () => void; done: () => void }) {
  const { plan, close, done } = props;
  const isNew = plan.id === '';
  const { isBusy, problem, submit } = useSubmit(async (values) => {
    await savePlan(isNew ? values.id! : plan.id, {
      name: values.name,
      streams: Number(values.streams),
      streams_per_title: Number(values.streams_per_title),
      highest: values.highest,
      downloads: Number(values.downloads),
      has_catalogue: values.has_catalogue === 'on',
    });
    done();
  });
  const number = (name: 'streams' | 'streams_per_title' | 'downloads', label: string) => (
    <Field
      name={name}
      label={label}
      type="number"
      value={plan[name]}
      min={name === 'downloads' ? 0 : 1}
      max={name === 'downloads' ? 1000 : 100}
      problem={problem}
    />
  );
  return (
    <Dialog heading={isNew ? w.addPlan : w.planEdit(plan.name)} close={close}>
      <form class="form" onSubmit={submit}>
        <Complaint problem={problem} />
        {isNew && (
          <Field
            name="id"
            label={w.planId}
            hint={w.planIdHint}
            pattern="[a-z0-9\-]{1,31}"
            isFirst
            isCode
          />
        )}
        <Field
          name="name"
          label={words.form.name}
          value={plan.name}
          problem={problem}
          isFirst={!isNew}
        />
        {number('streams', a.streams)}
        {number('streams_per_title', a.perTitle)}
        <Select
          name="highest"
          label={a.highest}
          value={plan.highest}
          options={Object.entries(a.classes)}
        />
        {number('downloads', a.downloads)}
        <Tick name="has_catalogue" label={a.catalogue} isOn={plan.has_catalogue} />
        <div class="actions">
          <Submit label={words.form.save} isBusy={isBusy} />
          <button class="button" type="button" onClick={close}>
            {words.form.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function Plans() {
  const [loaded, retry] = useLoad('plans', getPlans);
  const [open, setOpen] = useState<Plan | null>(null);
  const [said, setSaid] = useState('');
  usePage(w.plans);
  const done = () => {
    setOpen(null);
    setSaid(words.form.saved);
    retry();
  };
  const edit = (plan: Plan) => (
    <button
      class="button button-small"
      type="button"
      aria-label={w.planEdit(plan.name)}
      onClick={() => setOpen(plan)}
    >
      {w.edit}
    </button>
  );
  return (
    <>
      <Heading text={w.plans}>
        <button class="button button-accent" type="button" onClick={() => setOpen(NEW)}>
          <Icon name="plus" />
          {w.addPlan}
        </button>
      </Heading>
      <Said text={said} />
      <Ready loaded={loaded} retry={retry}>
        {({ items }) => (
          <Table
            caption={w.plans}
            isQuiet
            columns={[words.form.name, w.planId, a.streams, a.highest, a.downloads, w.actions]}
            empty={w.none}
            rows={items.map((plan) => ({
              key: plan.id,
              cells: [
                <bdi>{plan.name}</bdi>,
                <bdi>{plan.id}</bdi>,
                count(plan.streams),
                a.classes[plan.highest],
                count(plan.downloads),
                edit(plan),
              ],
            }))}
          />
        )}
      </Ready>
      {open && <PlanDialog plan={open} close={() => setOpen(null)} done={done} />}
    </>
  );
}
