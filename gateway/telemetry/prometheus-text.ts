import type { MetricDefinition } from './definition.ts'

/** The lines that introduce a metric in Prometheus' text format 0.0.4. */
export function heading ({ name, help, type }: MetricDefinition): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}

export function sampleLine (name: string, labels: readonly string[], values: readonly string[], value: number): string {
  const pairs = labels.map((label, place) => `${label}="${escaped(values[place] ?? '')}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

/** @param cell how many values fell into each bucket, the one without a bound last, and their sum */
export function histogramLines (definition: MetricDefinition, values: readonly string[], cell: { readonly counts: readonly number[], readonly sum: number }): string {
  const { name, labels, buckets } = definition
  let below = 0
  const lines = cell.counts.map((count, place) => {
    below += count
    return sampleLine(`${name}_bucket`, [...labels, 'le'], [...values, place < buckets.length ? String(buckets[place]) : '+Inf'], below)
  })
  return `${lines.join('')}${sampleLine(`${name}_sum`, labels, values, cell.sum)}${sampleLine(`${name}_count`, labels, values, below)}`
}

// A configured name may hold what ends a label value.
function escaped (value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
