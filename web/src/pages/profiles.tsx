// SPDX-License-Identifier: Apache-2.0
//
// Who is watching: the people of the household, each with an own history, age and languages.
import { useState } from 'preact/hooks';

import {
  AGES,
  CHILD_AGE_MAX,
  type Me,
  PROFILES_MAX,
  type Profile,
  addProfile,
  chooseProfile,
  editProfile,
  getMe,
  removeProfile,
} from '../household';
import { useLoad } from '../load';
import { Link, usePage } from '../router';
import { actAs, destination } from '../standing';
import { Avatar } from '../ui/avatar';
import { Complaint, Dialog, Field, Select, Submit, Tick, useSubmit } from '../ui/form';
import { Icon } from '../ui/icon';
import { Failed, Loading } from '../ui/states';
import { LANGUAGES, words } from '../words';

const PIN = '[0-9]{4,8}';
const w = words.profiles;

async function become(profile: Profile, pin: string) {
  await chooseProfile(profile.id, pin);
  actAs(profile, destination());
}

function PinDialog({ profile, close }: { profile: Profile; close: () => void }) {
  const { isBusy, problem, submit } = useSubmit(({ pin }) => become(profile, pin!));
  return (
    <Dialog heading={w.pinOf(profile.name)} close={close}>
      <form class="form" onSubmit={submit}>
        <Complaint
          problem={problem}
          sentences={{ 'pin-needed': w.pinWrong, exhausted: words.form.tooManyTries }}
        />
        <Field
          name="pin"
          label={w.pin}
          type="password"
          inputMode="numeric"
          pattern={PIN}
          isFirst
          isCode
        />
        <div class="actions">
          <Submit label={w.open} isBusy={isBusy} />
          <button class="button" type="button" onClick={close}>
            {words.form.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function bodyOf(values: Record<string, string>) {
  return {
    name: values.name,
    is_child: values.is_child === 'on',
    maturity_age: Number(values.maturity_age),
    language: values.language,
    wants_description: values.wants_description === 'on',
    hides_history: values.hides_history === 'on',
    ...(values.no_pin === 'on' ? { pin: '' } : values.pin ? { pin: values.pin } : {}),
  };
}

interface EditorProps {
  profile: Profile | null; // null: a new one
  isLast: boolean;
  close: () => void;
  done: () => void;
}

function Remove({
  profile,
  isLast,
  done,
}: {
  profile: Profile;
  isLast: boolean;
  done: () => void;
}) {
  const { isBusy, problem, submit } = useSubmit(async () => {
    await removeProfile(profile.id);
    done();
  });
  if (isLast) return <p class="faint small">{w.last}</p>;
  return (
    <form class="danger" onSubmit={submit}>
      <Complaint problem={problem} />
      <p class="faint small">{w.removeText(profile.name)}</p>
      <button class="button button-danger" type="submit" aria-disabled={isBusy}>
        {words.form.remove}
      </button>
    </form>
  );
}

function Editor({ profile, isLast, close, done }: EditorProps) {
  const [isChild, setIsChild] = useState(profile?.is_child ?? false);
  const { isBusy, problem, submit } = useSubmit(async (values) => {
    if (profile) await editProfile(profile.id, bodyOf(values));
    else await addProfile(bodyOf(values));
    done();
  });
  const ages = isChild ? AGES.filter((age) => age <= CHILD_AGE_MAX) : AGES;
  const kept = profile?.maturity_age ?? 18;
  const age = isChild && kept > CHILD_AGE_MAX ? 7 : kept;
  const choices = [...new Set([...ages, age])].sort((a, b) => a - b);
  return (
    <Dialog heading={profile ? w.edit(profile.name) : w.addHeading} close={close}>
      <form class="form" onSubmit={submit}>
        <Complaint problem={problem} />
        <Field
          name="name"
          label={words.form.name}
          value={profile?.name ?? ''}
          maxLength={40}
          problem={problem}
          isFirst
        />
        <Tick
          name="is_child"
          label={w.isChild}
          hint={w.isChildHint}
          isOn={isChild}
          onChange={setIsChild}
        />
        <Select
          key={String(isChild)}
          name="maturity_age"
          label={w.maturity}
          value={String(age)}
          options={choices.map((one) => [String(one), w.age(one)])}
        />
        <Field
          name="pin"
          label={w.pin}
          hint={profile?.has_pin ? w.pinKeep : w.pinHint}
          type="password"
          inputMode="numeric"
          pattern={PIN}
          autocomplete="new-password"
          problem={problem}
          isOptional
          isCode
        />
        {profile?.has_pin && <Tick name="no_pin" label={w.pinRemove} />}
        <Select
          name="language"
          label={w.language}
          value={profile?.language ?? ''}
          options={[['', w.automatic], ...Object.entries(LANGUAGES)]}
        />
        <Tick
          name="wants_description"
          label={w.description}
          isOn={profile?.wants_description ?? false}
        />
        <Tick name="hides_history" label={w.hidesHistory} isOn={profile?.hides_history ?? false} />
        <div class="actions">
          <Submit label={words.form.save} isBusy={isBusy} />
          <button class="button" type="button" onClick={close}>
            {words.form.cancel}
          </button>
        </div>
      </form>
      {profile && <Remove profile={profile} isLast={isLast} done={done} />}
    </Dialog>
  );
}

function Face({
  profile,
  isEditing,
  press,
}: {
  profile: Profile;
  isEditing: boolean;
  press: () => void;
}) {
  const label = isEditing ? w.edit(profile.name) : w.choose(profile.name);
  return (
    <li>
      <button class="face" type="button" onClick={press} aria-label={label}>
        <span class="face-picture">
          <Avatar id={profile.id} name={profile.name} />
          {isEditing && (
            <span class="face-mark">
              <Icon name="edit" />
            </span>
          )}
        </span>
        <span class="face-name">
          {profile.name}
          {profile.has_pin && <Icon name="lock" />}
        </span>
      </button>
      {profile.is_child && <span class="faint small">{words.nav.children}</span>}
    </li>
  );
}

type Open = { what: 'pin' | 'edit'; profile: Profile } | { what: 'add' } | null;

function Faces({ me, reload }: { me: Me; reload: () => void }) {
  const [isEditing, setIsEditing] = useState(false);
  const [open, setOpen] = useState<Open>(null);
  const [problem, setProblem] = useState<Parameters<typeof Complaint>[0]['problem']>(null);
  const isChild = me.profiles.find(({ id }) => id === me.profile_id)?.is_child ?? false;
  const close = () => setOpen(null);
  const done = () => (close(), reload());
  const press = (profile: Profile) => {
    if (isEditing) return setOpen({ what: 'edit', profile });
    if (profile.has_pin) return setOpen({ what: 'pin', profile });
    become(profile, '').catch(setProblem);
  };
  return (
    <>
      <Complaint problem={problem} />
      <ul class="faces">
        {me.profiles.map((profile) => (
          <Face
            key={profile.id}
            profile={profile}
            isEditing={isEditing}
            press={() => press(profile)}
          />
        ))}
        {!isChild && me.profiles.length < PROFILES_MAX && (
          <li>
            <button class="face" type="button" onClick={() => setOpen({ what: 'add' })}>
              <span class="face-picture">
                <span class="avatar avatar-add">
                  <Icon name="plus" />
                </span>
              </span>
              <span class="face-name">{w.add}</span>
            </button>
          </li>
        )}
      </ul>
      {!isChild && (
        <button
          class={isEditing ? 'button button-accent' : 'button'}
          type="button"
          onClick={() => setIsEditing(!isEditing)}
        >
          {isEditing ? w.done : words.nav.manage}
        </button>
      )}
      {open?.what === 'pin' && <PinDialog profile={open.profile} close={close} />}
      {open && open.what !== 'pin' && (
        <Editor
          profile={open.what === 'edit' ? open.profile : null}
          isLast={me.profiles.length === 1}
          close={close}
          done={done}
        />
      )}
    </>
  );
}

// The guest of an open house is one person: there is nothing to choose.
function Nobody() {
  return (
    <Link class="button button-accent" href="/">
      {words.missing.home}
    </Link>
  );
}

export function Profiles() {
  const [loaded, retry] = useLoad('me', () => getMe());
  usePage(w.page);
  if (loaded.state === 'loading') return <Loading />;
  if (loaded.state === 'failed') return <Failed problem={loaded.problem} retry={retry} />;
  const me = loaded.value;
  return (
    <div class="who">
      <h1 data-arrive tabIndex={-1}>
        {w.heading}
      </h1>
      {me.member.role === 'guest' ? <Nobody /> : <Faces me={me} reload={retry} />}
    </div>
  );
}
