import type { MetricDefinition } from './definition.ts'
import { histogramLines, sampleLine } from './prometheus-text.ts'

/** One metric as it is counted here. */
export interface Family {
  readonly definition: MetricDefinition
  /** Its lines, without the heading; empty when there is nothing to say yet. */
  lines (): string
}

/** A counter that is added to. */
export interface Counter extends Family {
  /** @param values one for each label, in their order @param by at least 0; default 1 */
  add (values: readonly string[], by?: number): void
}

/** Counts values by size. */
export interface Histogram extends Family {
  observe (values: readonly string[], value: number): void
}

/** Most series of one metric. Labels are bounded by what they are made of; this bounds them when that fails. */
const MAX_SERIES = 2_000
const BEYOND = 'other'

export function createCounter (definition: MetricDefinition): Counter {
  const series = seriesOf(definition, () => ({ total: 0 }))
  return {
    definition,
    add (values, by = 1) { series.at(values).total += by },
    lines: () => series.map((labels, { total }) => sampleLine(definition.name, definition.labels, labels, total)),
  }
}

export function createHistogram (definition: MetricDefinition): Histogram {
  const { buckets } = definition
  const series = seriesOf(definition, () => ({ counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 }))
  return {
    definition,
    observe (values, value) {
      const cell = series.at(values)
      let place = 0
      while (place < buckets.length && value > (buckets[place] ?? Infinity)) place += 1
      cell.counts[place] = (cell.counts[place] ?? 0) + 1
      cell.sum += value
    },
    lines: () => series.map((labels, { counts, sum }) => histogramLines(definition, labels, { counts, sum })),
  }
}

interface Series<Cell> {
  at (values: readonly string[]): Cell
  map (line: (labels: readonly string[], cell: Cell) => string): string
}

function seriesOf<Cell> (definition: MetricDefinition, make: () => Cell): Series<Cell> {
  const cells = new Map<string, { readonly labels: readonly string[], readonly cell: Cell }>()
  const beyond = definition.labels.map(() => BEYOND)
  const unlabelled = definition.labels.length === 0 ? add([]) : null
  function add (labels: readonly string[]): Cell {
    const cell = make()
    cells.set(labels.join('\0'), { labels, cell })
    return cell
  }
  return {
    at (values) {
      if (unlabelled !== null) return unlabelled
      const known = cells.get(values.join('\0'))
      if (known !== undefined) return known.cell
      if (cells.size < MAX_SERIES) return add([...values])
      return cells.get(beyond.join('\0'))?.cell ?? add(beyond)
    },
    map: (line) => [...cells.values()].map(({ labels, cell }) => line(labels, cell)).join(''),
  }
}
