// SPDX-License-Identifier: Apache-2.0
//
// Four ways to play a title on other people's players, behind one small face:
//   audio() -> [{language, isDescription}]    chooseAudio(index)
//   text() -> [language]                      chooseText(index)
const video = document.querySelector('video');

const script = (src) =>
  new Promise((resolve, reject) => {
    const element = document.createElement('script');
    element.src = src;
    element.onload = resolve;
    element.onerror = () => reject(new Error(`cannot load ${src}`));
    document.head.append(element);
  });

const short = (language) => language.split('-')[0];

async function openShaka(url, license, build = 'compiled') {
  await script(`/node_modules/shaka-player/dist/shaka-player.${build}.js`);
  const player = new shaka.Player();
  await player.attach(video);
  if (license) player.configure('drm.servers', { 'org.w3.clearkey': license });
  await player.load(url);
  const isDescription = ({ roles, accessibilityPurpose }) =>
    roles.includes('description') || accessibilityPurpose === 'visually impaired';
  return {
    audio: () =>
      player.getAudioTracks().map((track) => ({
        language: short(track.language),
        isDescription: isDescription(track),
      })),
    chooseAudio: (index) => player.selectAudioTrack(player.getAudioTracks()[index]),
    text: () => player.getTextTracks().map((track) => short(track.language)),
    chooseText: (index) => player.selectTextTrack(player.getTextTracks()[index]),
  };
}

async function openHlsJs(url, license, options = {}) {
  await script('/node_modules/hls.js/dist/hls.js');
  const drmSystems = { 'org.w3.clearkey': { licenseUrl: license } };
  const hls = new Hls(license ? { ...options, emeEnabled: true, drmSystems } : options);
  const parsed = new Promise((resolve, reject) => {
    hls.on(Hls.Events.MANIFEST_PARSED, resolve);
    hls.on(
      Hls.Events.ERROR,
      (_, data) => data.fatal && reject(new Error(`${data.type}: ${data.details}`)),
    );
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  await parsed;
  const isDescription = ({ characteristics }) =>
    (characteristics ?? '').includes('public.accessibility.describes-video');
  return {
    audio: () =>
      hls.allAudioTracks.map((track) => ({
        language: short(track.lang),
        isDescription: isDescription(track),
      })),
    chooseAudio: (index) => (hls.audioTrack = index),
    text: () => hls.allSubtitleTracks.map((track) => short(track.lang)),
    chooseText: (index) => {
      hls.subtitleTrack = index;
      hls.subtitleDisplay = true;
    },
  };
}

async function openDashJs(url, license) {
  await script('/node_modules/dashjs/dist/modern/umd/dash.all.debug.js');
  const player = dashjs.MediaPlayer().create();
  player.updateSettings({ debug: { logLevel: dashjs.Debug.LOG_LEVEL_ERROR } });
  const ready = new Promise((resolve, reject) => {
    player.on(dashjs.MediaPlayer.events.PLAYBACK_METADATA_LOADED, resolve);
    player.on(dashjs.MediaPlayer.events.ERROR, ({ error }) =>
      reject(new Error(error.message ?? String(error))),
    );
  });
  player.initialize(video, url, false);
  if (license) player.setProtectionData({ 'org.w3.clearkey': { serverURL: license } });
  await ready;
  const isDescription = ({ roles, accessibility }) =>
    [...roles, ...accessibility].some(
      ({ value, schemeIdUri }) =>
        value === 'description' || (/AudioPurposeCS/.test(schemeIdUri) && value === '1'),
    );
  return {
    audio: () =>
      player.getTracksFor('audio').map((track) => ({
        language: short(track.lang),
        isDescription: isDescription(track),
      })),
    chooseAudio: (index) => player.setCurrentTrack(player.getTracksFor('audio')[index]),
    text: () => player.getTracksFor('text').map((track) => short(track.lang)),
    chooseText: (index) => player.setTextTrack(index),
  };
}

// The build whose names are not shortened.
const openPlainShaka = (url, license) => openShaka(url, license, 'compiled.debug');

// Holds some seconds, where hls.js would hold a short film whole.
const openThriftyHlsJs = (url, license) =>
  openHlsJs(url, license, { maxBufferLength: 6, maxMaxBufferLength: 6 });

const kinds = {
  shaka: openShaka,
  'shaka, plain': openPlainShaka,
  'hls.js': openHlsJs,
  'hls.js, thrifty': openThriftyHlsJs,
  'dash.js': openDashJs,
};

// The words of the cues that the browser shows now.
window.shownWords = () =>
  [...video.textTracks]
    .filter(({ mode }) => mode === 'showing')
    .flatMap((track) => [...(track.activeCues ?? [])])
    .map((cue) => cue.text.replace(/<[^>]*>/g, ''))
    .join(' ');

// `license`: where ClearKey licences come from, or undefined.
window.openPlayer = async (kind, url, license) => {
  window.face = await kinds[kind](url, license);
  await video.play();
};
