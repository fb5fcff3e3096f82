// SPDX-License-Identifier: Apache-2.0
import './style/app.css';
import { render } from 'preact';

import { Browse } from './pages/browse';
import { Missing } from './pages/missing';
import { QoePage } from './pages/qoe';
import { TitlePage } from './pages/title';
import { Watch } from './pages/watch';
import { Link, useRoute } from './router';
import { Flower } from './ui/icon';
import { language, words } from './words';

function Header() {
  return (
    <header class="top">
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <Link class="brand" href="/" aria-label={words.home}>
        <Flower />
        <span>{words.app}</span>
      </Link>
    </header>
  );
}

function App() {
  const route = useRoute();
  if (route.page === 'watch') return <Watch key={route.id} id={route.id} startMs={route.startMs} />;
  return (
    <>
      <Header />
      <main id="main" tabIndex={-1}>
        {route.page === 'browse' && <Browse />}
        {route.page === 'title' && <TitlePage key={route.id} id={route.id} />}
        {route.page === 'qoe' && <QoePage />}
        {route.page === 'missing' && <Missing />}
      </main>
    </>
  );
}

document.documentElement.lang = language;
render(<App />, document.getElementById('app')!);
