/**
 * A process that collects one turn, says so, and is killed in a later one by its own hand, at a step of its work outside the process: a file
 * that it is about to change, or a program that it has just started. Arguments: folder of the project, number of the first turn, number of the
 * step.
 */
import childProcess from 'node:child_process'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { openFixture } from './workspace-fixture.ts'

const [dir = '', first = '', at = ''] = process.argv.slice(2)
let left = Number.POSITIVE_INFINITY

function step (): void {
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

for (const name of ['mkdtemp', 'open', 'rename', 'rm', 'writeFile'] as const) {
  const act = fs[name] as (...args: unknown[]) => unknown
  Reflect.set(fs, name, (...args: unknown[]) => {
    step()
    return act(...args)
  })
}
const spawn = childProcess.spawn as (...args: unknown[]) => unknown
Reflect.set(childProcess, 'spawn', (...args: unknown[]) => {
  const child = spawn(...args)
  step()
  return child
})
syncBuiltinESMExports()

const fixture = await openFixture({ dir, files: { 'package.json': '{}\n', 'src/start.js': '' } })
for (let turn = Number(first); ; turn += 1) {
  await fixture.agent(`for at in 1 2 3 4; do echo ${turn} > src/$at.js; done; echo ${turn} > package.json; echo ${turn} > go.mod`)
  await fixture.collect()
  process.stdout.write(`${turn}\n`)
  if (turn === Number(first)) left = Number(at)
}
