// SPDX-License-Identifier: Apache-2.0
//
// Keys of machines. The text of one is shown when it is made, and never again.
import { useState } from 'preact/hooks';

import { type Key, type Role, getKeys, makeKey, revokeKey } from '../../console';
import { day } from '../../format';
import { useLoad } from '../../load';
import { usePage } from '../../router';
import { Complaint, Dialog, Field, Said, Select, Submit, useSubmit } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { Heading, Ready, roleOptions } from './parts';

const w = words.operators;

function Shown({ text }: { text: string }) {
  const [said, setSaid] = useState('');
  const copy = () => navigator.clipboard?.writeText(text).then(() => setSaid(w.copied));
  return (
    <>
      <p>{w.keyOnce}</p>
      <code class="command" dir="ltr">
        {text}
      </code>
      <div class="actions">
        {navigator.clipboard && (
          <button class="button button-accent" type="button" onClick={copy}>
            {w.copy}
          </button>
        )}
      </div>
      <Said text={said} />
    </>
  );
}

function KeyDialog({ close, made }: { close: () => void; made: () => void }) {
  const [text, setText] = useState<string | null>(null);
  const { isBusy, problem, submit } = useSubmit(async ({ name, role }) => {
    const { key } = await makeKey(name!, role as Role);
    setText(key);
    made();
  });
  return (
    <Dialog heading={w.addKey} close={close}>
      {text !== null ? (
        <Shown text={text} />
      ) : (
        <form class="form" onSubmit={submit}>
          <Complaint problem={problem} />
          <Field name="name" label={words.form.name} problem={problem} maxLength={60} isFirst />
          <Select
            name="role"
            label={w.role}
            value="editor"
            options={roleOptions(['editor', 'support', 'operator'])}
          />
          <Submit label={w.addKey} isBusy={isBusy} />
        </form>
      )}
      <button class="quiet-link" type="button" onClick={close}>
        {words.player.close}
      </button>
    </Dialog>
  );
}

export function Keys() {
  const [loaded, retry] = useLoad('keys', (signal) => getKeys(signal));
  const [isMaking, setIsMaking] = useState(false);
  const [said, setSaid] = useState('');
  usePage(w.keys);
  const revoke = (key: Key) =>
    revokeKey(key.id).then(() => {
      setSaid(w.keyRevoked(key.name));
      retry();
    }, retry);
  const button = (key: Key) => (
    <button class="button button-small" type="button" onClick={() => revoke(key)}>
      {w.keyRevoke}
      <span class="visually-hidden"> {key.name}</span>
    </button>
  );
  return (
    <>
      <Heading text={w.keys}>
        <button class="button button-accent" type="button" onClick={() => setIsMaking(true)}>
          <Icon name="plus" />
          {w.addKey}
        </button>
      </Heading>
      <Said text={said} />
      <Ready loaded={loaded} retry={retry}>
        {({ items }) => (
          <Table
            caption={w.keys}
            isQuiet
            columns={[words.form.name, w.role, w.made, w.actions]}
            empty={w.none}
            rows={items.map((key) => ({
              key: key.id,
              cells: [<bdi>{key.name}</bdi>, w.roles[key.role], day(key.created_at), button(key)],
            }))}
          />
        )}
      </Ready>
      {isMaking && <KeyDialog close={() => setIsMaking(false)} made={retry} />}
    </>
  );
}
