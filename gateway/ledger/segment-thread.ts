import { parentPort } from 'node:worker_threads'
import { createSegmentCheck } from './check-segment.ts'
import type { ThreadMessage } from './check-segments.ts'

const check = createSegmentCheck()
const say = (message: ThreadMessage): void => { parentPort?.postMessage(message) }

// An error ends the thread, and with it the check.
parentPort?.on('message', (path: string) => {
  say({ report: check(path, (more) => { say({ more }) }) })
})
