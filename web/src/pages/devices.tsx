// SPDX-License-Identifier: Apache-2.0
//
// Where the member is signed in.
import { useState } from 'preact/hooks';

import { type Problem } from '../api';
import { ago } from '../format';
import { type Device, endDevice, getDevices } from '../household';
import { asProblem, useLoad } from '../load';
import { usePage } from '../router';
import { Complaint, Said } from '../ui/form';
import { leave } from '../ui/header';
import { Failed, Loading } from '../ui/states';
import { words } from '../words';

const w = words.devices;

export function DeviceRow({ device, end }: { device: Device; end: () => void }) {
  return (
    <li class="row">
      <span class="row-text">
        <span class="row-name">
          <bdi>{device.name}</bdi>
          {device.is_current && <span class="tag">{w.current}</span>}
        </span>
        <span class="faint small">
          {w.seen(ago(device.seen_at))} · {w.since(ago(device.signed_in_at))}
        </span>
      </span>
      <button class="button" type="button" onClick={end} aria-label={w.endNamed(device.name)}>
        {w.end}
      </button>
    </li>
  );
}

export function DeviceList(props: {
  devices: Device[];
  end: (device: Device) => Promise<unknown>;
  reload: () => void;
}) {
  const [said, setSaid] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const end = async (device: Device) => {
    try {
      await props.end(device);
      setSaid(w.ended(device.name));
      props.reload();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      <Complaint problem={problem} />
      <Said text={said} />
      <ul class="rows">
        {props.devices.map((device) => (
          <DeviceRow key={device.id} device={device} end={() => end(device)} />
        ))}
      </ul>
    </>
  );
}

export function Devices() {
  const [loaded, retry] = useLoad('devices', getDevices);
  usePage(w.page);
  return (
    <div class="sheet">
      <h1 data-arrive tabIndex={-1}>
        {w.heading}
      </h1>
      <p class="soft">{w.text}</p>
      {loaded.state === 'loading' && <Loading />}
      {loaded.state === 'failed' && <Failed problem={loaded.problem} retry={retry} />}
      {loaded.state === 'ready' && (
        <DeviceList
          devices={loaded.value.items}
          end={(device) => (device.is_current ? leave() : endDevice(device.id))}
          reload={retry}
        />
      )}
    </div>
  );
}
