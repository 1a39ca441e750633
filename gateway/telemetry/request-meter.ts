import { METRICS } from './metrics-list.ts'
import type { MetricRegistry } from './registry.ts'

/** The planes that are asked over HTTP. */
export const HTTP_PLANES = ['client', 'model', 'api'] as const
export type HttpPlane = typeof HTTP_PLANES[number]

/** Counts a request that was answered. @param ms from its headers to the last byte of its answer */
export type RequestMeter = (plane: HttpPlane, status: number, ms: number) => void

export function createRequestMeter (registry: MetricRegistry): RequestMeter {
  const seconds = registry.histogram(METRICS.httpSeconds)
  return (plane, status, ms) => seconds.observe([plane, statusClass(status)], ms / 1_000)
}

/** Whose request a path is. */
export function planeOf (path: string): HttpPlane {
  if (!path.startsWith('/weir/')) return 'client'
  return path.startsWith('/weir/model/') ? 'model' : 'api'
}

function statusClass (status: number): string {
  if (status < 400) return status < 300 ? '2xx' : '3xx'
  return status < 500 ? '4xx' : '5xx'
}
