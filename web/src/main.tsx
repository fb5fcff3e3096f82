// SPDX-License-Identifier: Apache-2.0
import './style/app.css';
import { type ComponentType, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { readText } from './memory';
import { Browse } from './pages/browse';
import { Missing } from './pages/missing';
import { PersonPage } from './pages/person';
import { SeriesPage } from './pages/series';
import { TitlePage } from './pages/title';
import { Watch } from './pages/watch';
import { listenToArrows } from './remote';
import { useRoute } from './router';
import { arrive } from './standing';
import { Header } from './ui/header';
import { Loading } from './ui/states';
import { language, words } from './words';

type OperatorsProps = { section: string; id: string | null };

// A page whose script comes when somebody wants it.
function later<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  return function Later(props: Props) {
    const [Page, setPage] = useState<ComponentType<Props> | null>(null);
    useEffect(() => {
      void load().then((page) => setPage(() => page));
    }, []);
    return Page ? <Page {...props} /> : <Loading />;
  };
}

const Operators = later<OperatorsProps>(() =>
  import('./pages/operators/all').then((all) => all.Operators),
);

const rest = () => import('./pages/rest');

const PAGES = {
  browse: Browse,
  account: later(() => rest().then(({ Account }) => Account)),
  claim: later(() => rest().then(({ Claim }) => Claim)),
  devices: later(() => rest().then(({ Devices }) => Devices)),
  downloads: later(() => import('./downloads/page').then(({ Downloads }) => Downloads)),
  profiles: later(() => rest().then(({ Profiles }) => Profiles)),
  search: later(() => rest().then(({ Search }) => Search)),
  'sign-in': later(() => rest().then(({ SignIn }) => SignIn)),
  missing: Missing,
};

function App() {
  const route = useRoute();
  if (route.page === 'watch')
    return <Watch key={route.id} id={route.id} startMs={route.startMs} isKept={route.isKept} />;
  const isBare = ['claim', 'profiles', 'sign-in'].includes(route.page);
  const Page = Object.hasOwn(PAGES, route.page) ? PAGES[route.page as keyof typeof PAGES] : null;
  return (
    <>
      <Header isBare={isBare} />
      <main id="main" tabIndex={-1}>
        {Page && <Page />}
        {route.page === 'title' && <TitlePage key={route.id} id={route.id} />}
        {route.page === 'series' && <SeriesPage key={route.id} id={route.id} />}
        {route.page === 'person' && <PersonPage key={route.id} id={route.id} />}
        {route.page === 'operators' && <Operators section={route.section} id={route.id} />}
      </main>
    </>
  );
}

document.documentElement.lang = language;
document.documentElement.dir = words.direction;
arrive();
// What was begun or removed without a network is told to the house.
if (readText('primrose.downloads')) void import('./downloads/fetch').then(({ sync }) => sync());
listenToArrows();
render(<App />, document.getElementById('app')!);
