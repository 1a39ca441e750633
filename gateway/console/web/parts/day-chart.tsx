import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import Chart, { type AlignedData } from 'uplot'

/** Values of each day, one series beside the other; `days` as `2026-11-20`, UTC, in order and without gaps. */
export interface DayChartProps {
  readonly days: readonly string[]
  readonly series: ReadonlyArray<{ readonly name: string, readonly values: readonly number[] }>
  readonly unit: string
  readonly label: string
}

const HEIGHT = 240
const BAR_SHARE = 0.7
const WIDEST_BAR = 48
const AXIS_WIDTH = 70
const HALF_DAY = 43_200 // seconds

/** Bars, one upon the other. What they say is in the table beside it too: a canvas tells a screen reader nothing. */
export function DayChart ({ days, series, unit, label }: DayChartProps): VNode {
  const place = useRef<HTMLDivElement>(null)
  const key = JSON.stringify([days, series, unit])
  useEffect(() => {
    const at = place.current
    if (at === null) return
    let chart = draw(at, { days, series, unit, label })
    const again = (): void => {
      chart.destroy()
      chart = draw(at, { days, series, unit, label })
    }
    const resized = new ResizeObserver(() => { chart.setSize({ width: at.clientWidth, height: HEIGHT }) })
    resized.observe(at)
    // Its colours are read when it is drawn.
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', again)
    return () => {
      scheme.removeEventListener('change', again)
      resized.disconnect()
      chart.destroy()
    }
  }, [key])
  return (
    <figure class='chart'>
      <div ref={place} role='img' aria-label={label} />
      <figcaption><ul class='legend'>{series.map(({ name }, index) => <li key={name}><svg viewBox='0 0 8 8' aria-hidden='true' class={`series-${index}`}><rect width='8' height='8' /></svg>{name}</li>)}</ul></figcaption>
    </figure>
  )
}

function draw (at: HTMLElement, { days, series, unit }: DayChartProps): Chart {
  const css = getComputedStyle(at)
  const colour = (name: string): string => resolved(at, css.getPropertyValue(name))
  const [quiet, line] = [colour('--quiet'), colour('--line')]
  const xs = days.map((day) => Date.parse(day) / 1_000)
  // Drawn from the whole down, each over the one before.
  const sums = series.map((_one, index) => days.map((_day, day) => series.slice(0, index + 1).reduce((sum, { values }) => sum + (values[day] ?? 0), 0)))
  const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } }
  const bars = Chart.paths.bars?.({ size: [BAR_SHARE, WIDEST_BAR] })
  const order = series.map((_one, index) => index).reverse()
  return new Chart({
    width: at.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => Chart.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { range: () => [(xs[0] ?? 0) - HALF_DAY, (xs.at(-1) ?? 0) + HALF_DAY] }, y: { range: (_chart, _min, max) => [0, max > 0 ? max * 1.05 : 1] } },
    axes: [{ ...axis, values: (_chart, splits) => splits.map((seconds) => new Date(seconds * 1_000).toISOString().slice(5, 10)), incrs: [1, 2, 5, 10, 30, 90].map((count) => count * 86_400) }, { ...axis, size: AXIS_WIDTH, label: unit, stroke: quiet }],
    series: [{}, ...order.map((index) => ({ label: series[index]?.name ?? '', fill: colour(`--series-${index}`), width: 0, points: { show: false }, ...(bars === undefined ? {} : { paths: bars }) }))],
  }, [xs, ...order.map((index) => sums[index] ?? [])] as AlignedData, at)
}

// A canvas knows no light-dark(): the browser is asked for what it makes of it.
function resolved (at: HTMLElement, value: string): string {
  const before = at.style.color
  at.style.color = value
  const found = getComputedStyle(at).color
  at.style.color = before
  return found
}
