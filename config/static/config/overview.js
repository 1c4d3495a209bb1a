// The overview of operations: asks for the figures every two seconds, and draws them.
'use strict';

const page = document.getElementById('overview');
const PAUSE_MS = 2000;

function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

function put(id, ...content) {
  document.getElementById(id).replaceChildren(...content);
}

function seconds(value) {
  if (value === null || value === undefined) return '–';
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 120) return `${Math.round(value)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  return `${Math.round(value / 3600)} h`;
}

function number(value) {
  return value === null ? '–' : value.toLocaleString('en');
}

function tile(name, value, note, bad, to) {
  const what = to ? element('a', { href: to }, name) : name;
  return element('div', { class: bad ? 'malgil-tile malgil-bad' : 'malgil-tile' },
    element('div', { class: 'malgil-name' }, what),
    element('div', { class: 'malgil-value' }, value),
    element('div', { class: 'malgil-note' }, note));
}

function tiles(now) {
  const { queue, times, ended, failures } = now;
  const replies = page.dataset.replies;
  const lastFive = ended.slice(-6, -1);
  const perMinute = lastFive.reduce((sum, minute) => sum + minute.completed, 0) / 5;
  const failed = failures.reduce((sum, failure) => sum + failure.count, 0);
  put('overview-tiles',
    tile('Waiting', number(queue.waiting), `of at most ${number(queue.bound)}; ${number(queue.retrying)} wait to be tried again`,
      queue.waiting > queue.bound / 2, `${replies}?status=queued`),
    tile('Oldest waits', seconds(queue.oldest_seconds), 'for a worker', queue.oldest_seconds > 10),
    tile('In progress', number(queue.running), `the longest for ${seconds(queue.longest_seconds)}`, false,
      `${replies}?status=in_progress`),
    tile('Completed per minute', perMinute.toFixed(1), 'over the last 5 whole minutes', false),
    tile('Wait for a worker', seconds(times.wait_median), `median of 10 minutes; 95 % within ${seconds(times.wait_p95)}`, times.wait_p95 > 10),
    tile('First token', seconds(firstToken(now.workers)), 'after the accept; median of 10 minutes, of the slowest worker', false),
    tile('Whole answer', seconds(times.total_median), `median of 10 minutes; 95 % within ${seconds(times.total_p95)}`, false),
    tile('Failed in the last hour', number(failed), 'by code below', failed > 0, `${replies}?status=failed&accepted=hour`),
    tile('Members watching', number(now.watching), 'with a socket or an event stream', now.watching === null));
}

function firstToken(workers) {
  const known = workers.map((worker) => worker.first_token_seconds).filter((value) => value !== null && value !== undefined);
  return known.length ? Math.max(...known) : null;
}

function checks(found) {
  put('overview-checks', ...found.map((check) => element('li', { class: check.ok ? 'malgil-good' : 'malgil-bad' },
    element('strong', {}, `${check.ok ? '✓' : '✗'} ${check.name}`), ` ${check.says}`)));
}

function bars(ended) {
  const most = Math.max(1, ...ended.map((minute) => minute.completed + minute.failed + minute.cancelled));
  put('overview-bars', ...ended.map((minute) => {
    const parts = ['cancelled', 'failed', 'completed'].map((name) => {
      const part = element('div', { class: `malgil-bar malgil-${name}` });
      part.style.height = `${(100 * minute[name]) / most}%`;
      return part;
    });
    const says = `${minute.completed} completed, ${minute.failed} failed, ${minute.cancelled} cancelled`;
    const total = minute.completed + minute.failed + minute.cancelled;
    return element('div', { class: 'malgil-minute', title: says },
      element('div', { class: 'malgil-stack' }, ...parts), element('small', {}, number(total)));
  }));
}

function table(head, rows, none) {
  if (!rows.length) return element('p', { class: 'help' }, none);
  const cells = (kind, row) => element('tr', {}, ...row.map((cell) => element(kind, {}, cell)));
  return element('table', {}, element('thead', {}, cells('th', head)),
    element('tbody', {}, ...rows.map((row) => cells('td', row))));
}

function failures(found) {
  const link = (code) => element('a', { href: `${page.dataset.replies}?code=${encodeURIComponent(code)}&accepted=day` }, code);
  put('overview-failures', table(['code', 'replies'],
    found.map((failure) => [link(failure.code), number(failure.count)]), 'None.'));
}

function workers(found, lease) {
  const rows = found.map((worker) => [
    `${worker.host}:${worker.pid}`,
    element('span', { class: worker.beat_seconds > lease ? 'malgil-bad' : 'malgil-good' }, `${seconds(worker.beat_seconds)} ago`),
    element('a', { href: `${page.dataset.replies}?worker=${worker.id}` }, number(worker.in_flight)),
    seconds(worker.first_token_seconds),
    worker.model,
    seconds(worker.up_seconds),
  ]);
  put('overview-workers', table(['worker', 'heartbeat', 'in flight', 'first token', 'model', 'up'], rows,
    'No worker runs: accepted requests wait.'));
}

function draw(now) {
  tiles(now);
  checks(now.checks);
  bars(now.ended);
  failures(now.failures);
  workers(now.workers, now.lease_seconds);
  const when = new Date(now.queue.now);
  put('overview-when', `As of ${when.toLocaleTimeString()}, renewed every 2 s.`);
  page.classList.remove('malgil-stale');
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(page.dataset.figures, { redirect: 'manual', cache: 'no-store' });
    if (answer.type === 'opaqueredirect') { location.reload(); return; }
    if (!answer.ok) throw new Error(`the server answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
    draw(await answer.json());
  } catch (error) {
    page.classList.add('malgil-stale');
    put('overview-when', `These figures are old: ${error.message}`);
  }
}

async function go() {
  await look();
  setTimeout(go, PAUSE_MS);
}

document.addEventListener('visibilitychange', () => { if (!document.hidden) look(); });
go();
