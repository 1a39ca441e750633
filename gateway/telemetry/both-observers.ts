import type { ModelObserver } from './model-observer.ts'

/** One observer of two. The first one's headers are not asked for. */
export function bothObservers (meters: ModelObserver, traces: ModelObserver): ModelObserver {
  return {
    begin (asked) {
      const one = meters.begin(asked)
      const other = traces.begin(asked)
      return {
        traceHeaders: other.traceHeaders,
        decided: other.decided,
        called: other.called,
        ended (end) {
          one.ended(end)
          other.ended(end)
        },
      }
    },
  }
}
