// SPDX-License-Identifier: Apache-2.0
import './style/app.css';
import { render } from 'preact';

render(<h1>Primrose</h1>, document.getElementById('app')!);
