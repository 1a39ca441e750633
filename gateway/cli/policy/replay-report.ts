import type { ChangeGroup, Direction } from '../../policy/replay/changes.ts'
import type { ReplayReport } from '../../policy/replay/replay.ts'
import { printable } from '../entry-format.ts'

const SHOWN_ACTORS = 5
const LABELS: Readonly<Record<Direction, string>> = { looser: 'LOOSER', stricter: 'stricter', 'same-verdict': 'same verdict' }

/** A replay in words. Everything recorded came from a client or a model: control characters are written out. */
export function replayText (report: ReplayReport): string {
  const { replayed, changed, looser, stricter } = report
  return [
    `${counted(replayed, 'decision')} replayed against revision ${report.revision.slice(0, 12)}`,
    changed === 0 ? 'nothing would change' : `${count(changed)} would change: ${count(looser)} looser, ${count(stricter)} stricter, ${count(changed - looser - stricter)} with the same verdict by another rule`,
    ...report.groups.flatMap(groupLines),
    ...(report.ungrouped === 0 ? [] : [`${count(report.ungrouped)} more would change in other ways`]),
    ...(report.host === 0 ? [] : [`${counted(report.host, 'denial')} made before policy is asked; no policy changes them`]),
    ...report.unreplayable.map(({ problem, count: entries, first }) => `${count(entries)} could not be replayed: ${problem}${first === null ? '' : ` (first: entry ${first})`}`),
    '',
  ].join('\n')
}

function groupLines ({ from, to, direction, count: changes, actors, others, examples }: ChangeGroup): string[] {
  const shown = actors.slice(0, SHOWN_ACTORS)
  const rest = others + actors.slice(SHOWN_ACTORS).reduce((sum, actor) => sum + actor.count, 0)
  return [
    '',
    `${LABELS[direction]}: ${from.verdict} ${printable(from.rule)} -> ${to.verdict} ${printable(to.rule)}: ${counted(changes, 'decision')}`,
    `  by ${shown.map(({ actor, count: decisions }) => `${printable(actor)} (${count(decisions)})`).join(', ')}${rest === 0 ? '' : `, others (${count(rest)})`}`,
    ...examples.map((example) => `  entry ${example.index}  ${timeText(example.timeMs)}  ${printable(`${example.actor}  ${example.app}/${example.environment}  ${example.what}`)}`),
  ]
}

// A time of an export can be any number, also one that is no date.
function timeText (timeMs: number): string {
  const time = new Date(timeMs)
  return Number.isNaN(time.getTime()) ? String(timeMs) : time.toISOString()
}

function counted (value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

function count (value: number): string {
  return value.toLocaleString('en-US')
}
