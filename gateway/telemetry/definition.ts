/** What a metric is called, what it means and by what it is split: all that monitoring has to know of it. */
export interface MetricDefinition {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Label names. Their values come from closed lists or from the configuration, never from a request. */
  readonly labels: readonly string[]
  /** Upper bounds of a histogram's buckets, rising; the last one, infinity, is added. Empty for other types. */
  readonly buckets: readonly number[]
}

export function counter (name: string, help: string, labels: readonly string[] = []): MetricDefinition {
  return { name, type: 'counter', help, labels, buckets: [] }
}

export function gauge (name: string, help: string, labels: readonly string[] = []): MetricDefinition {
  return { name, type: 'gauge', help, labels, buckets: [] }
}

export function histogram (name: string, help: string, labels: readonly string[], buckets: readonly number[]): MetricDefinition {
  return { name, type: 'histogram', help, labels, buckets }
}
