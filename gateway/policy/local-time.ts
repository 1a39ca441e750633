import { WEEKDAYS, type Circumstances } from '../core/circumstances.ts'

const MINUTE_MS = 60_000

type LocalTime = NonNullable<Circumstances['time']>

/**
 * The local weekday and minute of Unix milliseconds in an IANA time zone. Formatting takes 2 µs, so a minute is formatted
 * once; zones change their offset at whole minutes only.
 *
 * @throws RangeError when this machine knows no such zone
 */
export function createLocalTime (zone: string): (nowMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  let minute = Number.NaN
  let known: LocalTime | null = null
  return (nowMs) => {
    const current = Math.floor(nowMs / MINUTE_MS)
    if (known === null || current !== minute) {
      known = localTime(format, current * MINUTE_MS)
      minute = current
    }
    return known
  }
}

function localTime (format: Intl.DateTimeFormat, atMs: number): LocalTime {
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
  const name = parts.get('weekday')?.toLowerCase()
  const day = WEEKDAYS.find((known) => known === name)
  if (day === undefined) throw new RangeError('the day of the week could not be told')
  return Object.freeze({ day, clock: `${parts.get('hour') ?? ''}:${parts.get('minute') ?? ''}` })
}
