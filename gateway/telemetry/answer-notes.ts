import { METRICS } from './metrics-list.ts'
import type { MetricRegistry } from './registry.ts'

/** Counts what was not as usual about the answers of providers. The words come from a closed list, so they may be labels. */
export function countNotes (registry: Pick<MetricRegistry, 'counter'>): (notes: readonly string[]) => void {
  const counter = registry.counter(METRICS.modelAnswerNotes)
  return (notes) => {
    for (const note of notes) counter.add([note])
  }
}
