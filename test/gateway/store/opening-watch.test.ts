import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { createHangJudge, processorTimeMs, watchOpening } from '../../../gateway/store/opening-watch.ts'

const LIMITS = { stillMs: 60_000, workMs: 100, processorMs: 60_000 }

await t.test('a process that gets a little processor time now and then does not hang, however long it takes', (t) => {
  const hangs = createHangJudge(0, LIMITS)
  for (let minute = 1; minute <= 60; minute += 1) t.notOk(hangs(minute * 59_999, minute * 100))
  t.end()
})

await t.test('one that does nothing hangs, and so does one that works without an end', (t) => {
  const still = createHangJudge(0, LIMITS)
  t.notOk(still(30_000, 500))
  t.notOk(still(89_999, 599), 'less than a sign of work in 59,999 ms')
  t.ok(still(90_000, 599))
  t.notOk(createHangJudge(0, LIMITS)(1_000, 60_000))
  t.ok(createHangJudge(0, LIMITS)(1_000, 60_001))
  t.end()
})

await t.test('where nobody says what a process used, it has the time that one without a sign of work has', (t) => {
  const hangs = createHangJudge(1_000, LIMITS)
  t.notOk(hangs(60_999, null))
  t.ok(hangs(61_000, null))
  t.end()
})

await t.test('a running process that waits is found to hang, and one that is over has no processor time', async (t) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); console.log(1)'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const pid = child.pid ?? 0
  await new Promise<void>((resolve) => { watchOpening(pid, resolve, { stillMs: 50, workMs: 100_000, processorMs: 100_000, checkMs: 10 }) })
  if (process.platform === 'linux') t.ok((processorTimeMs(pid) ?? 0) > 0, 'starting Node.js took some')
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.equal(processorTimeMs(pid), null)
})
