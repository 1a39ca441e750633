import { readFileSync } from 'node:fs'
import t from 'tap'
import type { CheckData } from '../../../../gateway/classify/classify-data.ts'
import { isCheck } from '../../../../gateway/classify/programs/checks.ts'
import type { ShellProgram } from '../../../../gateway/core/tool-call.ts'

const shipped = JSON.parse(readFileSync('policies/weir/data/checks/data.json', 'utf8')) as CheckData

const program = (command: string): ShellProgram => {
  const argv = command.split(' ')
  return { name: argv[0] ?? '', argv }
}
const checks = (command: string, ...started: readonly string[]): boolean => {
  const all = [command, ...started].map(program)
  return all.every((each) => isCheck(each, all, shipped))
}

await t.test('a form that data name is a check, with the options that it has there', async (t) => {
  for (const command of ['eslint src', 'eslint --ext=.ts --max-warnings 0 .', 'prettier -c .', 'pytest -xvs tests', 'pytest -n4', 'go test -run TestX ./...', 'cargo clippy -- -D warnings', 'git branch', 'git branch -a', 'git tag -l v1.*', 'gradle test --tests CartTest', 'make -s test']) {
    t.equal(checks(command), true, command)
  }
})

await t.test('an option, an operand or a program that they do not name is none', async (t) => {
  for (const command of ['eslint --fix src', 'eslint -o out src', 'prettier .', 'prettier -cw .', 'pytest -xu', 'pytest --basetemp=src', 'go test -o x', 'go build', 'cargo', 'git branch x', 'git tag v1', 'git', 'gradle test publish', 'gradle --tests test deploy', 'make test install', 'tsc --noEmit false', 'terraform fmt -check=false', 'constructor', '__proto__', 'toString x', '']) {
    t.equal(checks(command), false, command)
  }
})

await t.test('what starts a program is one when the program is, and nothing stands between', async (t) => {
  t.equal(checks('npx eslint src', 'eslint src'), true)
  t.equal(checks('poetry run pytest -q', 'pytest -q'), true)
  t.equal(checks('npx eslint src'), false, 'nothing is known of what it starts')
  t.equal(checks('npx eslint --fix src', 'eslint --fix src'), false)
  t.equal(checks('npx eslint --fix src', 'eslint src'), false, 'it starts another')
  t.equal(checks('npx -p evil eslint src', 'eslint src'), false)
  t.equal(checks('npx', ''), false)
})
