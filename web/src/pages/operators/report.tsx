// SPDX-License-Identifier: Apache-2.0
//
// What the check of a master found, for a person: the worst first, with the places in the film.
import {
  type CheckedRule,
  type Finding,
  type Ingest,
  type Report,
  type Verdict,
  getReport,
} from '../../console';
import { useLoad } from '../../load';
import { Link, usePage, watchPath } from '../../router';
import { Icon, type IconName } from '../../ui/icon';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { Heading, Ready } from './parts';

const w = words.report;

const ICONS: Record<Verdict, IconName> = {
  pass: 'check',
  warn: 'warning',
  fail: 'close',
  off: 'info',
};

function VerdictMark({ verdict }: { verdict: Verdict }) {
  return (
    <span class={`verdict verdict-${verdict}`}>
      <Icon name={ICONS[verdict]} />
      {w.verdicts[verdict]}
    </span>
  );
}

const reportPath = (id: string, version: string) =>
  `/operators/reports/${encodeURIComponent(id)}${version ? `?version=${encodeURIComponent(version)}` : ''}`;

// The verdict of an ingest's check, which leads to the report; nothing before it was checked.
export function VerdictLink({ ingest }: { ingest: Ingest }) {
  if (ingest.check === '') return <span class="faint">–</span>;
  return (
    <Link class="verdict-link" href={reportPath(ingest.id, ingest.version)}>
      <VerdictMark verdict={ingest.check} />
      <span class="visually-hidden">: {words.jobs.report}</span>
    </Link>
  );
}

const number = (value: number, unit: string) => `${value}${unit ? ` ${unit}` : ''}`;

function limitsOf({ min, max, unit }: CheckedRule): string {
  if (min !== null && max !== null) return w.between(String(min), number(max, unit));
  if (max !== null) return w.atMost(number(max, unit));
  return min !== null ? w.atLeast(number(min, unit)) : '';
}

// Where it is: in a published title a way to see it.
function Place({ finding, report }: { finding: Finding; report: Report }) {
  if (finding.start === undefined) return null;
  const text = finding.end === finding.start ? finding.start : `${finding.start} – ${finding.end}`;
  if (!report.is_published)
    return (
      <bdi class="timecode" dir="ltr">
        {text}
      </bdi>
    );
  return (
    <Link
      class="timecode"
      href={watchPath(report.title_id, finding.start_ms)}
      aria-label={w.playAt(text)}
    >
      <bdi dir="ltr">{text}</bdi>
    </Link>
  );
}

const WORST: Verdict[] = ['fail', 'warn', 'pass', 'off'];
const byVerdict = (a: { verdict: Verdict }, b: { verdict: Verdict }) =>
  WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict);

function Findings({ report }: { report: Report }) {
  const findings = [...report.report.findings].sort(byVerdict);
  return (
    <section class="jobs-part" aria-labelledby="findings">
      <h2 id="findings">{w.findings}</h2>
      {findings.length === 0 && <p>{w.nothing}</p>}
      {findings.length > 0 && (
        <Table
          caption={w.findings}
          isQuiet
          columns={[w.rule, w.verdict, w.when, w.what, w.where]}
          empty={w.nothing}
          rows={findings.map((finding, index) => ({
            key: String(index),
            cells: [
              w.names[finding.rule] ?? finding.rule,
              <VerdictMark verdict={finding.verdict} />,
              <Place finding={finding} report={report} />,
              <span lang="en" dir="ltr">
                {finding.sentence}
              </span>,
              <bdi lang="en">{finding.where}</bdi>,
            ],
          }))}
        />
      )}
    </section>
  );
}

function Rules({ rules }: { rules: CheckedRule[] }) {
  return (
    <section class="jobs-part" aria-labelledby="rules">
      <h2 id="rules">{w.rules}</h2>
      <Table
        caption={w.rules}
        isQuiet
        columns={[w.rule, w.verdict, w.limits, w.what]}
        empty={words.operators.none}
        rows={[...rules].sort(byVerdict).map((rule) => ({
          key: rule.rule,
          isFaint: rule.verdict === 'off',
          cells: [
            w.names[rule.rule] ?? rule.rule,
            <VerdictMark verdict={rule.verdict} />,
            <bdi>{limitsOf(rule)}</bdi>,
            <span lang="en" dir="ltr">
              {rule.asks}
            </span>,
          ],
        }))}
      />
    </section>
  );
}

export function ReportPage({ id }: { id: string }) {
  const version = new URLSearchParams(location.search).get('version') ?? '';
  const [loaded, retry] = useLoad(`report/${id}/${version}`, (signal) =>
    getReport(id, version, signal),
  );
  const name = (loaded.state === 'ready' && loaded.value.title) || id;
  usePage(loaded.state === 'ready' ? w.page(name) : null);
  return (
    <>
      {version === '' ? (
        <Link href={`/operators/titles/${encodeURIComponent(id)}`}>{w.back}</Link>
      ) : (
        <Link href={`/operators/jobs/${encodeURIComponent(id)}`}>{w.back}</Link>
      )}
      <Ready loaded={loaded} retry={retry}>
        {(report) => (
          <>
            <Heading text={w.page(name)}>
              <VerdictMark verdict={report.report.verdict} />
            </Heading>
            <p class="faint">{w.by(report.report.rules_name, report.version)}</p>
            {!report.is_published && <p>{w.other}</p>}
            <Findings report={report} />
            <Rules rules={report.report.rules} />
          </>
        )}
      </Ready>
    </>
  );
}
