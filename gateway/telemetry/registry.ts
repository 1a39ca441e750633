import type { MetricDefinition } from './definition.ts'
import { heading, sampleLine } from './prometheus-text.ts'
import { createCounter, createHistogram, type Counter, type Family, type Histogram } from './series.ts'

/** A value of a metric, with the values of its labels. */
export type Sample = readonly [labels: readonly string[], value: number]

/** What `/weir/metrics` shows. Each part of the gateway registers what it counts, once, when it is opened. */
export interface MetricRegistry {
  counter (definition: MetricDefinition): Counter
  histogram (definition: MetricDefinition): Histogram
  /** A metric without labels that is asked for when it is shown. */
  value (definition: MetricDefinition, read: () => number): void
  /** The same with labels. */
  values (definition: MetricDefinition, read: () => readonly Sample[]): void
  /** Prometheus text format, in the order of registration. */
  text (): string
}

export function createMetricRegistry (): MetricRegistry {
  const families: Family[] = []
  function keep<Kept extends Family> (family: Kept): Kept {
    families.push(family)
    return family
  }
  function values (definition: MetricDefinition, read: () => readonly Sample[]): void {
    keep({ definition, lines: () => read().map(([labels, value]) => sampleLine(definition.name, definition.labels, labels, value)).join('') })
  }
  return {
    counter: (definition) => keep(createCounter(definition)),
    histogram: (definition) => keep(createHistogram(definition)),
    value: (definition, read) => values(definition, () => [[[], read()]]),
    values,
    text: () => families.map((family) => `${heading(family.definition)}${family.lines()}`).join(''),
  }
}
