// SPDX-License-Identifier: Apache-2.0
import './style/app.css';
import { type ComponentType, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { readText } from './memory';
import { Account } from './pages/account';
import { Browse } from './pages/browse';
import { Devices } from './pages/devices';
import { Claim, SignIn } from './pages/entrance';
import { Missing } from './pages/missing';
import { Profiles } from './pages/profiles';
import { Search } from './pages/search';
import { TitlePage } from './pages/title';
import { Watch } from './pages/watch';
import { listenToArrows } from './remote';
import { useRoute } from './router';
import { arrive } from './standing';
import { Header } from './ui/header';
import { Loading } from './ui/states';
import { language, words } from './words';

// What is asked for when somebody comes there.
function Downloads() {
  const [Page, setPage] = useState<ComponentType | null>(null);
  useEffect(() => {
    void import('./downloads/page').then((page) => setPage(() => page.Downloads));
  }, []);
  return Page ? <Page /> : <Loading />;
}

type OperatorsProps = { section: string; id: string | null };

// Few need these pages: their script comes when somebody does.
function Operators(props: OperatorsProps) {
  const [Page, setPage] = useState<ComponentType<OperatorsProps> | null>(null);
  useEffect(() => {
    void import('./pages/operators/all').then((all) => setPage(() => all.Operators));
  }, []);
  return Page ? <Page {...props} /> : <Loading />;
}

const PAGES = {
  browse: Browse,
  account: Account,
  claim: Claim,
  devices: Devices,
  downloads: Downloads,
  profiles: Profiles,
  search: Search,
  'sign-in': SignIn,
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
